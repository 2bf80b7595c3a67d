"""`client.records` and `client.dataframe`: rows, one and many."""

import re
import warnings

import pandas
from PowerPlatform.Dataverse.core.errors import HttpError
from PowerPlatform.Dataverse.models import UpsertItem

from environment import APPLICATION_USER, FORMATTED, UNKNOWN_ID

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def a_row_is_created_and_read(environment, check):
    client = environment.client
    row = client.records.create("account", {"name": "Ålesund Öl & 東京", "numberofemployees": 12})
    check.holds("the id is a GUID", GUID.fullmatch(row), row)
    check.equal(
        "the scope that the credential is asked for",
        environment.credential.scopes,
        {f"{environment.base_url}/.default"},
    )
    found = client.records.retrieve("account", row, select=["name", "numberofemployees", "fax"])
    check.equal("id", found.id, row)
    check.equal("key column", found["accountid"], row)
    check.equal("text", found["name"], "Ålesund Öl & 東京")
    check.equal("number", found["numberofemployees"], 12)
    check.holds("an empty column is present", "fax" in found and found["fax"] is None, found.data)
    check.holds("an unselected column is absent", "telephone1" not in found, found.data)
    check.holds("etag", re.fullmatch(r'W/"\d+"', found.etag or ""), found.etag)


def a_whole_row_has_its_automatic_columns(environment, check):
    client = environment.client
    row = client.records.create("Contact", {"FirstName": "Aino", "LastName": "Whole"})
    found = client.records.retrieve("contact", row, include_annotations="*")
    check.equal("built name", found["fullname"], "Aino Whole")
    check.equal("state", found["statecode"], 0)
    check.equal("state, formatted", found[f"statecode@{FORMATTED}"], "Active")
    check.equal("owner", found["_ownerid_value"], APPLICATION_USER)
    check.equal(
        "table of the owner",
        found["_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"],
        "systemuser",
    )
    check.holds("created", found["createdon"].endswith("Z"), found["createdon"])
    plain = client.records.retrieve("contact", row, select=["statecode"])
    check.holds("no annotation unless asked", f"statecode@{FORMATTED}" not in plain, plain.data)


def a_missing_row_is_none(environment, check):
    found = environment.client.records.retrieve("account", UNKNOWN_ID)
    check.holds("retrieve of a missing row", found is None, found)


def a_lookup_is_bound_and_expanded(environment, check):
    client = environment.client
    contact = client.records.create("contact", {"lastname": "Expanded"})
    account = client.records.create(
        "account",
        {"name": "Expanding", "primarycontactid@odata.bind": f"/contacts({contact})"},
    )
    found = client.records.retrieve(
        "account", account, select=["name"], expand=["primarycontactid($select=lastname)"]
    )
    check.equal("expanded row", found["primarycontactid"]["lastname"], "Expanded")
    check.equal("expanded key", found["primarycontactid"]["contactid"], contact)
    error = check.raises(
        "an unknown bind",
        HttpError,
        lambda: client.records.create("contact", {"company@odata.bind": f"/accounts({account})"}),
    )
    check.equal("its code", error.details.get("service_error_code"), "0x80048d19")


def many_rows_are_created_in_order(environment, check):
    client = environment.client
    people = [{"lastname": f"Many {number:02}"} for number in range(30)]
    ids = client.records.create("contact", people)
    check.equal("ids", len(ids), 30)
    check.equal("different ids", len(set(ids)), 30)
    for number in (0, 17, 29):
        found = client.records.retrieve("contact", ids[number], select=["lastname"])
        check.equal(f"row {number}", found["lastname"], f"Many {number:02}")
    error = check.raises(
        "one bad row",
        HttpError,
        lambda: client.records.create(
            "contact", [{"lastname": "Many lost"}, {"lastname": "x" * 51}]
        ),
    )
    check.equal("status", error.status_code, 400)
    check.equal("code", error.details.get("service_error_code"), "0x80044331")
    lost = client.records.list("contact", filter="lastname eq 'Many lost'")
    check.equal("none of them is kept", len(lost), 0)


def rows_are_listed_in_pages(environment, check):
    client = environment.client
    client.records.create("contact", [{"lastname": f"Page {number:02}"} for number in range(25)])
    mine = {"filter": "startswith(lastname,'Page ')", "orderby": ["lastname asc"]}
    before = environment.last_request()
    pages = list(client.records.list_pages("contact", select=["lastname"], page_size=10, **mine))
    check.equal("sizes of the pages", [len(page) for page in pages], [10, 10, 5])
    names = [row["lastname"] for page in pages for row in page]
    check.equal("order over all pages", names, [f"Page {number:02}" for number in range(25)])
    asked = [row for row in environment.requests_since(before) if "/contacts" in row["path"]]
    check.equal("requests", len(asked), 3)
    check.equal("all, read eagerly", len(client.records.list("contact", page_size=7, **mine)), 25)
    check.equal("with a count", len(client.records.list("contact", count=True, **mine)), 25)
    top = client.records.list("contact", top=3, select=["lastname"], **mine)
    check.equal("top", [row["lastname"] for row in top], names[:3])
    mine["orderby"] = ["lastname desc"]
    last = client.records.list("contact", top=1, **mine).first()
    check.equal("descending", last["lastname"], "Page 24")
    check.equal("nothing found", len(client.records.list("contact", filter="lastname eq '¤'")), 0)


