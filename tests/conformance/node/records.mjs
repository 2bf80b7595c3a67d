// One row at a time: create, retrieve, update, upsert, delete.

import {
  APPLICATION_ROLE,
  APPLICATION_USER,
  BUSINESS_UNIT,
  ETAG,
  GUID,
  UNKNOWN_ID,
} from "./environment.mjs";

async function aRowIsCreatedAndRetrieved({ client }, check) {
  const data = { lastname: "Ångström-東京", firstname: "Ida", donotphone: true };
  const id = await client.create({ collection: "contacts", data });
  check.holds("the id is a GUID", GUID.test(id), id);
  const select = ["lastname", "fullname", "donotphone", "jobtitle", "createdon"];
  const row = await client.retrieve({ collection: "contacts", key: id, select });
  check.equal("key column", row.contactid, id);
  check.equal("text", row.lastname, "Ångström-東京");
  check.equal("built name", row.fullname, "Ida Ångström-東京");
  check.equal("flag", row.donotphone, true);
  check.equal("an empty column is null", row.jobtitle, null);
  check.equal("an unselected column is absent", row.firstname, undefined);
  check.holds("a date", row.createdon instanceof Date, row.createdon);
  check.holds("etag", ETAG.test(row["@odata.etag"]), row["@odata.etag"]);
  check.holds("context", row.oDataContext.includes("$metadata#contacts("), row.oDataContext);
  const braces = await client.retrieve({ collection: "contacts", key: `{${id}}` });
  check.equal("a key in braces", braces.contactid, id);
}

async function aCreatedRowComesBackOnRequest({ client }, check) {
  const row = await client.create({
    collection: "contacts",
    data: { lastname: "Returned", firstname: "Rita" },
    select: ["fullname", "statecode"],
    returnRepresentation: true,
    includeAnnotations: "*",
  });
  check.equal("built name", row.fullname, "Rita Returned");
  check.equal("state", row.statecode, 0);
  check.equal("formatted state", row.statecode_Formatted, "Active");
  check.equal("an unselected column is absent", row.lastname, undefined);
  check.holds("key", GUID.test(row.contactid), row.contactid);
}

async function annotationsGetShortNames({ client }, check) {
  const account = await client.create({ collection: "accounts", data: { name: "Annotated" } });
  const id = await client.create({
    collection: "contacts",
    data: { lastname: "Ann", "parentcustomerid_account@odata.bind": `accounts(${account})` },
  });
  const row = await client.retrieve({
    collection: "contacts",
    key: id,
    select: ["lastname", "_parentcustomerid_value", "_ownerid_value"],
    includeAnnotations: "*",
  });
  check.equal("lookup", row._parentcustomerid_value, account);
  check.equal("name of its row", row._parentcustomerid_value_Formatted, "Annotated");
  check.equal("its table", row._parentcustomerid_value_LogicalName, "account");
  const navigation = row._parentcustomerid_value_NavigationProperty;
  check.equal("its navigation property", navigation, "parentcustomerid_account");
  check.equal("owner", row._ownerid_value, APPLICATION_USER);
}

async function lookupsAreFollowed({ client }, check) {
  const contact = await client.create({ collection: "contacts", data: { lastname: "Followed" } });
  const account = await client.create({
    collection: "accounts",
    data: { name: "Follower", "primarycontactid@odata.bind": `/contacts(${contact})` },
  });
  const collection = "accounts";
  const key = account;
  const row = await client.retrieve({
    collection,
    key,
    select: ["name"],
    expand: [{ property: "primarycontactid", select: ["lastname", "statecode"] }],
  });
  check.equal("expanded row", row.primarycontactid.lastname, "Followed");
  check.equal("its selected columns only", row.primarycontactid.fullname, undefined);
  const other = await client.retrieve({
    collection,
    key,
    select: ["/primarycontactid", "lastname"],
  });
  check.equal("the row behind a lookup", other.contactid, contact);
  const reference = await client.retrieve({ collection, key, select: ["primarycontactid/$ref"] });
  check.equal("its reference", [reference.collection, reference.id], ["contacts", contact]);
}

