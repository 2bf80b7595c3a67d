//! Writes of metadata (reference, section 9; other people's clients): what is made is usable.

use serde_json::json;

use super::*;

const TYPE: &str = "Microsoft.Dynamics.CRM.";

fn label(text: &str) -> Json {
    json!({ "LocalizedLabels": [{ "Label": text, "LanguageCode": 1033 }] })
}

fn column(kind: &str, schema_name: &str) -> Json {
    json!({
        "@odata.type": format!("{TYPE}{kind}AttributeMetadata"),
        "SchemaName": schema_name,
        "DisplayName": label(schema_name),
        "RequiredLevel": { "Value": "None" },
    })
}

fn with(mut definition: Json, members: Json) -> Json {
    for (name, value) in members.as_object().unwrap() {
        definition[name] = value.clone();
    }
    definition
}

fn table(schema_name: &str, members: Json) -> Json {
    let name = column("String", "new_Name");
    let name = with(name, json!({ "IsPrimaryName": true, "MaxLength": 200 }));
    let body = json!({
        "@odata.type": format!("#{TYPE}EntityMetadata"),
        "SchemaName": schema_name,
        "DisplayName": label("Widget"),
        "DisplayCollectionName": label("Many widgets"),
        "Description": label("Something made"),
        "OwnershipType": "UserOwned",
        "HasNotes": true,
        "Attributes": [name],
    });
    with(body, members)
}

/// An environment with the table `new_widget`.
fn workshop() -> Environment {
    let environment = Environment::new();
    environment.post("EntityDefinitions", table("new_Widget", json!({}))).ok(204);
    environment
}

const WIDGETS: &str = "EntityDefinitions(LogicalName='new_widget')";

impl Environment {
    fn delete(&self, url: &str) -> Answer {
        self.send("DELETE", url, &[("If-Match", "*")], None)
    }

    fn put(&self, url: &str, body: Json) -> Answer {
        self.send("PUT", url, &[("MSCRM.MergeLabels", "true")], Some(body))
    }

    #[track_caller]
    fn add_column(&self, definition: Json) {
        self.post(&format!("{WIDGETS}/Attributes"), definition).ok(204);
    }

    #[track_caller]
    fn widget(&self, members: Json) -> String {
        id_of(&self.post("new_widgets", members).ok(204))
    }
}

#[track_caller]
fn id_of(answer: &Answer) -> String {
    let address = answer.header("odata-entityid");
    let (_, id) = address.rsplit_once('(').unwrap();
    id.trim_end_matches(')').to_owned()
}

