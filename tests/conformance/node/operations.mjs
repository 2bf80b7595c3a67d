// Functions and actions, bound and unbound, and files.

import { APPLICATION_USER, BUSINESS_UNIT, GUID, ORGANIZATION, UNKNOWN_ID } from "./environment.mjs";

async function whoAmI({ client }, check) {
  const me = await client.callFunction("WhoAmI");
  check.equal("user", me.UserId, APPLICATION_USER);
  check.equal("business unit", me.BusinessUnitId, BUSINESS_UNIT);
  check.equal("organization", me.OrganizationId, ORGANIZATION);
  await check.refused(
    "a function is not an action",
    () => client.callAction({ actionName: "WhoAmI" }),
    404,
  );
}

async function totalsOfTables({ client }, check) {
  const parameters = { EntityNames: ["contact", "account"] };
  const answer = await client.callFunction({ name: "RetrieveTotalRecordCount", parameters });
  const { Count, Keys, Values } = answer.EntityRecordCountCollection;
  check.equal("tables", [Count, Keys], [2, ["contact", "account"]]);
  const contacts = await client.count({ collection: "contacts" });
  check.equal("contacts", Values[0], contacts);
  const unknown = { name: "RetrieveTotalRecordCount", parameters: { EntityNames: ["nonsense"] } };
  await check.refused("an unknown table", () => client.callFunction(unknown), 400);
  await check.refused("an unknown function", () => client.callFunction("Nonsense"), 404);
}

async function publishing({ client }, check) {
  const ParameterXml =
    "<importexportxml><entities><entity>phonecall</entity></entities></importexportxml>";
  const some = await client.callAction({ actionName: "PublishXml", action: { ParameterXml } });
  check.equal("some", some, undefined);
  check.equal("all", await client.callAction({ actionName: "PublishAllXml" }), undefined);
  const empty = { actionName: "PublishXml", action: {} };
  await check.refused("without its parameter", () => client.callAction(empty), 400);
}

async function aCallIsQueuedAndMoved({ client }, check) {
  const queue = (name) => client.create({ collection: "queues", data: { name } });
  const [first, second] = [await queue("Support"), await queue("Sales")];
  const call = await client.create({ collection: "phonecalls", data: { subject: "Queued" } });
  const Target = { "@odata.type": "Microsoft.Dynamics.CRM.phonecall", activityid: call };
  const add = (key, action) =>
    client.callAction({
      collection: "queues",
      key,
      actionName: "Microsoft.Dynamics.CRM.AddToQueue",
      action,
    });
  const { QueueItemId } = await add(first, { Target });
  check.holds("item", GUID.test(QueueItemId), QueueItemId);
  const items = async () => {
    const filter = `_objectid_value eq ${call}`;
    const select = ["title", "_queueid_value", "statecode"];
    return (await client.retrieveMultiple({ collection: "queueitems", select, filter })).value;
  };
  let [item] = await items();
  check.equal("row", [item.title, item._queueid_value, item.statecode], ["Queued", first, 0]);
  await add(second, { Target });
  const moved = await items();
  check.equal(
    "one item after a move",
    moved.map((row) => row._queueid_value),
    [second],
  );
  const data = { statecode: 1, statuscode: 2 };
  await client.update({ collection: "phonecalls", key: call, data });
  [item] = await items();
  check.equal("inactive once the call is completed", item.statecode, 1);
  const nobody = { Target: { ...Target, activityid: UNKNOWN_ID } };
  await check.refused("an unknown call", () => add(first, nobody), 404, "0x80040217");
}

async function queueItemsAreWorkedOn({ client }, check) {
  const queue = await client.create({ collection: "queues", data: { name: "Work" } });
  const call = await client.create({ collection: "phonecalls", data: { subject: "Picked" } });
  const key = await client.create({
    collection: "queueitems",
    data: {
      "queueid@odata.bind": `/queues(${queue})`,
      "objectid_phonecall@odata.bind": `/phonecalls(${call})`,
    },
  });
  const act = (name, action) =>
    client.callAction({
      collection: "queueitems",
      key,
      actionName: `Microsoft.Dynamics.CRM.${name}`,
      action,
    });
  const worker = async () => {
    const select = ["_workerid_value"];
    return (await client.retrieve({ collection: "queueitems", key, select }))._workerid_value;
  };
  const SystemUser = {
    "@odata.type": "Microsoft.Dynamics.CRM.systemuser",
    systemuserid: APPLICATION_USER,
  };
  await act("PickFromQueue", { SystemUser, RemoveQueueItem: false });
  check.equal("picked", await worker(), APPLICATION_USER);
  await act("ReleaseToQueue", {});
  check.equal("released", await worker(), null);
  await act("RemoveFromQueue", {});
  const gone = () => client.retrieve({ collection: "queueitems", key });
  await check.refused("removed", gone, 404, "0x80040217");
}

async function bulkMessages({ client }, check) {
  const type = "Microsoft.Dynamics.CRM.contact";
  const many = (name, Targets) =>
    client.callAction({
      collection: "contacts",
      actionName: `Microsoft.Dynamics.CRM.${name}`,
      action: { Targets },
    });
  const people = [1, 2].map((n) => ({ "@odata.type": type, lastname: `Bulk-${n}` }));
  const { Ids } = await many("CreateMultiple", people);
  check.equal(
    "ids",
    Ids.map((id) => GUID.test(id)),
    [true, true],
  );
  const titles = Ids.map((contactid, n) => ({ "@odata.type": type, contactid, jobtitle: `T${n}` }));
  await many("UpdateMultiple", titles);
  const row = await client.retrieve({ collection: "contacts", key: Ids[1], select: ["jobtitle"] });
  check.equal("updated", row.jobtitle, "T1");
  const calls = {
    collection: "phonecalls",
    actionName: "Microsoft.Dynamics.CRM.CreateMultiple",
    action: { Targets: [{ "@odata.type": "Microsoft.Dynamics.CRM.phonecall", subject: "x" }] },
  };
  await check.refused("not for phone calls", () => client.callAction(calls), 404);
  const probe = (table) =>
    client.retrieveMultiple({
      collection: "sdkmessagefilters",
      select: ["sdkmessagefilterid"],
      filter: `sdkmessageid/name eq 'CreateMultiple' and primaryobjecttypecode eq '${table}'`,
    });
  check.equal("probe for contacts", (await probe("contact")).value.length, 1);
  check.equal("probe for phone calls", (await probe("phonecall")).value.length, 0);
}

export default [
  whoAmI,
  totalsOfTables,
  publishing,
  aCallIsQueuedAndMoved,
  queueItemsAreWorkedOn,
  bulkMessages,
];
