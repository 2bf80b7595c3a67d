// Many rows: filters, order, pages, counts, FetchXML.

const COLLECTION = "contacts";

/** Creates `count` contacts `<prefix>00`, `<prefix>01`, … */
async function people(client, prefix, count) {
  const names = Array.from({ length: count }, (_, n) => prefix + String(n).padStart(2, "0"));
  await Promise.all(
    names.map((lastname, n) =>
      client.create({
        collection: COLLECTION,
        data: { lastname, jobtitle: n % 2 ? "odd" : "even" },
      }),
    ),
  );
  return names;
}

const names = (rows) => rows.map((row) => row.lastname);

async function rowsAreFilteredAndOrdered({ client }, check) {
  await people(client, "Filter+%&#", 4);
  const find = (filter, more = {}) =>
    client.retrieveMultiple({
      collection: COLLECTION,
      select: ["lastname", "jobtitle"],
      filter,
      orderBy: ["lastname desc"],
      ...more,
    });
  const mine = "startswith(lastname,'Filter+[%]&#')";
  const all = await find(mine, { count: true });
  check.equal("count", all.oDataCount, 4);
  check.equal(
    "rows",
    names(all.value),
    [3, 2, 1, 0].map((n) => `Filter+%&#0${n}`),
  );
  check.equal("a row has what was selected", Object.hasOwn(all.value[0], "firstname"), false);
  const some = await find(`${mine} and (jobtitle eq 'odd' or endswith(lastname,'00'))`);
  check.equal(
    "and, or",
    some.value.map((row) => row.lastname.at(-1)),
    ["3", "1", "0"],
  );
  const top = await find(mine, { top: 2 });
  check.equal("top", top.value.length, 2);
  check.equal("no more pages", top.oDataNextLink, undefined);
  const listed =
    "Microsoft.Dynamics.CRM.In(PropertyName='lastname',PropertyValues=[\"Filter+%&#02\"])";
  check.equal("in", names((await find(listed)).value), ["Filter+%&#02"]);
  check.equal("nothing", (await find("lastname eq 'nobody at all'")).value, []);
  await check.refused("an unknown column", () => find("nonsense eq 1"), 400);
  await check.refused("bad syntax", () => find("lastname eq"), 400);
}

async function pagesAreFollowedByLink(environment, check) {
  const { client } = environment;
  const expected = await people(client, "Page", 11);
  const request = {
    collection: COLLECTION,
    select: ["lastname"],
    filter: "startswith(lastname,'Page')",
    orderBy: ["lastname"],
    maxPageSize: 5,
    count: true,
  };
  const first = await client.retrieveMultiple(request);
  check.equal("first page", names(first.value), expected.slice(0, 5));
  check.equal("count is of all pages", first.oDataCount, 11);
  const base = `${environment.baseUrl}/api/data/v9.2/contacts?`;
  check.holds("the link has the client's address", first.oDataNextLink.startsWith(base));
  const second = await client.retrieveMultiple(request, first.oDataNextLink);
  check.equal("second page", names(second.value), expected.slice(5, 10));
  const third = await client.retrieveMultiple(request, second.oDataNextLink);
  check.equal("last page", names(third.value), expected.slice(10));
  check.equal("no more links", third.oDataNextLink, undefined);
  const before = await environment.lastRequest();
  const all = await client.retrieveAll({ ...request, maxPageSize: 4 });
  check.equal("all pages", names(all.value), expected);
  const asked = await environment.requestsSince(before);
  check.equal("requests", asked.filter((row) => row.path.includes("/contacts")).length, 3);
}

async function rowsAreCounted({ client }, check) {
  await people(client, "Count", 7);
  const filter = "startswith(lastname,'Count')";
  const some = await client.count({ collection: COLLECTION, filter });
  check.equal("with a filter", some, 7);
  const all = await client.count({ collection: COLLECTION });
  check.holds("without", Number.isInteger(all) && all >= 7, all);
  const select = ["contactid"];
  check.equal("by pages", await client.countAll({ collection: COLLECTION, filter, select }), 7);
  check.equal("all, by pages", await client.countAll({ collection: COLLECTION, select }), all);
  check.equal("none", await client.count({ collection: COLLECTION, filter: "lastname eq 'x'" }), 0);
}

async function rowsAreGrouped({ client }, check) {
  await people(client, "Group", 5);
  const answer = await client.retrieveMultiple({
    collection: COLLECTION,
    apply: "filter(startswith(lastname,'Group'))/groupby((jobtitle),aggregate($count as total))",
  });
  const groups = answer.value.map((row) => [row.jobtitle, row.total]).sort();
  check.equal("groups", groups, [
    ["even", 3],
    ["odd", 2],
  ]);
}

