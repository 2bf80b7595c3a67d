// Links between rows that exist: N:N, 1:N from the one side, and a lookup.

import { APPLICATION_USER, BUSINESS_UNIT, UNKNOWN_ID } from "./environment.mjs";

async function rolesAreGivenAndTaken({ client }, check) {
  const role = await client.create({
    collection: "roles",
    data: { name: "Voice User", "businessunitid@odata.bind": `/businessunits(${BUSINESS_UNIT})` },
  });
  const link = {
    collection: "systemusers",
    primaryKey: APPLICATION_USER,
    relationshipName: "systemuserroles_association",
    relatedCollection: "roles",
    relatedKey: role,
  };
  const holders = async () => {
    const filter = "systemuserroles_association/any(r:r/name eq 'Voice User')";
    const select = ["systemuserid"];
    const answer = await client.retrieveMultiple({ collection: "systemusers", select, filter });
    return answer.value.map((row) => row.systemuserid);
  };
  check.equal("no holder at first", await holders(), []);
  await client.associate(link);
  check.equal("one after that", await holders(), [APPLICATION_USER]);
  const user = await client.retrieve({
    collection: "systemusers",
    key: APPLICATION_USER,
    select: ["fullname"],
    expand: [{ property: "systemuserroles_association", select: ["name"] }],
  });
  const names = user.systemuserroles_association.map((held) => held.name);
  check.holds("expanded", names.includes("Voice User"), names);
  const related = { collection: "systemusers", primaryKey: APPLICATION_USER, relatedKey: role };
  await client.disassociate({ ...related, relationshipName: "systemuserroles_association" });
  check.equal("no holder in the end", await holders(), []);
  const unknown = { ...link, relatedKey: UNKNOWN_ID };
  await check.refused("an unknown role", () => client.associate(unknown), 404, "0x80040217");
  const nonsense = { ...link, relationshipName: "nonsense" };
  await check.refused("an unknown relationship", () => client.associate(nonsense), 404);
}

async function childrenAreAddedToTheirParent({ client }, check) {
  const account = await client.create({ collection: "accounts", data: { name: "Adopter" } });
  const contact = await client.create({ collection: "contacts", data: { lastname: "Adopted" } });
  const link = {
    collection: "accounts",
    primaryKey: account,
    relationshipName: "contact_customer_accounts",
    relatedCollection: "contacts",
    relatedKey: contact,
  };
  const parent = async () => {
    const select = ["_parentcustomerid_value"];
    const row = await client.retrieve({ collection: "contacts", key: contact, select });
    return row._parentcustomerid_value;
  };
  await client.associate(link);
  check.equal("parent", await parent(), account);
  await client.disassociate(link);
  check.equal("no parent", await parent(), null);
}

async function aLookupIsSetAndCleared({ client }, check) {
  const account = await client.create({ collection: "accounts", data: { name: "Pointed at" } });
  const contact = await client.create({ collection: "contacts", data: { lastname: "Pointer" } });
  const link = {
    collection: "contacts",
    primaryKey: contact,
    navigationProperty: "parentcustomerid_account",
    relatedCollection: "accounts",
    relatedKey: account,
  };
  const row = () =>
    client.retrieve({
      collection: "contacts",
      key: contact,
      select: ["_parentcustomerid_value"],
      includeAnnotations: "*",
    });
  await client.associateSingleValued(link);
  const found = await row();
  check.equal("set", found._parentcustomerid_value, account);
  check.equal("name", found._parentcustomerid_value_Formatted, "Pointed at");
  const reference = await client.retrieve({
    collection: "contacts",
    key: contact,
    select: ["parentcustomerid_account/$ref"],
  });
  check.equal("reference", [reference.collection, reference.id], ["accounts", account]);
  await client.disassociateSingleValued({
    collection: "contacts",
    primaryKey: contact,
    navigationProperty: "parentcustomerid_account",
  });
  check.equal("cleared", (await row())._parentcustomerid_value, null);
  const bad = { ...link, relatedCollection: "nonsenses" };
  await check.rejects("an unknown collection", () => client.associateSingleValued(bad));
}

async function aLookupIsClearedByBindingNull({ client }, check) {
  const collection = "contacts";
  const account = await client.create({ collection: "accounts", data: { name: "Unbound" } });
  const bind = { "parentcustomerid_account@odata.bind": `/accounts(${account})` };
  const key = await client.create({ collection, data: { lastname: "Unbinder", ...bind } });
  await client.update({ collection, key, data: { "parentcustomerid_account@odata.bind": null } });
  const row = await client.retrieve({ collection, key, select: ["_parentcustomerid_value"] });
  check.equal("cleared", row._parentcustomerid_value, null);
}

export default [
  rolesAreGivenAndTaken,
  childrenAreAddedToTheirParent,
  aLookupIsSetAndCleared,
  aLookupIsClearedByBindingNull,
];
