// The sandbox as these scripts see it: its address, its credentials and its control interface.

const TENANT = "11111111-1111-1111-1111-111111111111";
const APPLICATION = "22222222-2222-2222-2222-222222222222";
const SECRET = "sandbox-secret";

export const ORGANIZATION = "33333333-3333-3333-3333-333333333333";
export const BUSINESS_UNIT = "44444444-4444-4444-4444-444444444444";
export const APPLICATION_USER = "55555555-5555-5555-5555-555555555555";
export const APPLICATION_ROLE = "66666666-6666-6666-6666-666666666666";
export const UNKNOWN_ID = "00000000-0000-0000-0000-00000000dead";
export const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const ETAG = /^W\/"\d+"$/;

/** One running sandbox and a client for it. */
export class Environment {
  #token;

  constructor(baseUrl, DynamicsWebApi) {
    this.baseUrl = baseUrl;
    this.DynamicsWebApi = DynamicsWebApi;
    this.client = this.connect();
  }

  /** Another client, with other settings. */
  connect(settings = {}) {
    return new this.DynamicsWebApi({
      serverUrl: this.baseUrl,
      dataApi: { version: "9.2" },
      onTokenRefresh: () => this.token(),
      ...settings,
    });
  }

  /** An access token from the sandbox's token endpoint, the same each time. */
  async token() {
    this.#token ??= await this.#askForToken();
    return this.#token;
  }

  async #askForToken() {
    const answer = await fetch(`${this.baseUrl}/entra/${TENANT}/oauth2/v2.0/token`, {
      method: "POST",
      body: new URLSearchParams({
        client_id: APPLICATION,
        client_secret: SECRET,
        grant_type: "client_credentials",
        scope: `${this.baseUrl}/.default`,
      }),
    });
    if (!answer.ok) throw new Error(`no token: ${answer.status} ${await answer.text()}`);
    return (await answer.json()).access_token;
  }

  /** Plants one fault; by default it hits one request. */
  async plant(fault) {
    await this.#control("POST", "faults", [{ system: "dataverse", ...fault }]);
  }

  /** Removes what is left of the planted faults. */
  async clearFaults() {
    await this.#control("DELETE", "faults");
  }

  /** Changes modes of the simulators. */
  async changeModes(modes) {
    await this.#control("POST", "modes", modes);
  }

  /** The sandbox's request log, from the row after `number`. */
  async requestsSince(number = 0) {
    return this.#control("GET", `requests?since=${number}`);
  }

  /** Number of the newest row of the request log. */
  async lastRequest() {
    return (await this.requestsSince()).at(-1)?.number ?? 0;
  }

  async #control(method, path, body) {
    const answer = await fetch(`${this.baseUrl}/control/${path}`, {
      method,
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} /control/${path}: ${answer.status} ${text}`);
    return text && JSON.parse(text);
  }
}
