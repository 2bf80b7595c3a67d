// `useEntityNames`: table names instead of set names. The client keeps the names that it has read
// for the whole process, so this comes last.

import { GUID } from "./environment.mjs";

async function tablesAreNamedInsteadOfSets(environment, check) {
  const client = environment.connect({ useEntityNames: true });
  const before = await environment.lastRequest();
  const data = { lastname: "Named" };
  const contact = await client.create({ collection: "contact", data });
  check.holds("created by table name", GUID.test(contact), contact);
  const asked = (await environment.requestsSince(before)).map((row) => row.path);
  check.holds("names are read first", asked[0].includes("EntityDefinitions"), asked);
  check.equal("and once", asked.length, 2);
  const account = await client.create({
    collection: "account",
    data: { name: "Named", "primarycontactid@odata.bind": `contact(${contact})` },
  });
  const row = await client.retrieve({ collection: "account", key: account });
  check.equal("bound by table name", row._primarycontactid_value, contact);
  const name = (table) => client.Utility.getCollectionName(table);
  const irregular = [name("activityparty"), name("phonecall"), name("queueitem")];
  check.equal("sets", irregular, ["activityparties", "phonecalls", "queueitems"]);
  const missing = { collection: "nonsense" };
  await check.refused(
    "an unknown table",
    () => client.retrieveMultiple(missing),
    404,
    "0x8006088a",
  );
}

export default [tablesAreNamedInsteadOfSets];
