// Change tracking: the first reading, delta links, tombstones, pages, and what is forbidden.

const COLLECTION = "contacts";
const SELECT = ["lastname", "jobtitle"];

const isTombstone = (row) => row.reason === "deleted";

async function changesComeAfterALink({ client }, check) {
  const create = (lastname) => client.create({ collection: COLLECTION, data: { lastname } });
  const [kept, doomed] = [await create("Tracked-1"), await create("Tracked-2")];
  const request = { collection: COLLECTION, select: SELECT, trackChanges: true };
  const start = await client.retrieveMultiple(request);
  check.holds("all rows at first", start.value.length >= 2, start.value.length);
  check.holds("a delta link", start.oDataDeltaLink?.includes("$deltatoken="), start.oDataDeltaLink);

  const quiet = await client.retrieveMultiple(request, start.oDataDeltaLink);
  check.equal("no changes", quiet.value, []);
  check.holds("a new link all the same", quiet.oDataDeltaLink?.includes("$deltatoken="));

  const added = await create("Tracked-3");
  await client.update({ collection: COLLECTION, key: kept, data: { jobtitle: "changed" } });
  await client.deleteRecord({ collection: COLLECTION, key: doomed });
  const delta = await client.retrieveMultiple(request, start.oDataDeltaLink);
  const rows = delta.value.filter((row) => !isTombstone(row));
  const ids = rows.map((row) => row.contactid).sort();
  check.equal("new and changed rows", ids, [added, kept].sort());
  const changed = rows.find((row) => row.contactid === kept);
  check.equal(
    "with all selected columns",
    [changed.lastname, changed.jobtitle],
    ["Tracked-1", "changed"],
  );
  const gone = delta.value.filter(isTombstone);
  check.equal(
    "tombstones",
    gone.map((row) => [row.id, row.reason]),
    [[doomed, "deleted"]],
  );
  check.holds("they come last", isTombstone(delta.value.at(-1)), delta.value);
  check.holds("their context", gone[0].oDataContext?.endsWith("/$deletedEntity"), gone[0]);

  const after = await client.retrieveMultiple(request, delta.oDataDeltaLink);
  check.equal("each change once", after.value, []);
}

async function aTrackedReadingIsPaged({ client }, check) {
  const request = {
    collection: COLLECTION,
    select: ["lastname"],
    trackChanges: true,
    maxPageSize: 7,
  };
  const first = await client.retrieveMultiple(request);
  check.equal("rows of a page", first.value.length, 7);
  check.holds("a next link", first.oDataNextLink, first);
  check.equal("no delta link yet", first.oDataDeltaLink, undefined);
  const all = await client.retrieveAll(request);
  const count = await client.count({ collection: COLLECTION });
  check.equal("all rows", all.value.length, count);
  check.holds(
    "the delta link is kept",
    all.oDataDeltaLink?.includes("$deltatoken="),
    all.oDataDeltaLink,
  );
  const delta = await client.retrieveMultiple(request, all.oDataDeltaLink);
  check.equal("nothing has changed since", delta.value, []);
}

async function aRowMadeAndDeletedBetweenReadingsIsATombstone({ client }, check) {
  const request = { collection: COLLECTION, select: SELECT, trackChanges: true };
  const { oDataDeltaLink } = await client.retrieveMultiple(request);
  const key = await client.create({ collection: COLLECTION, data: { lastname: "Short-lived" } });
  await client.deleteRecord({ collection: COLLECTION, key });
  const delta = await client.retrieveMultiple(request, oDataDeltaLink);
  check.equal(
    "changes",
    delta.value.map((row) => [row.id, row.reason]),
    [[key, "deleted"]],
  );
}

async function onlyColumnsMayBeChosen({ client }, check) {
  const request = { collection: COLLECTION, select: SELECT, trackChanges: true };
  const filtered = { ...request, filter: "statecode eq 0" };
  const error = await check.refused("a filter", () => client.retrieveMultiple(filtered), 400);
  const text = "isn't supported when Change Tracking is enabled";
  check.holds("its message", error.message.includes(text), error.message);
  const ordered = { ...request, orderBy: ["lastname"] };
  await check.refused("an order", () => client.retrieveMultiple(ordered), 400);
  await check.refused("a top", () => client.retrieveMultiple({ ...request, top: 3 }), 400);
}

async function aTableMustBeTracked({ client }, check) {
  const request = {
    collection: "activityparties",
    select: ["participationtypemask"],
    trackChanges: true,
  };
  await check.refused("not enabled", () => client.retrieveMultiple(request), 400, "0x80072491");
}

async function anExpiredLinkMeansStartingOver(environment, check) {
  const { client } = environment;
  const request = { collection: COLLECTION, select: SELECT, trackChanges: true };
  const { oDataDeltaLink } = await client.retrieveMultiple(request);
  await environment.changeModes({ change_tracking_expired: true });
  const late = () => client.retrieveMultiple(request, oDataDeltaLink);
  await check.refused("an expired link", late, 400, "0x80044352");
  await environment.changeModes({ change_tracking_expired: false });
  const again = await client.retrieveMultiple(request);
  check.equal("all rows again", again.value.length, await client.count({ collection: COLLECTION }));
  const delta = await client.retrieveMultiple(request, again.oDataDeltaLink);
  check.equal("the new link is good", delta.value, []);
}

export default [
  changesComeAfterALink,
  aTrackedReadingIsPaged,
  aRowMadeAndDeletedBetweenReadingsIsATombstone,
  onlyColumnsMayBeChosen,
  aTableMustBeTracked,
  anExpiredLinkMeansStartingOver,
];
