"""`client.batch`: independent operations, change sets, rollback and errors."""

from PowerPlatform.Dataverse.core.errors import HttpError, ValidationError
from PowerPlatform.Dataverse.models import UpsertItem

from environment import UNKNOWN_ID


def _named(client, name):
    return len(client.records.list("contact", filter=f"lastname eq '{name}'", select=["lastname"]))


def independent_operations_answer_in_order(environment, check):
    client = environment.client
    old = client.records.create("contact", {"lastname": "B-Old", "jobtitle": "x"})
    batch = client.batch.new()
    batch.records.create("contact", {"lastname": "B-New"})
    batch.records.update("contact", old, {"jobtitle": "y"})
    batch.records.retrieve("contact", old, select=["lastname", "jobtitle"])
    batch.records.list("contact", filter="lastname eq 'B-New'", select=["lastname"], count=True)
    batch.query.sql("SELECT lastname FROM contact WHERE lastname = 'B-New'")
    batch.tables.get("contact")
    batch.records.delete("contact", old)
    result = batch.execute()
    check.equal(
        "statuses",
        [answer.status_code for answer in result.responses],
        [204, 204, 200, 200, 200, 200, 204],
    )
    check.equal("errors", result.has_errors, False)
    created = result.responses[0].entity_id
    check.equal(
        "id of the new row", client.records.retrieve("contact", created)["lastname"], "B-New"
    )
    check.equal("the update came before the read", result.responses[2].data["jobtitle"], "y")
    check.equal("count", result.responses[3].data["@odata.count"], 1)
    check.equal("query in a batch", result.responses[3].data["value"][0]["contactid"], created)
    check.equal("SQL in a batch", len(result.responses[4].data["value"]), 1)
    check.equal("metadata", result.responses[5].data["value"][0]["EntitySetName"], "contacts")
    check.holds("deleted", client.records.retrieve("contact", old) is None)


def many_rows_are_one_operation_each(environment, check):
    client = environment.client
    ids = client.records.create("contact", [{"lastname": f"M-{n}"} for n in range(2)])
    batch = client.batch.new()
    batch.records.create("contact", [{"lastname": "M-2"}, {"lastname": "M-3"}])
    batch.records.update("contact", ids, {"jobtitle": "same"})
    batch.records.delete("contact", ids, use_bulk_delete=False)
    result = batch.execute()
    statuses = [answer.status_code for answer in result.responses]
    check.holds("all succeed", not result.has_errors, statuses)
    check.equal("operations", len(statuses), 4)
    new = result.responses[0].data["Ids"]
    check.equal("ids", len(new), 2)
    batch = client.batch.new()
    batch.records.delete("contact", new)
    result = batch.execute()
    check.holds("bulk delete gives a job", "JobId" in (result.responses[0].data or {}))
    check.equal(
        "rows left", len(client.records.list("contact", filter="startswith(lastname,'M-')")), 0
    )


def a_change_set_refers_to_its_own_rows(environment, check):
    client = environment.client
    batch = client.batch.new()
    with batch.changeset() as changes:
        contact = changes.records.create("contact", {"lastname": "C-Person"})
        account = changes.records.create(
            "account", {"name": "C-Firm", "primarycontactid@odata.bind": contact}
        )
        changes.records.update("contact", contact, {"jobtitle": "Chief"})
        changes.records.update("account", account, {"fax": "1"})
    check.equal("references", (contact, account), ("$1", "$2"))
    result = batch.execute()
    check.equal("statuses", [a.status_code for a in result.responses], [204] * 4)
    check.equal("content ids", [a.content_id for a in result.responses], ["1", "2", "3", "4"])
    person, firm = (answer.entity_id for answer in result.responses[:2])
    found = client.records.retrieve("account", firm, expand=["primarycontactid($select=jobtitle)"])
    check.equal("bound by reference", found["_primarycontactid_value"], person)
    check.equal("updated by reference", found["primarycontactid"]["jobtitle"], "Chief")
    check.equal("both updates count", found["fax"], "1")


def a_failed_change_set_leaves_nothing(environment, check):
    client = environment.client
    batch = client.batch.new()
    with batch.changeset() as changes:
        changes.records.create("contact", {"lastname": "R-Lost"})
        changes.records.update("contact", UNKNOWN_ID, {"jobtitle": "x"})
        changes.records.create("contact", {"lastname": "R-Never"})
    result = batch.execute(continue_on_error=True)
    check.equal("one answer for the set", len(result.responses), 1)
    check.equal("which operation failed", result.responses[0].content_id, "2")
    check.equal("failed", result.has_errors, True)
    check.equal("status", result.responses[0].status_code, 404)
    check.equal("code", result.responses[0].error_code, "0x80040217")
    check.holds("message", UNKNOWN_ID in result.responses[0].error_message)
    check.equal("rows", (_named(client, "R-Lost"), _named(client, "R-Never")), (0, 0))


def the_first_error_stops_a_batch(environment, check):
    client = environment.client
    batch = client.batch.new()
    batch.records.create("contact", {"lastname": "S-Before"})
    batch.records.create("contact", {"lastname": "x" * 51})
    batch.records.create("contact", {"lastname": "S-After"})
    result = batch.execute()
    check.equal("statuses", [a.status_code for a in result.responses], [204, 400])
    check.equal("counts", (len(result.succeeded), len(result.failed)), (1, 1))
    check.equal("rows", (_named(client, "S-Before"), _named(client, "S-After")), (1, 0))
    batch = client.batch.new()
    batch.records.delete("contact", UNKNOWN_ID)
    # The status of the first error is the status of the batch, and this client reads 400 only.
    error = check.raises("any other status than 400", HttpError, batch.execute)
    check.equal("status", error.status_code, 404)


