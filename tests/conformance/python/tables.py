"""`client.tables`: tables, columns and alternate keys, made, inspected and removed."""

import re
from enum import IntEnum

from PowerPlatform.Dataverse.core.errors import HttpError, MetadataError

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Colour(IntEnum):
    """A local choice; the client makes its options from the members."""

    RED = 100000000
    BLUE = 100000001


Colour.__labels__ = {1033: {"RED": "Crimson red"}}

COLUMNS = {
    "new_Title": "string",
    "new_Story": {"type": "memo", "max_length": 500},
    "new_Size": {"type": "int", "min_value": 0, "max_value": 10},
    "new_Price": "decimal",
    "new_Weight": "float",
    "new_Day": "datetime",
    "new_Open": "bool",
    "new_Colour": Colour,
}


def a_table_with_every_kind_of_column(environment, check):
    client = environment.client
    made = client.tables.create("new_Widget", COLUMNS, display_name="Widget")
    check.equal("logical name", made.logical_name, "new_widget")
    check.equal("entity set", made.entity_set_name, "new_widgets")
    check.equal("key", made.primary_id_attribute, "new_widgetid")
    check.equal("name column", made.primary_name_attribute, "new_name")
    check.holds("metadata id", GUID.fullmatch(made.metadata_id), made.metadata_id)
    check.equal("columns", made.columns_created, list(COLUMNS))
    row = client.records.create(
        "new_Widget",
        {
            "new_Name": "One",
            "new_Title": "t" * 200,
            "new_Story": "line 1\nline 2",
            "new_Size": 10,
            "new_Price": 12.25,
            "new_Weight": 0.5,
            "new_Day": "2026-01-09",
            "new_Open": True,
            "new_Colour": "crimson RED",
        },
    )
    found = client.records.retrieve("new_widget", row, include_annotations="*")
    check.equal("text", found["new_title"], "t" * 200)
    check.equal("several lines", found["new_story"], "line 1\nline 2")
    check.equal("whole number", found["new_size"], 10)
    check.equal("decimal number", found["new_price"], 12.25)
    check.equal("floating number", found["new_weight"], 0.5)
    check.holds("day", found["new_day"].startswith("2026-01-09"), found["new_day"])
    check.equal("flag", found["new_open"], True)
    check.equal("choice", found["new_colour"], Colour.RED.value)
    label = found["new_colour@OData.Community.Display.V1.FormattedValue"]
    check.equal("label of the choice", label, "Crimson red")
    check.equal("state", found["statecode"], 0)
    for what, change, code in [
        ("text too long", {"new_title": "t" * 201}, "0x80044331"),
        ("memo too long", {"new_story": "t" * 501}, "0x80044331"),
        ("choice out of range", {"new_colour": 5}, "0x8004431a"),
    ]:
        error = check.raises(
            what, HttpError, lambda change=change: client.records.update("new_widget", row, change)
        )
        check.equal(f"{what}: code", error.details.get("service_error_code"), code)
    error = check.raises(
        "number out of range",
        HttpError,
        lambda: client.records.update("new_widget", row, {"new_size": 11}),
    )
    check.equal("status", error.status_code, 400)


def a_file_column_is_defined(environment, check):
    client = environment.client
    client.tables.create("new_Dossier", {"new_Paper": "file"})
    column = client.tables.get_column("new_Dossier", "new_Paper")
    check.equal("type", column["AttributeTypeName"]["Value"], "FileType")
    row = client.records.create("new_Dossier", {"new_name": "No file yet"})
    found = client.records.retrieve("new_dossier", row, select=["new_paper"])
    check.holds("no file", found["new_paper"] is None, found.data)