async function collectionsAreExpanded({ client }, check) {
  const key = await client.create({ collection: "accounts", data: { name: "Parent" } });
  for (const lastname of ["Child-A", "Child-B", "Child-C"]) {
    const bind = { "parentcustomerid_account@odata.bind": `/accounts(${key})` };
    await client.create({ collection: COLLECTION, data: { lastname, ...bind } });
  }
  const answer = await client.retrieveMultiple({
    collection: "accounts",
    select: ["name"],
    filter: "name eq 'Parent'",
    expand: [
      {
        property: "contact_customer_accounts",
        select: ["lastname"],
        filter: "lastname ne 'Child-B'",
        orderBy: ["lastname desc"],
      },
    ],
  });
  check.equal("rows", names(answer.value[0].contact_customer_accounts), ["Child-C", "Child-A"]);
  const filter = "contact_customer_accounts/any(c:c/lastname eq 'Child-B')";
  const owners = await client.retrieveMultiple({
    collection: "accounts",
    select: ["name"],
    filter,
  });
  check.equal(
    "any",
    owners.value.map((row) => row.name),
    ["Parent"],
  );
  const related = await client.retrieve({
    collection: "accounts",
    key,
    navigationProperty: "contact_customer_accounts",
    select: ["lastname"],
  });
  check.equal("the collection by itself", related.value.length, 3);
}

async function aLongQueryBecomesABatch(environment, check) {
  const { client } = environment;
  await people(client, "Long", 3);
  const values = Array.from({ length: 150 }, (_, n) => `"Long${String(n).padStart(2, "0")}"`);
  const list = `PropertyName='lastname',PropertyValues=[${values.join(",")}]`;
  const before = await environment.lastRequest();
  const answer = await client.retrieveMultiple({
    collection: COLLECTION,
    select: ["lastname"],
    filter: `Microsoft.Dynamics.CRM.In(${list})`,
    orderBy: ["lastname"],
  });
  check.equal("rows", names(answer.value), ["Long00", "Long01", "Long02"]);
  const [asked] = await environment.requestsSince(before);
  check.holds("one batch", asked.path.includes("$batch") && asked.inner.length === 1, asked);
}

async function fetchXmlIsPaged({ client }, check) {
  const expected = await people(client, "Fetch", 9);
  const fetchXml =
    '<fetch count="4"><entity name="contact"><attribute name="lastname"/>' +
    '<order attribute="lastname"/><filter>' +
    '<condition attribute="lastname" operator="like" value="Fetch%"/></filter></entity></fetch>';
  const request = { collection: COLLECTION, fetchXml, includeAnnotations: "*" };
  const first = await client.fetch(request);
  check.equal("first page", names(first.value), expected.slice(0, 4));
  check.equal("next page", [first.PagingInfo.page, first.PagingInfo.nextPage], [1, 2]);
  const pagingCookie = first.PagingInfo.cookie;
  const second = await client.fetch({ ...request, pageNumber: 2, pagingCookie });
  check.equal("second page", names(second.value), expected.slice(4, 8));
  const all = await client.fetchAll(request);
  check.equal("all pages", names(all.value), expected);
  const plain = await client.fetch({ collection: COLLECTION, fetchXml });
  check.equal("no cookie unless asked", plain.PagingInfo, undefined);
  const top = fetchXml.replace('count="4"', 'top="2"');
  check.equal("top", (await client.fetch({ ...request, fetchXml: top })).value.length, 2);
}

async function fetchXmlJoinsAndAggregates({ client }, check) {
  const key = await client.create({ collection: "accounts", data: { name: "Joined" } });
  const bind = { "parentcustomerid_account@odata.bind": `/accounts(${key})` };
  await client.create({ collection: COLLECTION, data: { lastname: "Joiner", ...bind } });
  const joined = await client.fetch({
    collection: COLLECTION,
    fetchXml:
      '<fetch><entity name="contact"><attribute name="lastname"/>' +
      '<link-entity name="account" from="accountid" to="parentcustomerid" alias="firm">' +
      '<attribute name="name"/><filter>' +
      '<condition attribute="name" operator="eq" value="Joined"/></filter>' +
      "</link-entity></entity></fetch>",
  });
  check.equal("rows", names(joined.value), ["Joiner"]);
  check.equal("column of the joined table", joined.value[0]["firm.name"], "Joined");
  const counted = await client.fetch({
    collection: COLLECTION,
    fetchXml:
      '<fetch aggregate="true"><entity name="contact">' +
      '<attribute name="jobtitle" alias="title" groupby="true"/>' +
      '<attribute name="contactid" alias="people" aggregate="count"/><filter>' +
      '<condition attribute="lastname" operator="like" value="Fetch%"/></filter></entity></fetch>',
  });
  const groups = counted.value.map((row) => [row.title, row.people]).sort();
  check.equal("groups", groups, [
    ["even", 5],
    ["odd", 4],
  ]);
}

export default [
  rowsAreFilteredAndOrdered,
  pagesAreFollowedByLink,
  rowsAreCounted,
  rowsAreGrouped,
  collectionsAreExpanded,
  aLongQueryBecomesABatch,
  fetchXmlIsPaged,
  fetchXmlJoinsAndAggregates,
];