def errors_can_be_passed_over(environment, check):
    client = environment.client
    batch = client.batch.new()
    with batch.changeset() as changes:
        changes.records.create("contact", {"lastname": "T-1"})
    batch.records.retrieve("contact", UNKNOWN_ID)
    with batch.changeset() as changes:
        changes.records.create("contact", {"lastname": "T-2"})
        changes.records.create("contact", {"lastname": "y" * 51})
    with batch.changeset() as changes:
        reference = changes.records.create("contact", {"lastname": "T-3"})
        changes.records.update("contact", reference, {"jobtitle": "last"})
    check.equal("content ids go on counting", reference, "$4")
    result = batch.execute(continue_on_error=True)
    statuses = [answer.status_code for answer in result.responses]
    check.equal("statuses", statuses, [204, 404, 400, 204, 204])
    check.equal("code", result.responses[2].error_code, "0x80044331")
    check.equal("content ids", [a.content_id for a in result.responses[3:]], ["4", "5"])
    kept = [_named(client, f"T-{n}") for n in (1, 2, 3)]
    check.equal("rows", kept, [1, 0, 1])


def upserts_in_a_batch(environment, check):
    client = environment.client
    client.tables.create("new_BatchKey", {"new_Code": "string"})
    client.tables.create_alternate_key("new_BatchKey", "new_BatchKeyKey", ["new_code"])

    def item(code):
        return UpsertItem(alternate_key={"new_code": code}, record={"new_name": f"name {code}"})

    batch = client.batch.new()
    batch.records.upsert("new_BatchKey", [item("1")])
    batch.records.upsert("new_BatchKey", [item("1"), item("2")])
    result = batch.execute()
    statuses = [answer.status_code for answer in result.responses]
    check.holds("all succeed", not result.has_errors, statuses)
    check.equal("rows", len(client.records.list("new_batchkey")), 2)


def tables_are_changed_in_a_batch(environment, check):
    client = environment.client
    batch = client.batch.new()
    batch.tables.create("new_InBatch", {"new_Size": "int"})
    batch.tables.list(filter="LogicalName eq 'contact'", select=["LogicalName"])
    result = batch.execute()
    check.holds("all succeed", not result.has_errors, [r.error_message for r in result.responses])
    check.equal("list", [t["LogicalName"] for t in result.responses[1].data["value"]], ["contact"])
    batch = client.batch.new()
    batch.tables.add_columns("new_InBatch", {"new_A": "string", "new_B": "bool"})
    batch.tables.create_lookup_field("new_inbatch", "new_FirmId", "account")
    result = batch.execute()
    check.holds("all succeed", not result.has_errors, [r.error_message for r in result.responses])
    check.equal("one answer a column", len(result.responses), 3)
    relationship = result.responses[2].entity_id
    batch = client.batch.new()
    batch.tables.get_relationship("account_new_inbatch_new_FirmId")
    batch.tables.remove_columns("new_InBatch", ["new_A"])
    batch.tables.delete_relationship(relationship)
    batch.tables.delete("new_InBatch")
    result = batch.execute()
    check.holds("all succeed", not result.has_errors, [r.error_message for r in result.responses])
    found = result.responses[0].data["value"]
    check.equal("relationship", [r["MetadataId"] for r in found], [relationship])
    check.holds("the table is gone", client.tables.get("new_InBatch") is None)


def a_large_batch_and_one_that_is_too_large(environment, check):
    client = environment.client
    batch = client.batch.new()
    for number in range(300):
        batch.records.create("contact", {"lastname": f"L-{number}"})
    result = batch.execute()
    check.equal("ids", len(set(result.entity_ids)), 300)
    batch = client.batch.new()
    for _ in range(1001):
        batch.records.create("contact", {"lastname": "L-"})
    check.raises("the client refuses more than 1000", ValidationError, batch.execute)
    check.equal("an empty batch", len(client.batch.new().execute().responses), 0)


def a_refused_batch_raises(environment, check):
    client = environment.client
    batch = client.batch.new()
    batch.records.create("contact", {"lastname": "Refused"})
    environment.plant(path_contains="$batch", kind="status", status=400, code="0x80048d19")
    error = check.raises("bad batch", HttpError, batch.execute)
    check.holds("message", error.message.startswith("Batch request rejected"), error.message)
    check.equal("code", error.details.get("service_error_code"), "0x80048d19")
    check.equal("status", error.status_code, 400)
    environment.plant(
        path_contains="$batch", kind="status", status=429, code="0x80072322", retry_after=7
    )
    error = check.raises("throttled batch", HttpError, batch.execute)
    check.equal("status", error.status_code, 429)
    check.equal("pause", error.details.get("retry_after"), 7)
    check.equal("nothing was made", _named(client, "Refused"), 0)
    environment.plant(inner=True, method="POST", kind="status", status=429, code="0x80072322")
    result = batch.execute(continue_on_error=True)
    check.equal("a throttled part", [a.status_code for a in result.responses], [429])
    check.equal("its code", result.responses[0].error_code, "0x80072322")


SCENARIOS = [
    independent_operations_answer_in_order,
    many_rows_are_one_operation_each,
    a_change_set_refers_to_its_own_rows,
    a_failed_change_set_leaves_nothing,
    the_first_error_stops_a_batch,
    errors_can_be_passed_over,
    upserts_in_a_batch,
    tables_are_changed_in_a_batch,
    a_large_batch_and_one_that_is_too_large,
    a_refused_batch_raises,
]
