// $batch: change sets, references between their parts, rollback, and what errors look like.

import { GUID, UNKNOWN_ID } from "./environment.mjs";

const contacts = (client, lastname) =>
  client.count({ collection: "contacts", filter: `lastname eq '${lastname}'` });

async function operationsAnswerInOrder({ client }, check) {
  const collection = "contacts";
  const key = await client.create({ collection, data: { lastname: "N-Old" } });
  client.startBatch();
  client.create({ collection, data: { lastname: "N-New" } });
  client.update({ collection, key, data: { jobtitle: "changed" } });
  client.deleteRecord({ collection, key, property: "telephone1" });
  client.retrieve({ collection, key, select: ["jobtitle"] });
  client.retrieveMultiple({ collection, select: ["lastname"], filter: "lastname eq 'N-New'" });
  const answers = await client.executeBatch();
  check.equal("answers", answers.length, 5);
  check.holds("id of the new row", GUID.test(answers[0]), answers[0]);
  check.equal("update and clearing", answers.slice(1, 3), [true, true]);
  check.equal("read after the change set", answers[3].jobtitle, "changed");
  check.equal(
    "query",
    answers[4].value.map((row) => row.contactid),
    [answers[0]],
  );
}

async function aCountInABatchIsANumber({ client }, check) {
  client.startBatch();
  client.count({ collection: "contacts" });
  const [counted] = await client.executeBatch();
  check.equal("count", counted, await client.count({ collection: "contacts" }));
}

async function partsReferToEachOther({ client }, check) {
  client.startBatch();
  client.create({ collection: "contacts", data: { lastname: "Ref-Person" }, contentId: "1" });
  const bind = { "primarycontactid@odata.bind": "$1" };
  client.create({ collection: "accounts", data: { name: "Ref-Firm", ...bind }, contentId: "2" });
  client.update({ contentId: "$1", data: { jobtitle: "Referred" } });
  client.updateSingleProperty({ contentId: "$2", fieldValuePair: { fax: "11" } });
  client.associateSingleValued({
    contentId: "$1",
    navigationProperty: "parentcustomerid_account",
    relatedKey: "$2",
  });
  const [person, firm, ...rest] = await client.executeBatch();
  check.holds("ids", GUID.test(person) && GUID.test(firm), [person, firm]);
  check.equal("answers", rest.length, 3);
  const account = await client.retrieve({ collection: "accounts", key: firm });
  check.equal("bound by reference", account._primarycontactid_value, person);
  check.equal("column by reference", account.fax, "11");
  const contact = await client.retrieve({ collection: "contacts", key: person });
  check.equal("updated by reference", contact.jobtitle, "Referred");
  check.equal("linked by reference", contact._parentcustomerid_value, firm);
}

async function contentIdsCountAnewInEverySet({ client }, check) {
  const collection = "contacts";
  client.startBatch();
  client.create({ collection, data: { lastname: "Anew-1" }, contentId: "7" });
  client.update({ contentId: "$7", data: { jobtitle: "one" } });
  client.retrieveMultiple({ collection, select: ["lastname"], top: 1 });
  client.create({ collection, data: { lastname: "Anew-2" }, contentId: "7" });
  client.update({ contentId: "$7", data: { jobtitle: "two" } });
  const answers = await client.executeBatch();
  check.equal("answers", answers.length, 5);
  const titles = await client.retrieveMultiple({
    collection,
    select: ["jobtitle"],
    filter: "startswith(lastname,'Anew-')",
    orderBy: ["lastname"],
  });
  check.equal(
    "each in its own set",
    titles.value.map((row) => row.jobtitle),
    ["one", "two"],
  );
}

async function aFailedChangeSetIsUndone({ client }, check) {
  const collection = "contacts";
  client.startBatch();
  client.create({ collection, data: { lastname: "Undone" } });
  client.update({ collection, key: UNKNOWN_ID, data: { jobtitle: "x" } });
  client.create({ collection, data: { lastname: "Undone" } });
  const errors = await check.rejects("rejected", () => client.executeBatch());
  check.holds("with a list", Array.isArray(errors), errors);
  check.equal("one error for the set", errors.length, 1);
  check.equal("status", errors[0].status, 404);
  check.equal("code", errors[0].error?.code ?? errors[0].code, "0x80040217");
  check.equal("reason", errors[0].statusText, "Not Found");
  check.equal("nothing is kept", await contacts(client, "Undone"), 0);
}