def a_table_is_inspected(environment, check):
    client = environment.client
    found = client.tables.get("new_Widget")
    check.equal("schema name", found.schema_name, "new_Widget")
    check.equal("as a mapping", found["entity_set_name"], "new_widgets")
    check.equal("a standard table", client.tables.get("PhoneCall").entity_set_name, "phonecalls")
    check.holds("no such table", client.tables.get("new_Nothing") is None)
    names = {table["LogicalName"] for table in client.tables.list()}
    check.holds("all tables", {"contact", "phonecall", "new_widget"} <= names, names)
    mine = client.tables.list(
        filter="startswith(SchemaName, 'new_W')", select=["LogicalName", "EntitySetName"]
    )
    check.equal("some tables", [table["LogicalName"] for table in mine], ["new_widget"])
    check.holds("selected members only", "SchemaName" not in mine[0], mine[0])
    error = check.raises(
        "the same table again", MetadataError, lambda: client.tables.create("new_Widget", {})
    )
    check.equal("its subcode", error.subcode, "metadata_table_already_exists")


def columns_are_inspected(environment, check):
    client = environment.client
    columns = {column["LogicalName"]: column for column in client.tables.list_columns("new_Widget")}
    kinds = {name: columns[name]["AttributeType"] for name in columns if name.startswith("new_")}
    expected = {
        "new_widgetid": "Uniqueidentifier",
        "new_name": "String",
        "new_title": "String",
        "new_story": "Memo",
        "new_size": "Integer",
        "new_price": "Decimal",
        "new_weight": "Double",
        "new_day": "DateTime",
        "new_open": "Boolean",
        "new_colour": "Picklist",
    }
    for name, kind in expected.items():
        check.equal(f"type of {name}", kinds.get(name), kind)
    check.holds(
        "system columns", {"ownerid", "createdon", "statecode", "statuscode"} <= set(columns)
    )
    texts = client.tables.list_columns(
        "new_Widget",
        filter="AttributeType eq Microsoft.Dynamics.CRM.AttributeTypeCode'Memo'",
        select=["LogicalName"],
    )
    check.equal("filtered by type", [column["LogicalName"] for column in texts], ["new_story"])
    one = client.tables.get_column("new_widget", "new_Title")
    check.equal("one column", (one["SchemaName"], one["MaxLength"]), ("new_Title", 200))
    check.equal("its type", one["@odata.type"], "#Microsoft.Dynamics.CRM.StringAttributeMetadata")
    check.holds("no such column", client.tables.get_column("new_widget", "new_no") is None)
    typed = client.tables.get_column("new_Widget", "new_Size", typed=True)
    check.equal("range, read typed", (typed["MinValue"], typed["MaxValue"]), (0, 10))
    typed = {c["LogicalName"]: c for c in client.tables.list_columns("new_Widget", typed=True)}
    check.equal("length, read typed", typed["new_story"]["MaxLength"], 500)
    check.raises(
        "columns of no table", MetadataError, lambda: client.tables.list_columns("new_Nothing")
    )


def columns_are_added_and_removed(environment, check):
    client = environment.client
    added = client.tables.add_columns("new_Widget", {"new_Extra": "string", "new_More": "int"})
    check.equal("added", added, ["new_Extra", "new_More"])
    row = client.records.create("new_Widget", {"new_name": "E", "new_extra": "x", "new_more": 3})
    found = client.records.list("new_widget", filter="new_extra eq 'x' and new_more eq 3")
    check.equal("usable at once", [r["new_widgetid"] for r in found], [row])
    error = check.raises(
        "the same column again",
        HttpError,
        lambda: client.tables.add_columns("new_Widget", {"new_Extra": "string"}),
    )
    check.holds(
        "its code",
        error.details.get("service_error_code") in ("0x80044153", "0x80047013", "0x80060304"),
        error.details,
    )
    removed = client.tables.remove_columns("new_Widget", ["new_Extra", "new_More"])
    check.equal("removed", removed, ["new_Extra", "new_More"])
    check.holds("gone", client.tables.get_column("new_Widget", "new_Extra") is None)
    error = check.raises(
        "use of a removed column",
        HttpError,
        lambda: client.records.list("new_widget", select=["new_extra"]),
    )
    check.equal("status", error.status_code, 400)
    check.raises(
        "removed twice",
        MetadataError,
        lambda: client.tables.remove_columns("new_Widget", "new_Extra"),
    )


