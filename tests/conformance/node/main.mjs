// dynamics-web-api, unmodified, against the sandbox: `main.mjs http://localhost:PORT FOLDER`, where
// FOLDER holds node_modules.
//
// The last line says how many assertions were made and how many failed; the exit code is 1 if one
// did.

import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { Environment } from "./environment.mjs";
import { Tally } from "./tally.mjs";

// The scripts stand apart from the folder into which the client is installed.
async function installedClient(folder) {
  const entry = createRequire(path.join(folder, "package.json")).resolve("dynamics-web-api");
  const module = await import(pathToFileURL(entry));
  return module.DynamicsWebApi ?? module.default.DynamicsWebApi;
}

const AREAS = [
  "records",
  "queries",
  "associations",
  "batches",
  "tracking",
  "operations",
  "metadata",
  "errors",
  "names",
];

const [baseUrl, folder] = process.argv.slice(2);
const environment = new Environment(baseUrl, await installedClient(folder));
const tally = new Tally();
for (const area of AREAS) {
  const { default: scenarios } = await import(`./${area}.mjs`);
  for (const scenario of scenarios) {
    await tally.run(area, scenario, environment);
    await environment.clearFaults();
  }
}
console.log(`node: ${tally.assertions} assertions, ${tally.failures} failures`);
// An exit at once would cut off what a pipe has not taken yet.
process.exitCode = tally.failures ? 1 : 0;