async function anUnchangedRowIsNotSentAgain({ client }, check) {
  const collection = "contacts";
  const key = await client.create({ collection, data: { lastname: "Cached" } });
  const row = await client.retrieve({ collection, key, select: ["lastname"] });
  const etag = row["@odata.etag"];
  const same = await client.retrieve({ collection, key, select: ["lastname"], ifnonematch: etag });
  check.equal("304 gives nothing", same, undefined);
  await client.update({ collection, key, data: { lastname: "Changed" } });
  const changed = await client.retrieve({ collection, key, ifnonematch: etag });
  check.equal("a changed row is sent", changed.lastname, "Changed");
  check.holds("its etag is new", changed["@odata.etag"] !== etag, etag);
}

async function aRowIsUpdated({ client }, check) {
  const collection = "contacts";
  const key = await client.create({ collection, data: { lastname: "Updated", jobtitle: "Clerk" } });
  const before = (await client.retrieve({ collection, key }))["@odata.etag"];
  const data = { jobtitle: null, firstname: "Una" };
  check.equal("updated", await client.update({ collection, key, data }), true);
  const row = await client.retrieve({ collection, key, select: ["jobtitle", "fullname"] });
  check.equal("values", [row.jobtitle, row.fullname], [null, "Una Updated"]);
  const stale = await client.update({ collection, key, data: { fax: "1" }, ifmatch: before });
  check.equal("a stale etag", stale, false);
  const fresh = { collection, key, data: { fax: "2" }, ifmatch: row["@odata.etag"] };
  check.equal("the current etag", await client.update(fresh), true);
  const returned = await client.update({
    collection,
    key,
    data: { fax: "3" },
    select: ["fax"],
    returnRepresentation: true,
  });
  check.equal("returned row", [returned.fax, returned.contactid], ["3", key]);
  const missing = { collection, key: UNKNOWN_ID, data: { fax: "4" } };
  await check.refused("a missing row", () => client.update(missing), 404, "0x80040217");
}

async function oneColumnIsSetAndCleared({ client }, check) {
  const collection = "contacts";
  const key = await client.create({ collection, data: { lastname: "Single", firstname: "Sam" } });
  await client.updateSingleProperty({ collection, key, fieldValuePair: { jobtitle: "Smith" } });
  let row = await client.retrieve({ collection, key, select: ["jobtitle", "firstname"] });
  check.equal("set", row.jobtitle, "Smith");
  const cleared = await client.deleteRecord({ collection, key, property: "firstname" });
  check.equal("cleared", cleared, true);
  row = await client.retrieve({ collection, key, select: ["fullname", "firstname"] });
  check.equal("values", [row.firstname, row.fullname], [null, "Single"]);
  const unknown = { collection, key, fieldValuePair: { nonsense: 1 } };
  await check.refused("an unknown column", () => client.updateSingleProperty(unknown), 404);
}

async function aRowIsUpserted({ client }, check) {
  const collection = "contacts";
  const key = "8b1c2c0e-7a55-4d0a-9a53-0a3f0f6f2f33";
  const upsert = (data, more = {}) => client.upsert({ collection, key, data, ...more });
  check.equal("only if there", await upsert({ lastname: "No" }, { ifmatch: "*" }), null);
  check.equal("created under the chosen id", await upsert({ lastname: "Upserted" }), key);
  check.equal("updated", await upsert({ jobtitle: "Both" }), key);
  check.equal("only if new", await upsert({ jobtitle: "No" }, { ifnonematch: "*" }), null);
  const row = await client.retrieve({ collection, key, select: ["lastname", "jobtitle"] });
  check.equal("values", [row.lastname, row.jobtitle], ["Upserted", "Both"]);
  const returned = await upsert({ fax: "1" }, { returnRepresentation: true, select: ["fax"] });
  check.equal("returned row", returned.fax, "1");
}

async function alternateKeysAreUsed({ client }, check) {
  const collection = "ev_settings";
  const key = "ev_name='NodeSetting'";
  const created = await client.upsert({ collection, key, data: { ev_value: "1" } });
  check.holds("created by key", GUID.test(created), created);
  const updated = await client.upsert({ collection, key, data: { ev_value: "2" } });
  check.equal("updated by key", updated, created);
  const row = await client.retrieve({ collection, key, select: ["ev_name", "ev_value"] });
  check.equal("values", [row.ev_name, row.ev_value], ["NodeSetting", "2"]);
  const other = { collection, key: "ev_name='NoSuchSetting'" };
  await check.refused("no row with that key", () => client.retrieve(other), 404, "0x80060891");
  const same = { collection, data: { ev_name: "NodeSetting" } };
  await check.refused("the key twice", () => client.create(same), 412, "0x80060892");
  check.equal("deleted by key", await client.deleteRecord({ collection, key }), true);
}