def columns_are_changed(environment, check):
    client = environment.client
    spec = {"max_length": 300, "display_name": "Heading", "required": "ApplicationRequired"}
    check.equal(
        "changed", client.tables.update_column("new_Widget", "new_Title", spec), "new_Title"
    )
    column = client.tables.get_column("new_Widget", "new_title")
    check.equal("length", column["MaxLength"], 300)
    check.equal("requirement", column["RequiredLevel"]["Value"], "ApplicationRequired")
    check.equal("label", column["DisplayName"]["UserLocalizedLabel"]["Label"], "Heading")
    row = client.records.create("new_Widget", {"new_name": "Long", "new_title": "t" * 300})
    check.equal("in force", len(client.records.retrieve("new_widget", row)["new_title"]), 300)
    several = {"new_Size": {"max_value": 20}, "new_Story": {"max_length": 600}}
    check.equal(
        "several", client.tables.update_columns("new_Widget", several), ["new_Size", "new_Story"]
    )
    client.records.update("new_widget", row, {"new_size": 20})
    check.equal("wider range", client.records.retrieve("new_widget", row)["new_size"], 20)
    error = check.raises(
        "a column that is not there",
        MetadataError,
        lambda: client.tables.update_column("new_Widget", "new_No", {"max_length": 3}),
    )
    check.equal("its subcode", error.subcode, "metadata_column_not_found")


def alternate_keys_are_made_and_removed(environment, check):
    client = environment.client
    client.tables.create("new_Keyed", {"new_Country": "string", "new_Number": "int"})
    key = client.tables.create_alternate_key(
        "new_Keyed",
        "new_KeyedKey",
        ["new_country", "new_number"],
        display_name="Country and number",
    )
    check.holds("id", GUID.fullmatch(key.metadata_id or ""), key.metadata_id)
    check.equal("status at first", key.status, "Pending")
    keys = client.tables.get_alternate_keys("new_Keyed")
    check.equal("names", [found.schema_name for found in keys], ["new_KeyedKey"])
    check.equal("columns", sorted(keys[0].key_attributes), ["new_country", "new_number"])
    check.equal("status", keys[0].status, "Active")
    check.equal("its id", keys[0].metadata_id, key.metadata_id)
    item = {"alternate_key": {"new_country": "FI", "new_number": 7}, "record": {"new_name": "x"}}
    client.records.upsert("new_Keyed", [item])
    client.records.upsert("new_Keyed", [item])
    check.equal("one row for one key", len(client.records.list("new_keyed")), 1)
    found = client.records.retrieve("new_Keyed", "new_country='FI',new_number=7")
    check.equal("read by key", found["new_name"], "x")
    missing = client.records.retrieve("new_Keyed", "new_country='SE',new_number=7")
    check.holds("read by a key that no row has", missing is None, missing)
    client.tables.delete_alternate_key("new_Keyed", key.metadata_id)
    check.equal("deleted", client.tables.get_alternate_keys("new_Keyed"), [])
    check.raises(
        "keys of no table", MetadataError, lambda: client.tables.get_alternate_keys("new_Nothing")
    )


def a_table_is_deleted(environment, check):
    client = environment.client
    client.tables.delete("new_Widget")
    check.holds("gone", client.tables.get("new_Widget") is None)
    error = check.raises(
        "its rows", HttpError, lambda: client.records.list("new_widget", select=["new_name"])
    )
    check.equal("status", error.status_code, 404)
    check.equal("code", error.details.get("service_error_code"), "0x8006088a")
    error = check.raises("deleted twice", MetadataError, lambda: client.tables.delete("new_Widget"))
    check.equal("subcode", error.subcode, "metadata_table_not_found")
    fresh = environment.connect(environment.credential)
    check.raises(
        "a client that never saw it",
        MetadataError,
        lambda: fresh.records.create("new_Widget", {"new_name": "x"}),
    )
    client.tables.create("new_Widget", {"new_Other": "string"})
    check.equal("made again, empty", len(client.records.list("new_widget")), 0)


SCENARIOS = [
    a_table_with_every_kind_of_column,
    a_file_column_is_defined,
    a_table_is_inspected,
    columns_are_inspected,
    columns_are_added_and_removed,
    columns_are_changed,
    alternate_keys_are_made_and_removed,
    a_table_is_deleted,
]
