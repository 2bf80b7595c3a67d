// Counts assertions; prints each one that fails, and goes on.

import * as util from "node:util";

const inspect = (value) =>
  util.inspect(value, { breakLength: Infinity, maxArrayLength: 12, maxStringLength: 200 });

const SCENARIO_LIMIT_SECS = 60;

/** Rejects when a scenario takes too long: a promise that never settles would end the process. */
async function limited(scenario) {
  let timer;
  const limit = new Promise((_, reject) => {
    const late = () => reject(new Error(`no end after ${SCENARIO_LIMIT_SECS} s`));
    timer = setTimeout(late, SCENARIO_LIMIT_SECS * 1000);
  });
  try {
    await Promise.race([scenario, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Assertions of one client. A failed one is reported at once and does not stop the scenario. */
export class Tally {
  assertions = 0;
  failures = 0;
  #scenario = "";

  /** Runs one scenario with its own name in reports; an exception counts as a failure. */
  async run(area, scenario, environment) {
    this.#scenario = `${area}/${scenario.name}`;
    try {
      await limited(scenario(environment, this));
    } catch (error) {
      // The stack of an error of the service shows the client only.
      const refusal = error?.status && `${error.status} ${error.code}: ${error.message}`;
      this.#count(false, "runs to its end", refusal || error?.stack || inspect(error));
    }
  }

  /** `found` is `expected`, in value and type, all the way down. */
  equal(what, found, expected) {
    const finding = `expected ${inspect(expected)}, found ${inspect(found)}`;
    this.#count(util.isDeepStrictEqual(found, expected), what, finding);
  }

  /** `condition` is true; `found` is shown if it is not. */
  holds(what, condition, found) {
    this.#count(Boolean(condition), what, `found ${inspect(found)}`);
  }

  /** `act` is refused with this status and code; the error is returned. */
  async refused(what, act, status, code) {
    const error = await this.rejects(what, act);
    this.equal(`${what}: status`, error?.status, status);
    if (code !== undefined) this.equal(`${what}: code`, error?.code, code);
    return error;
  }

  /** `act` is rejected; what it is rejected with is returned. */
  async rejects(what, act) {
    let result;
    try {
      result = await act();
    } catch (error) {
      this.#count(true, what, "");
      return error;
    }
    this.#count(false, what, `expected a rejection, found ${inspect(result)}`);
    return undefined;
  }

  #count(passed, what, finding) {
    this.assertions += 1;
    if (passed) return;
    this.failures += 1;
    console.log(`FAILED ${this.#scenario}: ${what}: ${finding}`);
  }
}
