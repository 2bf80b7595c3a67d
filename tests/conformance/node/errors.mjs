// What the client makes of refusals, throttling, outages and silence.

import { UNKNOWN_ID } from "./environment.mjs";

const one = { collection: "accounts", select: ["name"], top: 1 };

async function aRefusalCarriesItsCode({ client }, check) {
  const request = { collection: "contacts", key: UNKNOWN_ID };
  const error = await check.refused("missing", () => client.retrieve(request), 404, "0x80040217");
  check.holds("an error", error instanceof Error, error);
  check.equal("message", error.message, `contact With Id = ${UNKNOWN_ID} Does Not Exist`);
  check.equal("reason", error.statusMessage, "Not Found");
  check.holds("request id", error.headers["x-ms-service-request-id"] || error.headers.req_id);
  const set = { collection: "nonsenses" };
  await check.refused("an unknown set", () => client.retrieveMultiple(set), 404, "0x8006088a");
  const bind = { collection: "contacts", data: { "company@odata.bind": "/accounts(1)" } };
  await check.refused("an unknown bind", () => client.create(bind), 400, "0x80048d19");
  const property = { collection: "contacts", data: { nonsense: 1 } };
  const unknown = await check.refused("an unknown column", () => client.create(property), 400);
  check.holds("its code", ["0x0", "0x80048d19"].includes(unknown.code), unknown.code);
}

async function detailsComeOnRequest({ client }, check) {
  const request = { collection: "contacts", key: UNKNOWN_ID };
  const plain = await check.rejects("plain", () => client.retrieve(request));
  const help = "@Microsoft.PowerApps.CDS.HelpLink";
  check.equal("no details", plain[help], undefined);
  const detailed = { ...request, includeAnnotations: "*" };
  const full = await check.rejects("in full", () => client.retrieve(detailed));
  check.holds("a help link", full[help]?.startsWith("http"), full);
}

async function throttlingSaysHowLong(environment, check) {
  const { client } = environment;
  for (const code of ["0x80072322", "-2147015903", "0x80072326"]) {
    const fault = { path_contains: "/accounts", kind: "status", status: 429, code };
    await environment.plant({ ...fault, retry_after: 5 });
    const ask = () => client.retrieveMultiple(one);
    const error = await check.refused(`throttled with ${code}`, ask, 429, code);
    check.equal("pause", error.headers["retry-after"], "5");
  }
  check.holds("then all is well", (await client.retrieveMultiple(one)).value.length === 1);
}

async function anOutageWithoutJson(environment, check) {
  const { client } = environment;
  const page = "<html><body>Service Unavailable</body></html>";
  const fault = { path_contains: "/accounts", kind: "status", status: 503 };
  await environment.plant({ ...fault, body: page, content_type: "text/html" });
  await check.refused("unavailable", () => client.retrieveMultiple(one), 503);
}

async function silenceEndsAfterTheTimeLimit(environment, check) {
  const client = environment.connect({ timeout: 200 });
  await environment.plant({ path_contains: "/accounts", kind: "timeout" });
  await check.rejects("no answer", () => client.retrieveMultiple(one));
  await environment.plant({ path_contains: "/accounts", kind: "reset" });
  const error = await check.rejects("a broken connection", () => client.retrieveMultiple(one));
  check.equal("its code", error?.code, "ECONNRESET");
}

async function aBadTokenIsRefused(environment, check) {
  const client = environment.connect({ onTokenRefresh: () => "not-a-token" });
  const error = await check.refused("bad token", () => client.retrieveMultiple(one), 401);
  const challenge = error.headers["www-authenticate"];
  check.holds("where to get one", challenge?.startsWith("Bearer authorization_uri="), challenge);
}

async function preconditionsCanBeErrors(environment, check) {
  const client = environment.connect({ propagateErrors: true });
  const collection = "contacts";
  const key = await client.create({ collection, data: { lastname: "Propagated" } });
  const stale = { collection, key, data: { fax: "1" }, ifmatch: 'W/"1"' };
  await check.refused("a stale etag", () => client.update(stale), 412, "0x80060882");
  const again = { collection, key, data: { fax: "1" }, ifnonematch: "*" };
  await check.refused("only if new", () => client.upsert(again), 412, "0x80040237");
}

async function aLostAnswerHidesACreatedRow(environment, check) {
  const { client } = environment;
  const collection = "contacts";
  const data = { contactid: "7b1c2c0e-7a55-4d0a-9a53-0a3f0f6f2f55", lastname: "Lost" };
  await environment.plant({
    path_contains: "/contacts",
    method: "POST",
    kind: "drop_after_commit",
  });
  await check.rejects("no answer", () => client.create({ collection, data }));
  const row = await client.retrieve({ collection, key: data.contactid });
  check.equal("the row is there", row.lastname, "Lost");
  const again = () => client.create({ collection, data });
  await check.refused("the second try", again, 412, "0x80040237");
}

export default [
  aRefusalCarriesItsCode,
  detailsComeOnRequest,
  throttlingSaysHowLong,
  anOutageWithoutJson,
  silenceEndsAfterTheTimeLimit,
  aBadTokenIsRefused,
  preconditionsCanBeErrors,
  aLostAnswerHidesACreatedRow,
];