def one_row_is_updated(environment, check):
    client = environment.client
    row = client.records.create("contact", {"lastname": "Updated", "jobtitle": "Clerk"})
    before = client.records.retrieve("contact", row, select=["jobtitle"])
    result = client.records.update("contact", row, {"JobTitle": None, "firstname": "Ida"})
    check.holds("result", result is None, result)
    after = client.records.retrieve("contact", row, select=["jobtitle", "fullname"])
    check.holds("cleared", after["jobtitle"] is None, after["jobtitle"])
    check.equal("built name", after["fullname"], "Ida Updated")
    check.holds("the etag has changed", before.etag != after.etag, after.etag)
    error = check.raises(
        "update of a missing row",
        HttpError,
        lambda: client.records.update("contact", UNKNOWN_ID, {"lastname": "Nobody"}),
    )
    check.equal("status", error.status_code, 404)
    check.equal("code", error.details.get("service_error_code"), "0x80040217")


def many_rows_are_updated(environment, check):
    client = environment.client
    ids = client.records.create("contact", [{"lastname": f"Batchless {n}"} for n in range(3)])

    def titles():
        rows = [client.records.retrieve("contact", row, select=["jobtitle"]) for row in ids]
        return [row["jobtitle"] for row in rows]

    client.records.update("contact", ids, {"jobtitle": "Same"})
    check.equal("one change for all", titles(), ["Same", "Same", "Same"])
    client.records.update("contact", ids, [{"jobtitle": name} for name in "ABC"])
    check.equal("a change for each", titles(), ["A", "B", "C"])
    error = check.raises(
        "one bad change",
        HttpError,
        lambda: client.records.update(
            "contact", ids, [{"jobtitle": n} for n in ("D", "x" * 101, "F")]
        ),
    )
    check.equal("status", error.status_code, 400)
    check.equal("nothing is changed", titles(), ["A", "B", "C"])


def rows_are_deleted(environment, check):
    client = environment.client
    ids = client.records.create("contact", [{"lastname": f"Gone {n}"} for n in range(6)])
    client.records.delete("contact", ids[0])
    check.holds("deleted", client.records.retrieve("contact", ids[0]) is None)
    error = check.raises(
        "deleted twice", HttpError, lambda: client.records.delete("contact", ids[0])
    )
    check.equal("status", error.status_code, 404)
    job = client.records.delete("contact", ids[1:4])
    check.holds("bulk delete gives a job", GUID.fullmatch(job or ""), job)
    check.holds(
        "its rows are gone",
        all(client.records.retrieve("contact", row) is None for row in ids[1:4]),
    )
    check.holds("others stay", client.records.retrieve("contact", ids[4]) is not None)
    check.holds(
        "one by one", client.records.delete("contact", ids[4:], use_bulk_delete=False) is None
    )
    check.equal(
        "all gone", len(client.records.list("contact", filter="startswith(lastname,'Gone ')")), 0
    )


def rows_are_upserted_by_alternate_key(environment, check):
    client = environment.client
    client.tables.create("new_Upsert", {"new_Code": "string", "new_Count": "int"})
    client.tables.create_alternate_key("new_Upsert", "new_UpsertKey", ["new_code"])

    def rows():
        found = client.records.list(
            "new_upsert", select=["new_code", "new_name", "new_count"], orderby=["new_code asc"]
        )
        return [(row["new_code"], row["new_name"], row["new_count"]) for row in found]

    def item(code, **record):
        return UpsertItem(alternate_key={"new_Code": code}, record=record)

    client.records.upsert("new_Upsert", [item("A", new_name="first", new_count=1)])
    check.equal("created", rows(), [("A", "first", 1)])
    client.records.upsert("new_Upsert", [item("A", new_name="second")])
    check.equal("updated", rows(), [("A", "second", 1)])
    client.records.upsert(
        "new_Upsert",
        [
            item("A", new_count=2),
            item("B", new_name="third"),
            {"alternate_key": {"new_code": "O'Brien"}, "record": {"new_Name": "fourth"}},
        ],
    )
    expected = [("A", "second", 2), ("B", "third", None), ("O'Brien", "fourth", None)]
    check.equal("several at once", rows(), expected)
    client.records.upsert("new_Upsert", [item("O'Brien", new_count=4)])
    expected[2] = ("O'Brien", "fourth", 4)
    check.equal("a quote in a key", rows(), expected)
    error = check.raises(
        "the same key twice",
        HttpError,
        lambda: client.records.create("new_Upsert", {"new_name": "x", "new_code": "B"}),
    )
    check.equal("status", error.status_code, 412)
    check.equal("code", error.details.get("service_error_code"), "0x80060892")
    error = check.raises(
        "a key that the table does not have",
        HttpError,
        lambda: client.records.upsert(
            "new_Upsert", [{"alternate_key": {"new_count": 1}, "record": {"new_name": "x"}}]
        ),
    )
    check.equal("its code", error.details.get("service_error_code"), "0x80060890")


