"""The sandbox as these scripts see it: its address, its credentials and its control interface."""

from azure.core.credentials import AccessToken
from PowerPlatform.Dataverse.client import DataverseClient
import requests

TENANT = "11111111-1111-1111-1111-111111111111"
APPLICATION = "22222222-2222-2222-2222-222222222222"
SECRET = "sandbox-secret"
APPLICATION_USER = "55555555-5555-5555-5555-555555555555"
BUSINESS_UNIT = "44444444-4444-4444-4444-444444444444"
FORMATTED = "OData.Community.Display.V1.FormattedValue"
UNKNOWN_ID = "00000000-0000-0000-0000-00000000dead"
TIMEOUT = 10


class StaticCredential:
    """A credential of the client's own interface that always gives the same token."""

    def __init__(self, token):
        self._token = token
        self.scopes = set()

    def get_token(self, *scopes, **_options):
        self.scopes.update(scopes)
        return AccessToken(self._token, 4_102_444_800)


class Environment:
    """One running sandbox and a client for it."""

    def __init__(self, base_url):
        self.base_url = base_url
        self.credential = StaticCredential(self.token())
        self.client = self.connect(self.credential)

    def connect(self, credential):
        """Another client, with its own caches."""
        return DataverseClient(self.base_url, credential)

    def token(self):
        """An access token from the sandbox's token endpoint."""
        answer = requests.post(
            f"{self.base_url}/entra/{TENANT}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": APPLICATION,
                "client_secret": SECRET,
                "scope": f"{self.base_url}/.default",
            },
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        return answer.json()["access_token"]

    def plant(self, **fault):
        """Plants one fault; by default it hits one request."""
        answer = requests.post(
            f"{self.base_url}/control/faults",
            json=[{"system": "dataverse", **fault}],
            timeout=TIMEOUT,
        )
        answer.raise_for_status()

    def clear_faults(self):
        """Removes what is left of the planted faults."""
        requests.delete(f"{self.base_url}/control/faults", timeout=TIMEOUT).raise_for_status()

    def requests_since(self, number=0):
        """The sandbox's request log, from the row after `number`."""
        answer = requests.get(
            f"{self.base_url}/control/requests", params={"since": number}, timeout=TIMEOUT
        )
        answer.raise_for_status()
        return answer.json()

    def last_request(self):
        """Number of the newest row of the request log."""
        rows = self.requests_since()
        return rows[-1]["number"] if rows else 0
