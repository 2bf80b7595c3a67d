"""What black-box tests look at: the reports of runs, and what then stands in the sandbox."""
import json
import sys
import urllib.parse
import urllib.request

work, base = sys.argv[1:3]


def report(run):
    with open(f"{work}/{run}.json", encoding="utf-8") as file:
        (tenant,) = json.load(file)["tenants"]
    print(f"{run} run: {json.dumps(tenant)}")
    return tenant


def check(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: expected {expected}, found {found}")


def get(path, **options):
    request = urllib.request.Request(base + path, **options)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def dynamics(query):
    """Rows of the simulated Dynamics."""
    form = urllib.parse.urlencode({
        "grant_type": "client_credentials",
        "client_id": "22222222-2222-2222-2222-222222222222",
        "client_secret": "sandbox-secret",
        "scope": f"{base}/.default",
    }).encode()
    entra = "/entra/11111111-1111-1111-1111-111111111111/oauth2/v2.0/token"
    token = get(entra, data=form)["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    return get(f"/api/data/v9.2/{query}", headers=headers)["value"]
