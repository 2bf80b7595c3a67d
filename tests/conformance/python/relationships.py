"""`client.tables`: lookups and relationships, made, inspected, used and removed."""

import re

from PowerPlatform.Dataverse.core.errors import HttpError
from PowerPlatform.Dataverse.models import (
    CascadeConfiguration,
    Label,
    LocalizedLabel,
    LookupAttributeMetadata,
    ManyToManyRelationshipMetadata,
    OneToManyRelationshipMetadata,
)

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _label(text):
    return Label(localized_labels=[LocalizedLabel(label=text, language_code=1033)])


def a_lookup_column_is_made_and_used(environment, check):
    client = environment.client
    client.tables.create("new_Visit", {"new_Purpose": "string"})
    made = client.tables.create_lookup_field(
        "new_Visit", "new_HostId", "contact", display_name="Host", description="Who is visited"
    )
    check.holds("id", GUID.fullmatch(made.relationship_id or ""), made)
    check.equal("name", made.relationship_schema_name, "contact_new_visit_new_HostId")
    contact = client.records.create("contact", {"lastname": "Host"})
    visit = client.records.create(
        "new_Visit", {"new_name": "First", "new_HostId@odata.bind": f"/contacts({contact})"}
    )
    found = client.records.retrieve("new_visit", visit, expand=["new_HostId($select=lastname)"])
    check.equal("value", found["_new_hostid_value"], contact)
    check.equal("expanded", found["new_HostId"]["lastname"], "Host")
    error = check.raises(
        "the bind name is case-sensitive",
        HttpError,
        lambda: client.records.create(
            "new_Visit", {"new_name": "x", "new_hostid@odata.bind": f"/contacts({contact})"}
        ),
    )
    check.equal("its code", error.details.get("service_error_code"), "0x80048d19")
    listed = client.records.list("new_visit", filter=f"_new_hostid_value eq {contact}")
    check.equal("filtered by the lookup", [row["new_visitid"] for row in listed], [visit])
    column = client.tables.get_column("new_Visit", "new_HostId")
    check.equal(
        "kind of the column", (column["AttributeType"], column["Targets"]), ("Lookup", ["contact"])
    )
    client.records.delete("contact", contact)
    found = client.records.retrieve("new_visit", visit, select=["_new_hostid_value"])
    check.holds("the link is removed with its target", found["_new_hostid_value"] is None, found)


def a_lookup_on_an_activity_has_a_suffix(environment, check):
    client = environment.client
    client.tables.create("new_Campaign", {})
    client.tables.create_lookup_field("phonecall", "new_CampaignId", "new_Campaign")
    campaign = client.records.create("new_Campaign", {"new_name": "Spring"})
    bind = {"new_CampaignId_PhoneCall@odata.bind": f"/new_campaigns({campaign})"}
    call = client.records.create("phonecall", {"subject": "Campaign call", **bind})
    found = client.records.retrieve("phonecall", call, select=["_new_campaignid_value"])
    check.equal("bound with the suffix", found["_new_campaignid_value"], campaign)
    expands = client.query.odata_expands("phonecall")
    names = [e["nav_property"] for e in expands if e["lookup_attribute"] == "new_campaignid"]
    check.equal("discovered", names, ["new_CampaignId_PhoneCall"])


def a_one_to_many_relationship(environment, check):
    client = environment.client
    for name in ("new_Department", "new_Employee"):
        client.tables.create(name, {})
    made = client.tables.create_one_to_many_relationship(
        LookupAttributeMetadata(
            schema_name="new_DepartmentId",
            display_name=_label("Department"),
            required_level="ApplicationRequired",
        ),
        OneToManyRelationshipMetadata(
            schema_name="new_Department_Employee",
            referenced_entity="new_department",
            referencing_entity="new_employee",
            referenced_attribute="new_departmentid",
            cascade_configuration=CascadeConfiguration(delete="Cascade"),
        ),
    )
    found = client.tables.get_relationship("new_Department_Employee")
    check.equal("id", found.relationship_id, made.relationship_id)
    check.equal("kind", found.relationship_type, "one_to_many")
    ends = (found.referenced_entity, found.referencing_entity)
    check.equal("ends", ends, ("new_department", "new_employee"))
    check.equal("navigation property", found.lookup_schema_name, "new_DepartmentId")
    department = client.records.create("new_Department", {"new_name": "Sales"})
    for name in ("Ann", "Ben"):
        client.records.create(
            "new_Employee",
            {
                "new_name": name,
                "new_DepartmentId@odata.bind": f"/new_departments({department})",
            },
        )
    row = client.records.retrieve(
        "new_Department",
        department,
        expand=["new_Department_Employee($select=new_name;$orderby=new_name)"],
    )
    names = [employee["new_name"] for employee in row["new_Department_Employee"]]
    check.equal("collection", names, ["Ann", "Ben"])
    client.records.delete("new_Department", department)
    left = len(client.records.list("new_employee"))
    check.equal("deletion cascades", left, 0)
    client.tables.delete_relationship(made.relationship_id)
    check.holds("deleted", client.tables.get_relationship("new_Department_Employee") is None)
    column = client.tables.get_column("new_Employee", "new_DepartmentId")
    check.holds("its column is gone", column is None, column)


def a_many_to_many_relationship(environment, check):
    client = environment.client
    client.tables.create("new_Project", {})
    made = client.tables.create_many_to_many_relationship(
        ManyToManyRelationshipMetadata(
            schema_name="new_project_contact",
            entity1_logical_name="new_project",
            entity2_logical_name="contact",
        )
    )
    found = client.tables.get_relationship("new_project_contact")
    check.equal("id", found.relationship_id, made.relationship_id)
    check.equal("kind", found.relationship_type, "many_to_many")
    ends = (found.entity1_logical_name, found.entity2_logical_name)
    check.equal("ends", ends, ("new_project", "contact"))
    row = client.records.create("new_Project", {"new_name": "Empty"})
    project = client.records.retrieve(
        "new_Project", row, expand=["new_project_contact($select=lastname)"]
    )
    check.equal("collection", project["new_project_contact"], [])
    client.tables.delete_relationship(made.relationship_id)
    check.holds("deleted", client.tables.get_relationship("new_project_contact") is None)
    error = check.raises(
        "expanded after that",
        HttpError,
        lambda: client.records.retrieve("new_Project", row, expand=["new_project_contact"]),
    )
    check.equal("status", error.status_code, 400)


def relationships_are_listed(environment, check):
    client = environment.client
    of_visit = client.tables.list_table_relationships("new_Visit")
    names = {found["SchemaName"] for found in of_visit}
    check.holds("of one table", "contact_new_visit_new_HostId" in names, names)
    kinds = {found["RelationshipType"] for found in of_visit}
    check.holds("their kind", "OneToManyRelationship" in kinds, kinds)
    everywhere = client.tables.list_relationships(
        filter="RelationshipType eq Microsoft.Dynamics.CRM.RelationshipType'ManyToManyRelationship'",
        select=["SchemaName"],
    )
    names = {found["SchemaName"] for found in everywhere}
    check.holds("of one kind", "systemuserroles_association" in names, names)
    check.holds("and no other", "contact_new_visit_new_HostId" not in names)
    check.holds("no such relationship", client.tables.get_relationship("new_nothing") is None)


SCENARIOS = [
    a_lookup_column_is_made_and_used,
    a_lookup_on_an_activity_has_a_suffix,
    a_one_to_many_relationship,
    a_many_to_many_relationship,
    relationships_are_listed,
]
