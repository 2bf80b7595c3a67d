#!/usr/bin/env bash
# Programs that share nothing but HTTP and a store: the sandbox with the small world, and call sync,
# run twice. The first pass logs calls, the second finds them and logs none. Then a customer is added,
# and retro sync logs the call that had no match.
source "$(dirname "${BASH_SOURCE[0]}")/sandbox.bash"

build sandbox call-sync retro-sync
start_sandbox tests/worlds/basic.json
run call-sync first
run call-sync second
post /control/world '{
  "dataverse": {"contacts": [{"contactid": "00000f99-0000-4000-8000-000000000000",
    "lastname": "Latecomer", "telephone1": "040 555 0999"}]}}'
run retro-sync retro

PYTHONPATH=tests python3 - "$work" "$sandbox" <<'PYTHON'
from black_box import check, dynamics, report

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

rows = dynamics("phonecalls?$select=activityid,ev_callid,statecode")
calls = sorted(row["ev_callid"].split("-")[0] for row in rows)
check("phone calls in Dynamics", calls, ["0000c001", "0000c002", "0000c003", "0000c004", "0000c005", "0000c00d"])
check("their states", {row["statecode"] for row in rows}, {1})
print("the same five phone calls after both runs, and a sixth by retro sync")
PYTHON