def labels_become_choice_values(environment, check):
    client = environment.client
    row = client.records.create("phonecall", {"subject": "Label", "prioritycode": "High"})
    found = client.records.retrieve("phonecall", row, select=["prioritycode"])
    check.equal("by label", found["prioritycode"], 2)
    client.records.update("phonecall", row, {"prioritycode": "low"})
    found = client.records.retrieve("phonecall", row, select=["prioritycode"])
    check.equal("labels in any case", found["prioritycode"], 0)
    error = check.raises(
        "a value outside the choice",
        HttpError,
        lambda: client.records.update("phonecall", row, {"prioritycode": 77}),
    )
    check.equal("its code", error.details.get("service_error_code"), "0x8004431a")


def a_phone_call_is_made_and_completed(environment, check):
    client = environment.client
    contact = client.records.create("contact", {"lastname": "Caller"})
    call = client.records.create(
        "phonecall",
        {
            "activityid": "6f1c2c0e-7a55-5d0a-9a53-0a3f0f6f2f11",
            "subject": "Incoming call",
            "directioncode": False,
            "regardingobjectid_contact_phonecall@odata.bind": f"/contacts({contact})",
            "phonecall_activity_parties": [
                {"participationtypemask": 1, "partyid_contact@odata.bind": f"/contacts({contact})"},
                {
                    "participationtypemask": 2,
                    "partyid_systemuser@odata.bind": f"/systemusers({APPLICATION_USER})",
                },
            ],
        },
    )
    check.equal("the chosen id is kept", call, "6f1c2c0e-7a55-5d0a-9a53-0a3f0f6f2f11")
    found = client.records.retrieve(
        "phonecall",
        call,
        select=["statecode", "_regardingobjectid_value"],
        expand=["phonecall_activity_parties($select=participationtypemask,_partyid_value)"],
    )
    parties = {
        party["participationtypemask"]: party for party in found["phonecall_activity_parties"]
    }
    check.equal("sender", parties[1]["_partyid_value"], contact)
    check.holds("owner and regarding came by themselves", {8, 9} <= set(parties), set(parties))
    error = check.raises(
        "the same id again",
        HttpError,
        lambda: client.records.create("phonecall", {"activityid": call, "subject": "Twice"}),
    )
    check.equal("status", error.status_code, 412)
    check.equal("code", error.details.get("service_error_code"), "0x80040237")
    client.records.update("phonecall", call, {"statecode": 1, "statuscode": 4})
    found = client.records.retrieve("phonecall", call, include_annotations=FORMATTED)
    check.equal("state", found[f"statecode@{FORMATTED}"], "Completed")
    check.equal("status", found[f"statuscode@{FORMATTED}"], "Received")
    error = check.raises(
        "created completed",
        HttpError,
        lambda: client.records.create("phonecall", {"subject": "Closed", "statuscode": 2}),
    )
    check.equal("its code", error.details.get("service_error_code"), "0x80048408")
    error = check.raises(
        "several phone calls at once",
        HttpError,
        lambda: client.records.create("phonecall", [{"subject": "A"}, {"subject": "B"}]),
    )
    check.holds("the message is absent", error.status_code in (400, 404), error.status_code)


def the_deprecated_get_still_works(environment, check):
    client = environment.client
    row = client.records.create("account", {"name": "Deprecated"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        check.equal("one row", client.records.get("account", row)["name"], "Deprecated")
        pages = list(client.records.get("account", filter="name eq 'Deprecated'", page_size=5))
    check.equal("pages", [[found["accountid"] for found in page] for page in pages], [[row]])


def data_frames_are_written_and_read(environment, check):
    client = environment.client
    frame = pandas.DataFrame({"lastname": ["Frame 0", "Frame 1"], "jobtitle": ["a", None]})
    ids = client.dataframe.create("contact", frame)
    check.equal("ids", len(ids), 2)
    changes = pandas.DataFrame({"contactid": ids, "jobtitle": ["b", "c"]})
    client.dataframe.update("contact", changes, id_column="contactid")
    rows = client.dataframe.sql(
        "SELECT lastname, jobtitle FROM contact WHERE lastname LIKE 'Frame %' ORDER BY lastname"
    )
    check.equal("titles", list(rows["jobtitle"]), ["b", "c"])
    check.holds("a job", GUID.fullmatch(client.dataframe.delete("contact", ids) or ""))
    left = client.records.list("contact", filter="startswith(lastname,'Frame ')")
    check.equal("rows left", len(left), 0)


SCENARIOS = [
    a_row_is_created_and_read,
    a_whole_row_has_its_automatic_columns,
    a_missing_row_is_none,
    a_lookup_is_bound_and_expanded,
    many_rows_are_created_in_order,
    rows_are_listed_in_pages,
    one_row_is_updated,
    many_rows_are_updated,
    rows_are_deleted,
    rows_are_upserted_by_alternate_key,
    labels_become_choice_values,
    a_phone_call_is_made_and_completed,
    the_deprecated_get_still_works,
    data_frames_are_written_and_read,
]