async function theFirstErrorStopsTheBatch({ client }, check) {
  const collection = "contacts";
  client.startBatch();
  client.create({ collection, data: { lastname: "Stop-1" }, inChangeSet: false });
  client.deleteRecord({ collection, key: UNKNOWN_ID, inChangeSet: false });
  client.create({ collection, data: { lastname: "Stop-2" }, inChangeSet: false });
  const answers = await check.rejects("rejected", () => client.executeBatch());
  check.equal("answers up to the error", answers.length, 2);
  check.holds("the first succeeded", GUID.test(answers[0]), answers[0]);
  check.equal("the second failed", answers[1].status, 404);
  const kept = [await contacts(client, "Stop-1"), await contacts(client, "Stop-2")];
  check.equal("rows", kept, [1, 0]);
}

async function errorsCanBePassedOver({ client }, check) {
  const collection = "contacts";
  client.startBatch();
  client.create({ collection, data: { lastname: "Pass-1" }, inChangeSet: false });
  client.retrieve({ collection, key: UNKNOWN_ID, select: ["lastname"] });
  client.create({ collection, data: { lastname: "z".repeat(51) }, inChangeSet: false });
  client.create({ collection, data: { lastname: "Pass-2" }, inChangeSet: false });
  const answers = await client.executeBatch({ continueOnError: true });
  check.equal("answers", answers.length, 4);
  const statuses = answers.map((answer) => answer?.status ?? "ok");
  check.equal("statuses", statuses, ["ok", 404, 400, "ok"]);
  check.equal("code", answers[2].error?.code, "0x80044331");
  const kept = [await contacts(client, "Pass-1"), await contacts(client, "Pass-2")];
  check.equal("rows", kept, [1, 1]);
}

async function aWholeBatchCanDoWithoutChangeSets({ client }, check) {
  const collection = "contacts";
  client.startBatch();
  client.create({ collection, data: { lastname: "Loose-1" } });
  client.create({ collection, data: { lastname: "w".repeat(51) } });
  client.create({ collection, data: { lastname: "Loose-2" } });
  const answers = await client.executeBatch({ continueOnError: true, inChangeSet: false });
  check.equal("answers", answers.length, 3);
  check.equal("rows", await contacts(client, "Loose-2"), 1);
  check.equal("the other", await contacts(client, "Loose-1"), 1);
}

async function aCallIsCreatedAndCompletedInOneSet({ client }, check) {
  const key = "9c1c2c0e-7a55-4d0a-9a53-0a3f0f6f2f44";
  const data = { activityid: key, subject: "In one set", directioncode: false };
  client.startBatch();
  client.create({ collection: "phonecalls", data, contentId: "1" });
  client.update({ contentId: "$1", data: { statecode: 1, statuscode: 4 } });
  const answers = await client.executeBatch();
  check.equal("its own id", answers[0], key);
  const row = await client.retrieve({ collection: "phonecalls", key });
  check.equal("completed", [row.statecode, row.statuscode], [1, 4]);
  client.startBatch();
  client.create({ collection: "phonecalls", data, contentId: "1" });
  client.update({ contentId: "$1", data: { statecode: 1, statuscode: 2 } });
  const [again] = await client.executeBatch({ continueOnError: true });
  check.equal("a second time", [again.status, again.error?.code], [412, "0x80040237"]);
  const same = await client.retrieve({ collection: "phonecalls", key });
  check.equal("nothing has changed", same.statuscode, 4);
}

async function aThrottledBatchIsRejected(environment, check) {
  const { client } = environment;
  const fault = { path_contains: "$batch", kind: "status", status: 429, code: "0x80072326" };
  await environment.plant({ ...fault, retry_after: 3 });
  client.startBatch();
  client.create({ collection: "contacts", data: { lastname: "Throttled" } });
  const error = await check.refused("rejected", () => client.executeBatch(), 429, "0x80072326");
  check.equal("pause", error.headers["retry-after"], "3");
  check.equal("nothing was made", await contacts(client, "Throttled"), 0);
  client.startBatch();
  await check.rejects("an empty batch", () => client.executeBatch());
}

export default [
  operationsAnswerInOrder,
  aCountInABatchIsANumber,
  partsReferToEachOther,
  contentIdsCountAnewInEverySet,
  aFailedChangeSetIsUndone,
  theFirstErrorStopsTheBatch,
  errorsCanBePassedOver,
  aWholeBatchCanDoWithoutChangeSets,
  aCallIsCreatedAndCompletedInOneSet,
  aThrottledBatchIsRejected,
];
