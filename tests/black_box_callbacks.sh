#!/usr/bin/env bash
# Programs that share nothing but HTTP and a store: the sandbox with a world of callback profiles,
# lists and items, callback sync, and the webhook listener. The first pass puts the requests into their
# queues and closes them in Enreach, the second does nothing. Then a request comes for the list that is
# on webhook alone: its event is stored by the listener, doubled, and worked off by the next pass.
source "$(dirname "${BASH_SOURCE[0]}")/sandbox.bash"

build sandbox callback-sync webhook-listener
start_sandbox tests/worlds/callbacks.json
printf '[tenants.contoso.webhook]\ntoken = "black-box-token"\n' >>"$work/voice.toml"
run callback-sync first
run callback-sync second

start webhook-listener 'webhooks at http://127\.0\.0\.1:([0-9]+)' \
  "$bin/webhook-listener" --config "$work/voice.toml" \
  --listen 127.0.0.1:0 --public-listen 127.0.0.1:0
curl -sS "http://127.0.0.1:$port/webhooks/enreach/contoso" -o "$work/answer" -w '%{http_code}\n' \
  -H 'X-Benemen-Token: wrong' -d '{"Id": "event-0"}' >"$work/wrong-token"
post /control/webhooks '{"url": "http://127.0.0.1:'"$port"'/webhooks/enreach/contoso",
  "token": "black-box-token", "copies": 2, "event": {
    "Id": "event-1", "EventType": "CallbackCreated", "EntityType": "CallList",
    "EntityId": "000000c3-0000-4000-8000-000000000000",
    "CallbackListId": "000000c3-0000-4000-8000-000000000000",
    "CallbackListItemId": "00005301-0000-4000-8000-000000000000"}}'
until curl -fsS "$sandbox/control/webhooks" | grep -q "\"done\"\|200"; do sleep 0.1; done
run callback-sync third

PYTHONPATH=tests python3 - "$work" "$sandbox" <<'PYTHON'
from black_box import check, dynamics, report, work

first, second, third = report("first"), report("second"), report("third")
COUNTS = ("created", "bundled", "ignored", "closed", "already_done", "closed_elsewhere", "waiting")
for run, tenant, expected in (
    ("first", first, (7, 1, 2, 9, 0, 0, 1)),
    ("second", second, (0, 0, 0, 0, 0, 0, 0)),
    ("third", third, (1, 0, 0, 1, 0, 0, 0)),
):
    check(f"{run} run, error", tenant.get("error"), None)
    check(f"{run} run, failed", tenant["failed"], {})
    check(f"{run} run, {COUNTS}", tuple(tenant[count] for count in COUNTS), expected)
check("third run, events", third["events"], 1)
check("a wrong token", open(f"{work}/wrong-token", encoding="utf-8").read().strip(), "401")

rows = dynamics("phonecalls?$select=activityid,ev_callbackid,statecode,phonenumber,_ev_bundleid_value")
items = sorted(row["ev_callbackid"].split("-")[0] for row in rows)
ITEMS = ["00005101", "00005102", "00005103", "00005104", "00005105", "00005201", "00005205", "00005301"]
check("phone calls in Dynamics", items, ITEMS)
check("their states", {row["statecode"] for row in rows}, {0})
key = {row["ev_callbackid"].split("-")[0]: row["activityid"] for row in rows}
bundles = {row["ev_callbackid"].split("-")[0]: row["_ev_bundleid_value"] for row in rows}
check("the bundle", bundles["00005102"], key["00005101"])
queued = dynamics("queueitems?$select=_objectid_value,_queueid_value,statecode")
check("queue items", sorted(row["_objectid_value"] for row in queued), sorted(key.values()))
queue = {row["_objectid_value"]: row["_queueid_value"].split("-")[0] for row in queued}
check("queues", [queue[key[item]] for item in ITEMS], ["000000e1"] * 5 + ["000000e2"] * 3)
print("eight open phone calls, each in its queue once; the one on webhook came by webhook")
PYTHON
