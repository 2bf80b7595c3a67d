//! Reads of metadata (reference, section 9; other people's clients).

use serde_json::json;

use super::*;

#[test]
fn tables_are_found_as_clients_look_for_them() {
    let environment = Environment::new();
    let url = "EntityDefinitions?%24select=LogicalName%2CEntitySetName%2CPrimaryIdAttribute&\
               %24filter=LogicalName+eq+%27account%27";
    let rows = environment.get(url).rows();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (&rows[0]["EntitySetName"], &rows[0]["PrimaryIdAttribute"]),
        (&json!("accounts"), &json!("accountid"))
    );
    assert!(rows[0]["MetadataId"].is_string());
    assert!(environment.get("EntityDefinitions?$filter=LogicalName eq 'nope'").rows().is_empty());
    let id = rows[0]["MetadataId"].as_str().unwrap();
    let by_id = environment.get(&format!("EntityDefinitions({id})?$select=LogicalName"));
    assert_eq!(by_id.ok(200).json()["LogicalName"], "account");
    environment.get("EntityDefinitions(LogicalName='nope')").refused(404, "0x80040217");
    environment.get("EntityDefinitions?$select=Nope").refused(400, "0x0");
    let tracked = "EntityDefinitions?$select=LogicalName&$filter=ChangeTrackingEnabled eq true";
    assert!(environment.column(tracked, "LogicalName").contains(&"contact".to_owned()));
    let possible = "EntityDefinitions?$select=LogicalName&$filter=CanChangeTrackingBeEnabled/Value eq true and IsCustomEntity eq true";
    assert_eq!(environment.get(possible).rows().len(), 3);
}

#[test]
fn the_status_of_calls_tells_its_state() {
    let environment = Environment::new();
    let base = "EntityDefinitions(LogicalName='phonecall')/Attributes";
    let list = format!(
        "{base}/Microsoft.Dynamics.CRM.StatusAttributeMetadata?$select=LogicalName&$expand=OptionSet"
    );
    let one = format!(
        "{base}(LogicalName='statuscode')/Microsoft.Dynamics.CRM.StatusAttributeMetadata?$select=LogicalName&$expand=OptionSet($select=Options)"
    );
    let from_list = environment.get(&list).rows()[0].clone();
    let from_one = environment.get(&one).ok(200).json();
    for row in [from_list, from_one] {
        let options = row["OptionSet"]["Options"].as_array().unwrap();
        let pairs: Vec<(i64, i64)> = options
            .iter()
            .map(|option| (option["Value"].as_i64().unwrap(), option["State"].as_i64().unwrap()))
            .collect();
        assert_eq!(pairs, [(1, 0), (2, 1), (4, 1), (3, 2)]);
        assert_eq!(options[2]["Label"]["UserLocalizedLabel"]["Label"], "Received");
    }
    let state = format!("{base}/Microsoft.Dynamics.CRM.StateAttributeMetadata?$expand=OptionSet");
    assert_eq!(environment.get(&state).rows()[0]["OptionSet"]["Options"][1]["DefaultStatus"], 2);
}