async function aRowIsDeleted({ client }, check) {
  const collection = "contacts";
  const key = await client.create({ collection, data: { lastname: "Deleted" } });
  const stale = await client.deleteRecord({ collection, key, ifmatch: 'W/"1"' });
  check.equal("a stale etag", stale, false);
  check.equal("deleted", await client.deleteRecord({ collection, key }), true);
  const gone = () => client.retrieve({ collection, key });
  const error = await check.refused("gone", gone, 404, "0x80040217");
  check.holds("message", /Does Not Exist/.test(error.message), error.message);
  await check.refused("twice", () => client.deleteRecord({ collection, key }), 404, "0x80040217");
}

async function aPhoneCallIsCompleted({ client }, check) {
  const collection = "phonecalls";
  const contact = await client.create({ collection: "contacts", data: { lastname: "Phoned" } });
  const data = {
    subject: "Outgoing call",
    directioncode: true,
    "regardingobjectid_contact_phonecall@odata.bind": `/contacts(${contact})`,
    phonecall_activity_parties: [
      {
        participationtypemask: 1,
        "partyid_systemuser@odata.bind": `systemusers(${APPLICATION_USER})`,
      },
      { participationtypemask: 2, "partyid_contact@odata.bind": `contacts(${contact})` },
    ],
  };
  const key = await client.create({ collection, data });
  const closed = { statecode: 1, statuscode: 2 };
  check.equal("completed", await client.update({ collection, key, data: closed }), true);
  const row = await client.retrieve({
    collection,
    key,
    select: ["statecode", "statuscode", "directioncode", "_regardingobjectid_value"],
    expand: [{ property: "phonecall_activity_parties", select: ["participationtypemask"] }],
    includeAnnotations: "OData.Community.Display.V1.FormattedValue",
  });
  check.equal("state", row.statecode_Formatted, "Completed");
  check.equal("status", row.statuscode_Formatted, "Made");
  check.equal("direction", row.directioncode_Formatted, "Outgoing");
  check.equal("regarding", row._regardingobjectid_value_Formatted, "Phoned");
  const masks = row.phonecall_activity_parties.map((party) => party.participationtypemask);
  check.equal(
    "parties",
    masks.sort((a, b) => a - b),
    [1, 2, 8, 9],
  );
  const open = { collection, data: { subject: "x", statuscode: 4 } };
  await check.refused("created completed", () => client.create(open), 400, "0x80048408");
}

async function anotherUserIsImpersonated({ client }, check) {
  const user = await client.create({
    collection: "systemusers",
    data: {
      firstname: "Imre",
      lastname: "Impersonated",
      domainname: "imre@contoso.example",
      internalemailaddress: "imre@contoso.example",
      "businessunitid@odata.bind": `/businessunits(${BUSINESS_UNIT})`,
    },
  });
  await client.associate({
    collection: "systemusers",
    primaryKey: user,
    relationshipName: "systemuserroles_association",
    relatedCollection: "roles",
    relatedKey: APPLICATION_ROLE,
  });
  const collection = "contacts";
  const key = await client.create({ collection, data: { lastname: "By Imre" }, impersonate: user });
  const select = ["_createdby_value", "_ownerid_value", "_createdonbehalfby_value"];
  const row = await client.retrieve({ collection, key, select });
  check.equal("maker", row._createdby_value, user);
  check.equal("owner", row._ownerid_value, user);
  check.equal("on behalf", row._createdonbehalfby_value, APPLICATION_USER);
  const nobody = { collection, data: { lastname: "x" }, impersonate: UNKNOWN_ID };
  await check.refused("an unknown user", () => client.create(nobody), 403);
}

export default [
  aRowIsCreatedAndRetrieved,
  aCreatedRowComesBackOnRequest,
  annotationsGetShortNames,
  lookupsAreFollowed,
  anUnchangedRowIsNotSentAgain,
  aRowIsUpdated,
  oneColumnIsSetAndCleared,
  aRowIsUpserted,
  alternateKeysAreUsed,
  aRowIsDeleted,
  aPhoneCallIsCompleted,
  anotherUserIsImpersonated,
];
