#!/usr/bin/env bash
# Programs that share nothing but HTTP and a store: the sandbox with the small world, and call sync,
# run twice. The first pass logs calls, the second finds them and logs none. Then a customer is added,
# and retro sync logs the call that had no match.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo build --bin sandbox --bin call-sync --bin retro-sync
target=$(cargo metadata --format-version 1 --no-deps --offline |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')

work=$(mktemp -d)
sandbox_pid=
clean_up() {
  if [[ -n $sandbox_pid ]]; then
    kill "$sandbox_pid" 2>/dev/null || true
    wait "$sandbox_pid" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

"$target/debug/sandbox" --listen 127.0.0.1:0 --world tests/worlds/basic.json \
  >"$work/sandbox.log" 2>&1 &
sandbox_pid=$!

# The sandbox chooses a free port and says which; half a minute is ample.
port_of() { sed -nE 's#.*ready at http://127\.0\.0\.1:([0-9]+).*#\1#p' "$work/sandbox.log"; }
deadline=$((SECONDS + 30))
until port=$(port_of) && [[ -n $port ]]; do
  if ! kill -0 "$sandbox_pid" 2>/dev/null || ((SECONDS > deadline)); then
    echo "the sandbox did not become ready:" >&2
    cat "$work/sandbox.log" >&2
    exit 1
  fi
  sleep 0.1
done

sed "s/127\.0\.0\.1:9100/127.0.0.1:$port/g; s#memory://#sqlite://voice.db#" \
  tests/worlds/basic.toml >"$work/voice.toml"
run() {
  local program=$1 name=$2
  "$target/debug/$program" --config "$work/voice.toml" --once --json \
    >"$work/$name.json" 2>"$work/$name.log" || {
    echo "$program ended with code $? in the $name run:" >&2
    cat "$work/$name.json" "$work/$name.log" >&2
    exit 1
  }
}
run call-sync first
run call-sync second
curl -fsS -o "$work/world.log" -H 'Content-Type: application/json' "http://127.0.0.1:$port/control/world" -d '{
  "dataverse": {"contacts": [{"contactid": "00000f99-0000-4000-8000-000000000000",
    "lastname": "Latecomer", "telephone1": "040 555 0999"}]}}'
run retro-sync retro

python3 - "$work" "http://127.0.0.1:$port" <<'PYTHON'
"""What both runs say, and what then stands in Dynamics."""
import json
import sys
import urllib.parse
import urllib.request

work, base = sys.argv[1:]


def report(run):
    with open(f"{work}/{run}.json", encoding="utf-8") as file:
        (tenant,) = json.load(file)["tenants"]
    print(f"{run} run: {json.dumps(tenant)}")
    return tenant


def check(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: expected {expected}, found {found}")


def get(path, **options):
    with urllib.request.urlopen(urllib.request.Request(base + path, **options), timeout=10) as answer:
        return json.load(answer)


SKIPPED = ["Internal", "KindSwitchedOff", "NoNumber", "NotWork", "PersonalWorkQueue", "TooShort", "Unanswered"]
DEFERRED = ["Ambiguous", "InProgress", "NoMatch"]

first, second, retro = report("first"), report("second"), report("retro")
for run, tenant in (("first", first), ("second", second)):
    check(f"{run} run, tenant", tenant["tenant"], "contoso")
    check(f"{run} run, error", tenant.get("error"), None)
    check(f"{run} run, rows", tenant["rows"], 18)
    check(f"{run} run, fetched", tenant["fetched"], 15)
    check(f"{run} run, skipped", tenant["skipped"], dict.fromkeys(SKIPPED, 1))
    check(f"{run} run, deferred", tenant["deferred"], dict.fromkeys(DEFERRED, 1))
    check(f"{run} run, failed", tenant["failed"], {})
check("first run, logged", first["logged"], 4)
check("first run, already logged", first["already_logged"], 1)
check("second run, logged", second["logged"], 0)
check("second run, already logged", second["already_logged"], first["logged"] + first["already_logged"])
check("retro run, logged", retro["logged"], 1)
check("retro run, already logged", retro["already_logged"], 5)
check("retro run, deferred", retro["deferred"], {"Ambiguous": 1, "InProgress": 1})

form = urllib.parse.urlencode({
    "grant_type": "client_credentials",
    "client_id": "22222222-2222-2222-2222-222222222222",
    "client_secret": "sandbox-secret",
    "scope": f"{base}/.default",
}).encode()
token = get("/entra/11111111-1111-1111-1111-111111111111/oauth2/v2.0/token", data=form)["access_token"]
rows = get(
    "/api/data/v9.2/phonecalls?$select=activityid,ev_callid,statecode",
    headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
)["value"]
calls = sorted(row["ev_callid"].split("-")[0] for row in rows)
check("phone calls in Dynamics", calls, ["0000c001", "0000c002", "0000c003", "0000c004", "0000c005", "0000c00d"])
check("their states", {row["statecode"] for row in rows}, {1})
print("the same five phone calls after both runs, and a sixth by retro sync")
PYTHON