#[test]
fn attributes_are_typed() {
    let environment = Environment::new();
    let base = "EntityDefinitions(LogicalName='phonecall')/Attributes";
    let one = environment
        .get(&format!("{base}(LogicalName='ev_callid')?$select=MetadataId,AttributeType"));
    let one = one.ok(200).json();
    assert_eq!(one["AttributeType"], "String");
    assert_eq!(one["@odata.type"], "#Microsoft.Dynamics.CRM.StringAttributeMetadata");
    let cast = format!(
        "{base}(LogicalName='ev_callid')/Microsoft.Dynamics.CRM.StringAttributeMetadata?$select=MaxLength"
    );
    assert_eq!(environment.get(&cast).json()["MaxLength"], 100);
    let id = one["MetadataId"].as_str().unwrap();
    environment.get(&format!("{base}({id})")).ok(200);
    environment.get(&format!("{base}(LogicalName='nope')")).refused(404, "0x80040217");
    environment.get(&format!("{base}?$select=MaxLength")).refused(400, "0x0");
    environment.get(&format!("{base}?$expand=OptionSet")).refused(400, "0x0");
    let found =
        environment.get(&format!("{base}?$select=LogicalName&$filter=LogicalName eq 'subject'"));
    assert_eq!(found.rows().len(), 1);
    let picklists = format!(
        "{base}/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$select=LogicalName&$expand=OptionSet($select=Options)"
    );
    let rows = environment.get(&picklists).rows();
    let kind = rows.iter().find(|row| row["LogicalName"] == "ev_calltype").unwrap();
    assert_eq!(kind["OptionSet"]["Options"][4]["Value"], 451_000_004);
    let direct = format!(
        "{base}(LogicalName='prioritycode')/Microsoft.Dynamics.CRM.PicklistAttributeMetadata/OptionSet"
    );
    assert_eq!(environment.get(&direct).ok(200).json()["Options"][2]["Value"], 2);
}

#[test]
fn lookups_tell_what_to_bind() {
    let environment = Environment::new();
    let url = "EntityDefinitions(LogicalName='phonecall')/ManyToOneRelationships?$select=SchemaName,\
               ReferencingAttribute,ReferencedEntity,ReferencingEntityNavigationPropertyName";
    let rows = environment.get(url).rows();
    let bind = |attribute: &str, entity: &str| {
        let row = rows
            .iter()
            .find(|row| {
                row["ReferencingAttribute"] == attribute && row["ReferencedEntity"] == entity
            })
            .unwrap();
        row["ReferencingEntityNavigationPropertyName"].as_str().unwrap().to_owned()
    };
    assert_eq!(bind("ev_bundleid", "phonecall"), "ev_bundleid_PhoneCall");
    assert_eq!(
        bind("ev_callbackprofileid", "ev_callbackprofile"),
        "ev_callbackprofileid_PhoneCall"
    );
    assert_eq!(bind("regardingobjectid", "lead"), "regardingobjectid_lead_phonecall");
    assert_eq!(bind("ownerid", "team"), "ownerid");
}

#[test]
fn keys_and_relationships_are_listed() {
    let environment = Environment::new();
    let url = "EntityDefinitions(LogicalName='ev_setting')/Keys?$select=SchemaName,KeyAttributes,EntityKeyIndexStatus";
    let key = environment.get(url).rows().remove(0);
    assert_eq!(key["KeyAttributes"], json!(["ev_name"]));
    assert_eq!(key["EntityKeyIndexStatus"], "Active");
    let with = environment.get("EntityDefinitions(LogicalName='ev_setting')?$select=LogicalName&$expand=Keys,Attributes($select=LogicalName;$filter=LogicalName eq 'ev_value')");
    let with = with.ok(200).json();
    assert_eq!(
        (with["Keys"].as_array().unwrap().len(), with["Attributes"].as_array().unwrap().len()),
        (1, 1)
    );
    let roles = environment
        .get("RelationshipDefinitions?$filter=SchemaName eq 'systemuserroles_association'");
    assert_eq!(
        roles.rows()[0]["@odata.type"],
        "#Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata"
    );
    let contact = "EntityDefinitions(LogicalName='contact')/OneToManyRelationships";
    assert!(environment.column(contact, "SchemaName").contains(&"Contact_Phonecalls".to_owned()));
    assert!(environment.get("GlobalOptionSetDefinitions").rows().is_empty());
}

#[test]
fn publishing_does_nothing_and_says_so() {
    let environment = Environment::new();
    environment.post("PublishXml", json!({ "ParameterXml": "<importexportxml/>" })).ok(204);
    environment.post("PublishXml", json!({})).refused(400, "0x80048d19");
}