#[test]
fn a_table_that_was_made_is_a_table_like_any_other() {
    let environment = Environment::new();
    let body = table("new_Widget", json!({ "ChangeTrackingEnabled": true }));
    let made = environment.post("EntityDefinitions", body).ok(204);
    let definition = environment
        .get(&format!("EntityDefinitions({})?$expand=Attributes", id_of(&made)))
        .ok(200)
        .json();
    for (name, value) in [
        ("LogicalName", json!("new_widget")),
        ("SchemaName", json!("new_Widget")),
        ("EntitySetName", json!("new_widgets")),
        ("PrimaryIdAttribute", json!("new_widgetid")),
        ("PrimaryNameAttribute", json!("new_name")),
        ("OwnershipType", json!("UserOwned")),
        ("ChangeTrackingEnabled", json!(true)),
        ("IsCustomEntity", json!(true)),
        ("HasNotes", json!(true)),
    ] {
        assert_eq!(definition[name], value, "{name}");
    }
    assert_eq!(definition["DisplayCollectionName"]["UserLocalizedLabel"]["Label"], "Many widgets");
    let names: Vec<&str> = definition["Attributes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|attribute| attribute["LogicalName"].as_str())
        .collect();
    for name in ["new_widgetid", "new_name", "statecode", "statuscode", "ownerid", "createdon"] {
        assert!(names.contains(&name), "{name}");
    }
    let id = environment.widget(json!({ "new_name": "One" }));
    let row = environment.get(&format!("new_widgets({id})")).ok(200).json();
    assert_eq!((&row["new_name"], &row["statuscode"]), (&json!("One"), &json!(1)));
    assert_eq!(row["_ownerid_value"], APPLICATION.to_string());
    assert_eq!(environment.get("new_widgets?$filter=startswith(new_name,'on')").rows().len(), 1);
    environment.patch(&format!("new_widgets({id})"), json!({ "statecode": 1 })).ok(204);
    let track = [("Prefer", "odata.track-changes")];
    let changes = environment.send("GET", "new_widgets?$select=new_name", &track, None).ok(200);
    assert!(changes.json()["@odata.deltaLink"].is_string(), "{}", changes.text);
    assert!(environment.get("").text.contains("new_widgets"));
}

#[test]
fn a_table_of_the_organisation_has_no_owner() {
    let environment = Environment::new();
    let body = table("new_Rule", json!({ "OwnershipType": "OrganizationOwned" }));
    environment.post("EntityDefinitions", body).ok(204);
    let id = id_of(&environment.post("new_rules", json!({ "new_name": "x" })).ok(204));
    let row = environment.get(&format!("new_rules({id})")).json();
    assert!(row.get("_ownerid_value").is_none(), "{row}");
}

#[test]
fn bad_tables_are_refused() {
    let environment = workshop();
    let check = |body: Json, status: u16, code: &str| {
        let before = environment.get("EntityDefinitions").text;
        environment.post("EntityDefinitions", body).refused(status, code);
        assert_eq!(environment.get("EntityDefinitions").text, before);
    };
    check(table("new_Widget", json!({})), 400, "0x80060304");
    check(table("new_WIDGET", json!({})), 400, "0x80060304");
    check(table("Widget", json!({})), 400, "0x80040203");
    check(table("mscrmx_Widget", json!({})), 400, "0x80040203");
    check(table("new_Other", json!({ "OwnershipType": "Nobody" })), 400, "0x80040203");
    check(table("new_Other", json!({ "Attributes": [] })), 400, "0x80040203");
    check(table("new_Other", json!({ "DisplayName": "no label" })), 400, "0x80040203");
    check(table("new_Other", json!({ "IsActivity": true })), 501, "0x80060888");
    let twice = [column("String", "new_A"), column("String", "new_A")];
    check(table("new_Other", json!({ "Attributes": twice })), 400, "0x80047013");
    environment.patch(WIDGETS, json!({})).refused(405, "0x0");
    environment.delete("EntityDefinitions(LogicalName='contact')").refused(400, "0x80040203");
    environment.delete("EntityDefinitions(LogicalName='nope')").refused(404, "0x80040217");
}

#[test]
fn entities_are_created_all_or_none() {
    let environment = workshop();
    let one = |name: &str| {
        let mut body = table(name, json!({}));
        body["@odata.type"] = json!(format!("{TYPE}ComplexEntityMetadata"));
        body["Attributes"][0]["@odata.type"] =
            json!(format!("{TYPE}ComplexStringAttributeMetadata"));
        body
    };
    let both = json!({ "Entities": [one("new_First"), one("new_Widget")] });
    environment.post("CreateEntities", both).refused(400, "0x80060304");
    environment.get("new_firsts").refused(404, "0x8006088a");
    let first = json!({ "Entities": [one("new_First")] });
    environment.post("CreateEntities?SolutionUniqueName=Default", first).ok(200);
    assert!(environment.get("new_firsts").rows().is_empty());
    let second = json!({ "Entities": [one("new_Second")] });
    environment.post("CreateEntities?SolutionUniqueName=Nope", second).refused(400, "0x80040203");
}

#[test]
fn columns_of_every_kind_hold_their_values_to_their_limits() {
    let environment = workshop();
    let options = json!([
        { "Value": 100_000_000, "Label": label("Red") },
        { "Label": label("Blue") },
    ]);
    let sides = json!({
        "TrueOption": { "Value": 1, "Label": label("Open") },
        "FalseOption": { "Value": 0, "Label": label("Shut") },
    });
    for definition in [
        with(column("String", "new_Title"), json!({ "MaxLength": 5 })),
        with(column("Memo", "new_Story"), json!({ "MaxLength": 10 })),
        with(column("Integer", "new_Size"), json!({ "MinValue": 0, "MaxValue": 9 })),
        with(column("Decimal", "new_Price"), json!({ "MinValue": 0, "MaxValue": 9.5 })),
        column("Double", "new_Weight"),
        column("Money", "new_Cost"),
        with(column("Boolean", "new_Open"), json!({ "OptionSet": sides, "DefaultValue": true })),
        with(column("DateTime", "new_At"), json!({ "Format": "DateAndTime" })),
        with(
            column("DateTime", "new_Day"),
            json!({ "Format": "DateOnly", "DateTimeBehavior": { "Value": "DateOnly" } }),
        ),
        with(
            column("Picklist", "new_Colour"),
            json!({ "OptionSet": { "IsGlobal": false, "Options": options } }),
        ),
        column("File", "new_File"),
    ] {
        environment.add_column(definition);
    }
    let row = json!({
        "new_title": "five5", "new_story": "a\nb", "new_size": 9, "new_price": 1.25,
        "new_weight": 0.5, "new_cost": 3, "new_at": "2026-01-09T10:00:00Z",
        "new_day": "2026-01-09", "new_colour": 100_000_001,
    });
    let id = environment.widget(row.clone());
    let stored = environment.get(&format!("new_widgets({id})")).ok(200).json();
    for (name, value) in row.as_object().unwrap() {
        if name != "new_cost" {
            assert_eq!(stored[name], *value, "{name}");
        }
    }
    assert_eq!(stored["new_cost"].as_f64(), Some(3.0));
    assert_eq!(stored["new_open"], true);
    let check = |body: Json, code: &str| environment.post("new_widgets", body).refused(400, code);
    check(json!({ "new_title": "sixsix" }), "0x80044331");
    check(json!({ "new_story": "01234567890" }), "0x80044331");
    check(json!({ "new_size": 10 }), "0x80044330");
    check(json!({ "new_price": 9.6 }), "0x80044330");
    check(json!({ "new_colour": 7 }), "0x8004431a");
    check(json!({ "new_day": "2026-01-09T10:00:00Z" }), "0x80048d19");
    for filter in ["new_day eq 2026-01-09", "new_weight lt 1", "new_cost eq 3", "new_open eq true"]
    {
        assert_eq!(environment.get(&format!("new_widgets?$filter={filter}")).rows().len(), 1);
    }
    let annotated = [("Prefer", "odata.include-annotations=\"*\"")];
    let shown = environment.send("GET", &format!("new_widgets({id})"), &annotated, None).json();
    for (name, text) in [("new_colour", "Blue"), ("new_open", "Open"), ("new_day", "1/9/2026")] {
        assert_eq!(shown[format!("{name}@OData.Community.Display.V1.FormattedValue")], text);
    }
    let kinds: Vec<String> = environment
        .get(&format!("{WIDGETS}/Attributes?$filter=startswith(LogicalName,'new_')"))
        .rows()
        .iter()
        .map(|row| row["@odata.type"].as_str().unwrap().to_owned())
        .collect();
    assert!(kinds.contains(&format!("#{TYPE}FileAttributeMetadata")), "{kinds:?}");
}

#[test]
fn bad_columns_are_refused() {
    let environment = workshop();
    let check = |definition: Json, status: u16, code: &str| {
        environment.post(&format!("{WIDGETS}/Attributes"), definition).refused(status, code);
    };
    check(column("String", "new_Name"), 400, "0x80047013");
    check(column("String", "new_widgetid"), 400, "0x80047013");
    check(column("String", "Title"), 400, "0x80040203");
    check(column("Nope", "new_X"), 501, "0x80060888");
    check(column("Lookup", "new_X"), 400, "0x80040203");
    check(json!({ "SchemaName": "new_X" }), 400, "0x80040203");
    check(with(column("String", "new_X"), json!({ "MaxLength": 4001 })), 400, "0x80040203");
    check(with(column("String", "new_X"), json!({ "MaxLength": 0 })), 400, "0x80040203");
    check(
        with(column("Integer", "new_X"), json!({ "MinValue": 2, "MaxValue": 1 })),
        400,
        "0x80040203",
    );
    let unknown =
        json!({ "GlobalOptionSet@odata.bind": "/GlobalOptionSetDefinitions(Name='no_x')" });
    check(with(column("Picklist", "new_X"), unknown), 404, "0x80040217");
    environment
        .post("EntityDefinitions(LogicalName='nope')/Attributes", column("String", "new_X"))
        .refused(404, "0x80040217");
}

#[test]
fn a_column_is_changed_as_a_whole() {
    let environment = workshop();
    environment.add_column(with(column("String", "new_Title"), json!({ "MaxLength": 5 })));
    let one = format!("{WIDGETS}/Attributes(LogicalName='new_title')");
    let cast = format!("{one}/{TYPE}StringAttributeMetadata");
    let mut definition = environment.get(&cast).ok(200).json();
    definition["MaxLength"] = json!(6);
    definition["DisplayName"] = label("Heading");
    definition["RequiredLevel"] = json!({ "Value": "ApplicationRequired" });
    let id = definition["MetadataId"].as_str().unwrap().to_owned();
    environment.widget(json!({ "new_title": "five5" }));
    let url = format!("{WIDGETS}/Attributes({id})/{TYPE}StringAttributeMetadata");
    environment.put(&url, definition).ok(204);
    let changed = environment.get(&cast).json();
    assert_eq!(changed["MaxLength"], 6);
    assert_eq!(changed["DisplayName"]["UserLocalizedLabel"]["Label"], "Heading");
    assert_eq!(changed["RequiredLevel"]["Value"], "ApplicationRequired");
    environment.widget(json!({ "new_title": "sixsix" }));
    assert_eq!(environment.get("new_widgets?$filter=new_title eq 'five5'").rows().len(), 1);
    let other = column("Memo", "new_Title");
    environment.put(&one, other).refused(400, "0x80040203");
}

#[test]
fn a_deleted_column_leaves_the_values_of_the_others() {
    let environment = workshop();
    environment.add_column(column("String", "new_First"));
    environment.add_column(column("String", "new_Second"));
    let id = environment.widget(json!({ "new_first": "1", "new_second": "2" }));
    let found = environment.get(&format!(
        "{WIDGETS}/Attributes?$select=MetadataId&$filter=LogicalName eq 'new_first'"
    ));
    let first = found.rows()[0]["MetadataId"].as_str().unwrap().to_owned();
    environment.delete(&format!("{WIDGETS}/Attributes({first})")).ok(204);
    environment.get("new_widgets?$select=new_first").refused(400, "0x0");
    let row = environment.get(&format!("new_widgets({id})")).ok(200).json();
    assert_eq!(row["new_second"], "2");
    assert_eq!(row["_ownerid_value"], APPLICATION.to_string());
    assert!(row.get("new_first").is_none());
    for name in ["new_name", "new_widgetid", "createdon"] {
        environment
            .delete(&format!("{WIDGETS}/Attributes(LogicalName='{name}')"))
            .refused(400, "0x80040203");
    }
    environment.delete(&format!("{WIDGETS}/Attributes({first})")).refused(404, "0x80040217");
}

#[test]
fn a_key_finds_and_protects_rows() {
    let environment = workshop();
    environment.add_column(column("String", "new_Code"));
    let one = environment.widget(json!({ "new_code": "Å1" }));
    let by_key = "new_widgets(new_code='å1')";
    environment.get(by_key).refused(400, "0x80060890");
    let key = json!({ "SchemaName": "new_CodeKey", "DisplayName": label("Code"),
        "KeyAttributes": ["new_code"] });
    let made = environment.post(&format!("{WIDGETS}/Keys"), key.clone()).ok(204);
    let shown = environment.get(&format!("{WIDGETS}/Keys")).rows().remove(0);
    assert_eq!(
        (&shown["SchemaName"], &shown["EntityKeyIndexStatus"], &shown["KeyAttributes"]),
        (&json!("new_CodeKey"), &json!("Active"), &json!(["new_code"]))
    );
    assert_eq!(environment.get(by_key).ok(200).json()["new_widgetid"], one);
    environment.post("new_widgets", json!({ "new_code": "å1" })).refused(412, "0x80060892");
    environment.get("new_widgets(new_code='no')").refused(404, "0x80060891");
    environment.patch("new_widgets(new_code='new')", json!({ "new_name": "n" })).ok(204);
    environment.post(&format!("{WIDGETS}/Keys"), key).refused(400, "0x80060893");
    let same = json!({ "SchemaName": "new_Other", "KeyAttributes": ["new_code"] });
    environment.post(&format!("{WIDGETS}/Keys"), same).refused(400, "0x80060894");
    let unknown = json!({ "SchemaName": "new_Other", "KeyAttributes": ["new_no"] });
    environment.post(&format!("{WIDGETS}/Keys"), unknown).refused(400, "0x80040203");
    environment
        .delete(&format!("{WIDGETS}/Attributes(LogicalName='new_code')"))
        .refused(400, "0x8004f01f");
    environment.delete(&format!("{WIDGETS}/Keys({})", id_of(&made))).ok(204);
    environment.get(by_key).refused(400, "0x80060890");
    environment.widget(json!({ "new_code": "å1" }));
}

#[test]
fn a_key_over_equal_rows_fails_until_it_is_built_again() {
    let environment = workshop();
    environment.widget(json!({ "new_name": "same" }));
    let second = environment.widget(json!({ "new_name": "Same" }));
    let key = json!({ "SchemaName": "new_NameKey", "KeyAttributes": ["new_name"] });
    environment.post(&format!("{WIDGETS}/Keys"), key).ok(204);
    let status = || environment.column(&format!("{WIDGETS}/Keys"), "EntityKeyIndexStatus");
    assert_eq!(status(), ["Failed"]);
    environment.get("new_widgets(new_name='same')").refused(400, "0x80060890");
    environment.widget(json!({ "new_name": "same" }));
    environment.delete(&format!("new_widgets({second})")).ok(204);
    let again = json!({ "EntityLogicalName": "new_widget", "EntityKeyLogicalName": "new_namekey" });
    environment.post("ReactivateEntityKey", again.clone()).ok(204);
    assert_eq!(status(), ["Failed"]);
    for row in environment.get("new_widgets?$top=1").rows() {
        let id = row["new_widgetid"].as_str().unwrap();
        environment.delete(&format!("new_widgets({id})")).ok(204);
    }
    environment.post("ReactivateEntityKey", again).ok(204);
    assert_eq!(status(), ["Active"]);
    environment.post("new_widgets", json!({ "new_name": "SAME" })).refused(412, "0x80060892");
}

fn lookup(name: &str, from: &str, to: &str, cascade: &str) -> Json {
    json!({
        "@odata.type": format!("{TYPE}OneToManyRelationshipMetadata"),
        "SchemaName": name,
        "ReferencedEntity": to,
        "ReferencingEntity": from,
        "CascadeConfiguration": { "Delete": cascade },
        "Lookup": {
            "@odata.type": format!("{TYPE}LookupAttributeMetadata"),
            "SchemaName": "new_HostId",
            "DisplayName": label("Host"),
        },
    })
}

#[test]
fn a_lookup_is_bound_by_its_schema_name() {
    let environment = workshop();
    let body = lookup("contact_new_widget_host", "new_widget", "contact", "RemoveLink");
    let made = environment.post("RelationshipDefinitions", body.clone()).ok(204);
    environment.post("RelationshipDefinitions", body).refused(400, "0x80047013");
    let bind =
        |name: &str, path: &str| json!({ "new_name": "w", (format!("{name}@odata.bind")): path });
    let path = format!("/contacts({ANN})");
    environment.post("new_widgets", bind("new_hostid", &path)).refused(400, "0x80048d19");
    let id = environment.widget(bind("new_HostId", &path));
    let row = environment.get(&format!("new_widgets({id})?$expand=new_HostId($select=lastname)"));
    assert_eq!(row.json()["new_HostId"]["lastname"], "Ångström");
    let filter = format!("new_widgets?$filter=_new_hostid_value eq {ANN}");
    assert_eq!(environment.get(&filter).rows().len(), 1);
    let back = format!("contacts({ANN})?$select=lastname&$expand=contact_new_widget_host");
    let back = environment.get(&back).json();
    assert_eq!(back["contact_new_widget_host"].as_array().unwrap().len(), 1);
    let url = "RelationshipDefinitions?$filter=SchemaName eq 'contact_new_widget_host'";
    let shown = environment.get(url).rows().remove(0);
    assert_eq!(shown["MetadataId"], id_of(&made));
    assert_eq!(shown["ReferencingEntityNavigationPropertyName"], "new_HostId");
    assert_eq!(shown["@odata.type"], format!("#{TYPE}OneToManyRelationshipMetadata"));
    environment.delete(&format!("contacts({ANN})")).ok(204);
    let row = environment.get(&format!("new_widgets({id})")).json();
    assert!(row["_new_hostid_value"].is_null());
    environment.delete(&format!("RelationshipDefinitions({})", id_of(&made))).ok(204);
    assert!(environment.get(url).rows().is_empty());
    environment.get("new_widgets?$select=_new_hostid_value").refused(400, "0x0");
}

#[test]
fn a_new_lookup_of_an_activity_has_the_suffix() {
    let environment = workshop();
    let body = lookup("new_widget_phonecall", "phonecall", "new_widget", "RemoveLink");
    environment.post("RelationshipDefinitions", body).ok(204);
    let widget = environment.widget(json!({ "new_name": "w" }));
    let path = format!("/new_widgets({widget})");
    let call = json!({ "subject": "x", "new_HostId@odata.bind": path });
    environment.post("phonecalls", call).refused(400, "0x80048d19");
    environment.call(json!({ "subject": "x", "new_HostId_PhoneCall@odata.bind": path }));
    assert_eq!(environment.stored_call()["_new_hostid_value"], widget);
    let url = "EntityDefinitions(LogicalName='phonecall')/ManyToOneRelationships?\
               $filter=ReferencingAttribute eq 'new_hostid'";
    assert_eq!(
        environment.column(url, "ReferencingEntityNavigationPropertyName"),
        ["new_HostId_PhoneCall"]
    );
}

#[test]
fn a_deletion_does_what_the_relationship_says() {
    for (behaviour, status, left) in
        [("Cascade", 204, 0), ("Restrict", 400, 1), ("RemoveLink", 204, 1)]
    {
        let environment = workshop();
        let body = lookup("new_host", "new_widget", "contact", behaviour);
        let made = environment.post("RelationshipDefinitions", body).ok(204);
        let shown = environment.get(&format!("RelationshipDefinitions({})", id_of(&made))).json();
        assert_eq!(shown["CascadeConfiguration"]["Delete"], behaviour);
        environment.widget(json!({ "new_HostId@odata.bind": format!("/contacts({ANN})") }));
        let before = environment.snapshot();
        let answer = environment.delete(&format!("contacts({ANN})"));
        assert_eq!(answer.status, status, "{behaviour} {}", answer.text);
        assert_eq!(environment.get("new_widgets").rows().len(), left, "{behaviour}");
        assert_eq!(environment.snapshot() == before, status == 400);
    }
}

#[test]
fn rows_that_cascade_in_a_circle_are_deleted() {
    let environment = workshop();
    let body = lookup("new_self", "new_widget", "new_widget", "Cascade");
    environment.post("RelationshipDefinitions", body).ok(204);
    let first = environment.widget(json!({ "new_name": "1" }));
    let bind = |id: &str| json!({ "new_HostId@odata.bind": format!("/new_widgets({id})") });
    let second = environment.widget(bind(&first));
    environment.patch(&format!("new_widgets({first})"), bind(&second)).ok(204);
    environment.delete(&format!("new_widgets({first})")).ok(204);
    assert!(environment.get("new_widgets").rows().is_empty());
}

#[test]
fn many_rows_are_linked_to_many() {
    let environment = workshop();
    let body = json!({
        "@odata.type": format!("{TYPE}ManyToManyRelationshipMetadata"),
        "SchemaName": "new_widget_contact",
        "Entity1LogicalName": "new_widget",
        "Entity2LogicalName": "contact",
        "IntersectEntityName": "new_widget_contact",
    });
    let made = environment.post("RelationshipDefinitions", body.clone()).ok(204);
    environment.post("RelationshipDefinitions", body).refused(400, "0x80047013");
    let id = environment.widget(json!({ "new_name": "w" }));
    let link = format!("new_widgets({id})/new_widget_contact/$ref");
    let to = json!({ "@odata.id": format!("{BASE}/api/data/v9.2/contacts({ANN})") });
    environment.post(&link, to).ok(204);
    let linked = format!("contacts({ANN})/new_widget_contact?$select=new_name");
    assert_eq!(environment.column(&linked, "new_name"), ["w"]);
    let of_widget = format!("{WIDGETS}/ManyToManyRelationships");
    assert_eq!(environment.column(&of_widget, "IntersectEntityName"), ["new_widget_contact"]);
    environment.delete(&format!("RelationshipDefinitions({})", id_of(&made))).ok(204);
    environment.get(&linked).refused(404, "0x8006088a");
    assert!(environment.get(&of_widget).rows().is_empty());
    let roles = "RelationshipDefinitions(SchemaName='systemuserroles_association')";
    environment.delete(roles).refused(400, "0x80040203");
}

#[test]
fn a_deleted_table_takes_its_relationships_along() {
    let environment = workshop();
    let id = environment.widget(json!({ "new_name": "w" }));
    let body = lookup("new_widget_phonecall", "phonecall", "new_widget", "RemoveLink");
    environment.post("RelationshipDefinitions", body).ok(204);
    environment.call(json!({
        "subject": "kept", "ev_callid": "7",
        "new_HostId_PhoneCall@odata.bind": format!("/new_widgets({id})"),
    }));
    let body = json!({
        "@odata.type": format!("{TYPE}ManyToManyRelationshipMetadata"),
        "SchemaName": "new_widget_contact",
        "Entity1LogicalName": "new_widget",
        "Entity2LogicalName": "contact",
    });
    environment.post("RelationshipDefinitions", body).ok(204);
    let tables = environment.get("EntityDefinitions?$select=LogicalName").rows().len();
    environment.delete(WIDGETS).ok(204);
    assert_eq!(environment.get("EntityDefinitions?$select=LogicalName").rows().len(), tables - 1);
    environment.get("new_widgets").refused(404, "0x8006088a");
    let call = environment.stored_call();
    assert_eq!((&call["subject"], &call["ev_callid"]), (&json!("kept"), &json!("7")));
    assert!(call.get("_new_hostid_value").is_none());
    environment.post("EntityDefinitions", table("new_Widget", json!({}))).ok(204);
    assert!(environment.get("new_widgets").rows().is_empty());
    environment.widget(json!({ "new_name": "anew" }));
    assert!(environment.get(&format!("{WIDGETS}/ManyToManyRelationships")).rows().is_empty());
}

#[test]
fn a_global_choice_serves_many_columns() {
    let environment = workshop();
    let options = json!([{ "Value": 451_000_000, "Label": label("Polling") }]);
    let body = json!({ "@odata.type": format!("{TYPE}OptionSetMetadata"), "Name": "new_Method",
        "DisplayName": label("Method"), "IsGlobal": true, "OptionSetType": "Picklist",
        "Options": options });
    let made = environment.post("GlobalOptionSetDefinitions", body.clone()).ok(204);
    environment.post("GlobalOptionSetDefinitions", body).refused(400, "0x80047013");
    let by_id = format!("/GlobalOptionSetDefinitions({})", id_of(&made));
    for (name, path) in
        [("new_A", by_id.as_str()), ("new_B", "/GlobalOptionSetDefinitions(Name='new_method')")]
    {
        let bind = json!({ "GlobalOptionSet@odata.bind": path });
        environment.add_column(with(column("Picklist", name), bind));
    }
    let insert = json!({ "OptionSetName": "new_method", "Label": label("Webhook") });
    let inserted = environment.post("InsertOptionValue", insert).ok(200).json();
    assert_eq!(inserted["NewOptionValue"], 451_000_001);
    environment.widget(json!({ "new_a": 451_000_001, "new_b": 451_000_001 }));
    let url = format!(
        "{WIDGETS}/Attributes/{TYPE}PicklistAttributeMetadata?$select=LogicalName&\
         $expand=OptionSet($select=Options,IsGlobal),GlobalOptionSet($select=Name)"
    );
    let shown = environment.get(&url).rows().remove(0);
    assert_eq!(shown["OptionSet"]["Options"].as_array().unwrap().len(), 2);
    assert_eq!(shown["GlobalOptionSet"]["Name"], "new_method");
    let set = "GlobalOptionSetDefinitions(Name='new_method')";
    environment.delete(set).refused(400, "0x8004f01f");
    environment.put(set, json!({ "DisplayName": label("How") })).ok(204);
    let shown = environment.get(set).ok(200).json();
    assert_eq!(shown["DisplayName"]["UserLocalizedLabel"]["Label"], "How");
    assert_eq!(shown["@odata.type"], format!("#{TYPE}OptionSetMetadata"));
    for name in ["new_a", "new_b"] {
        environment.delete(&format!("{WIDGETS}/Attributes(LogicalName='{name}')")).ok(204);
    }
    environment.delete(set).ok(204);
    environment.get(set).refused(404, "0x80040217");
}

#[test]
fn options_are_added_renamed_ordered_and_deleted() {
    let environment = workshop();
    let options = json!([
        { "Value": 1, "Label": label("One") }, { "Value": 2, "Label": label("Two") },
    ]);
    let set = json!({ "OptionSet": { "Options": options } });
    environment.add_column(with(column("Picklist", "new_Kind"), set));
    let act = |name: &str, members: Json| {
        let column =
            json!({ "EntityLogicalName": "new_widget", "AttributeLogicalName": "new_kind" });
        environment.post(name, with(column, members))
    };
    act("InsertOptionValue", json!({ "Value": 3, "Label": label("Three") })).ok(200);
    act("InsertOptionValue", json!({ "Value": 3, "Label": label("Three") }))
        .refused(400, "0x80040203");
    act("UpdateOptionValue", json!({ "Value": 2, "Label": label("Zwei"), "MergeLabels": true }))
        .ok(204);
    act("DeleteOptionValue", json!({ "Value": 1 })).ok(204);
    act("DeleteOptionValue", json!({ "Value": 1 })).refused(400, "0x80040203");
    act("OrderOption", json!({ "Values": [3, 2] })).ok(204);
    act("OrderOption", json!({ "Values": [3] })).refused(400, "0x80040203");
    let url = format!(
        "{WIDGETS}/Attributes(LogicalName='new_kind')/{TYPE}PicklistAttributeMetadata/OptionSet"
    );
    let shown = environment.get(&url).ok(200).json();
    let pairs: Vec<(i64, &str)> = shown["Options"]
        .as_array()
        .unwrap()
        .iter()
        .map(|option| {
            let label = option["Label"]["LocalizedLabels"][0]["Label"].as_str().unwrap();
            (option["Value"].as_i64().unwrap(), label)
        })
        .collect();
    assert_eq!(pairs, [(3, "Three"), (2, "Zwei")]);
    environment.post("new_widgets", json!({ "new_kind": 1 })).refused(400, "0x8004431a");
}

#[test]
fn a_new_status_can_be_taken() {
    let environment = Environment::new();
    environment
        .post(
            "publishers",
            json!({ "uniquename": "evoice", "friendlyname": "E Voice",
                "customizationprefix": "ev", "customizationoptionvalueprefix": 45_100 }),
        )
        .ok(204);
    environment
        .post(
            "solutions",
            json!({ "uniquename": "EvVoice", "friendlyname": "Voice", "version": "1.0.0.0",
                "publisherid@odata.bind": "/publishers(uniquename='evoice')" }),
        )
        .ok(204);
    let column = json!({ "EntityLogicalName": "phonecall", "AttributeLogicalName": "statuscode" });
    let insert = with(column.clone(), json!({ "StateCode": 0, "Label": label("Waiting") }));
    let solution = [("MSCRM.SolutionUniqueName", "EvVoice")];
    let made = environment.send("POST", "InsertStatusValue", &solution, Some(insert)).ok(200);
    assert_eq!(made.json()["NewOptionValue"], 451_000_000);
    environment.call(json!({ "subject": "x", "statuscode": 451_000_000 }));
    assert_eq!(environment.stored_call()["statuscode"], 451_000_000);
    let bad = with(column, json!({ "StateCode": 9, "Label": label("x") }));
    environment.post("InsertStatusValue", bad).refused(400, "0x80040203");
    let state = json!({ "EntityLogicalName": "phonecall", "AttributeLogicalName": "statecode",
        "Value": 0, "Label": label("Pending"), "DefaultStatusCode": 451_000_000 });
    environment.post("UpdateStateValue", state).ok(204);
    let url = format!(
        "EntityDefinitions(LogicalName='phonecall')/Attributes(LogicalName='statecode')/\
         {TYPE}StateAttributeMetadata/OptionSet"
    );
    let option = environment.get(&url).json()["Options"][0].clone();
    assert_eq!(option["Label"]["UserLocalizedLabel"]["Label"], "Pending");
    assert_eq!(option["DefaultStatus"], 451_000_000);
}

#[test]
fn a_table_is_relabelled_and_tracked() {
    let environment = workshop();
    let mut definition = environment.get(WIDGETS).ok(200).json();
    definition["DisplayName"] = label("Gadget");
    definition["ChangeTrackingEnabled"] = json!(true);
    environment.put(WIDGETS, definition.clone()).ok(204);
    definition["ChangeTrackingEnabled"] = json!(false);
    environment.put(WIDGETS, definition).ok(204);
    let shown = environment.get(WIDGETS).json();
    assert_eq!(shown["DisplayName"]["UserLocalizedLabel"]["Label"], "Gadget");
    assert_eq!(shown["ChangeTrackingEnabled"], true);
    environment.put("EntityDefinitions(LogicalName='no')", json!({})).refused(404, "0x80040217");
}

#[test]
fn typed_columns_are_read_in_one_request() {
    let environment = workshop();
    environment.add_column(with(column("Integer", "new_Size"), json!({ "MaxValue": 9 })));
    let equals = |value: &str| {
        json!({ "Conditions": [{ "PropertyName": "LogicalName", "ConditionOperator": "Equals",
            "Value": { "Type": "System.String", "Value": value } }] })
    };
    let ask = |query: Json| {
        let encoded: String = percent_encoding::utf8_percent_encode(
            &query.to_string(),
            percent_encoding::NON_ALPHANUMERIC,
        )
        .to_string();
        environment.get(&format!("RetrieveMetadataChanges(Query=@p1)?%40p1={encoded}"))
    };
    let query = json!({
        "Properties": { "PropertyNames": ["LogicalName", "Attributes"] },
        "Criteria": equals("new_widget"),
        "AttributeQuery": {
            "Properties": { "PropertyNames": ["LogicalName", "MinValue", "MaxValue", "MaxLength"] },
            "Criteria": equals("new_size"),
        },
    });
    let found = ask(query).ok(200).json();
    let column = &found["EntityMetadata"][0]["Attributes"][0];
    assert_eq!((&column["MaxValue"], &column["LogicalName"]), (&json!(9), &json!("new_size")));
    assert_eq!(column["@odata.type"], format!("#{TYPE}IntegerAttributeMetadata"));
    assert!(column.get("MaxLength").is_none() && column.get("SchemaName").is_none());
    let none = ask(json!({ "Criteria": equals("nope") })).ok(200).json();
    assert_eq!(none["EntityMetadata"], json!([]));
    environment.get("RetrieveMetadataChanges(Query=@p1)").refused(400, "0x0");
}

#[test]
fn the_service_describes_itself_in_xml() {
    let environment = workshop();
    let body = lookup("new_widget_phonecall", "phonecall", "new_widget", "RemoveLink");
    environment.post("RelationshipDefinitions", body).ok(204);
    let answer = environment.get("$metadata").ok(200);
    assert_eq!(answer.header("content-type"), "application/xml");
    let mut open: Vec<String> = Vec::new();
    for tag in answer.text.split('<').skip(1) {
        let (tag, rest) = tag.split_once('>').unwrap();
        assert_eq!(rest.trim(), "", "text between tags: {rest}");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap().to_owned();
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(closed));
        } else if !tag.ends_with(['/', '?']) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
    for part in [
        r#"<EntityType Name="new_widget" BaseType="mscrm.crmbaseentity">"#,
        r#"<PropertyRef Name="new_widgetid" />"#,
        r#"<Property Name="_new_hostid_value" Type="Edm.Guid" />"#,
        r#"<NavigationProperty Name="new_HostId_PhoneCall" Type="mscrm.new_widget" Partner="new_widget_phonecall" Nullable="true">"#,
        r#"<NavigationProperty Name="new_widget_phonecall" Type="Collection(mscrm.phonecall)" Partner="new_HostId_PhoneCall" />"#,
        r#"<EntitySet Name="new_widgets" EntityType="Microsoft.Dynamics.CRM.new_widget">"#,
        r#"<NavigationPropertyBinding Path="new_HostId_PhoneCall" Target="new_widgets" />"#,
    ] {
        assert!(answer.text.contains(part), "{part}");
    }
}

#[test]
fn a_reset_takes_back_what_was_made() {
    let environment = workshop();
    environment.dataverse.reset();
    environment.get("new_widgets").refused(404, "0x8006088a");
    assert!(
        environment.get("EntityDefinitions?$filter=LogicalName eq 'new_widget'").rows().is_empty()
    );
    assert_eq!(environment.column("publishers", "customizationprefix"), ["new"]);
}

#[test]
fn metadata_cannot_be_part_of_a_change_set() {
    let environment = workshop();
    let body = format!(
        "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: application/http\r\n\
         Content-Transfer-Encoding: binary\r\nContent-ID: 1\r\n\r\nDELETE /api/data/v9.2/{WIDGETS} HTTP/1.1\r\n\r\n\r\n\
         --c--\r\n--b--\r\n"
    );
    let mut batch =
        request("POST", "$batch", &[("Content-Type", "multipart/mixed; boundary=b")], None);
    batch.body = Bytes::from(body);
    let answer = environment.request(&batch);
    assert!(answer.text.contains("HTTP/1.1 501 "), "{}", answer.text);
    environment.get(WIDGETS).ok(200);
}
