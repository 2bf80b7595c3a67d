//! `$metadata`: the service described in CSDL, the XML of OData. Entity types with keys,
//! properties and navigation, entity sets, and the functions and actions that clients look for.

use std::fmt::Write as _;

use http::StatusCode;

use super::document::NAMESPACE;
use crate::dataverse::exchange::Response;
use crate::dataverse::failure::Outcome;
use crate::dataverse::reply;
use crate::dataverse::schema::{Behaviour, Column, ColumnId, Navigation, Schema, Table, TableId};
use crate::dataverse::view::View;

/// Answers `$metadata`.
///
/// # Errors
/// None; every read gives an [`Outcome`].
pub(in crate::dataverse) fn csdl(view: View<'_>) -> Outcome<Response> {
    let mut text = String::from(HEAD);
    let schema = view.schema;
    for table in live(schema) {
        entity_type(&mut text, schema, table);
    }
    text.push_str(OPERATIONS);
    for table in live(schema).filter(|table| bulk(table)) {
        bulk_actions(&mut text, table);
    }
    text.push_str("      <EntityContainer Name=\"System\">\n");
    for table in live(schema).filter(|table| !table.set_name.is_empty()) {
        entity_set(&mut text, schema, table);
    }
    text.push_str(IMPORTS);
    text.push_str("      </EntityContainer>\n");
    text.push_str(TAIL);
    Ok(reply::with_body(StatusCode::OK, "application/xml", text))
}

const HEAD: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
  <edmx:Reference Uri="http://vocabularies.odata.org/OData.Community.Keys.V1.xml">
    <edmx:Include Namespace="OData.Community.Keys.V1" Alias="Keys" />
    <edmx:IncludeAnnotations TermNamespace="OData.Community.Keys.V1" />
  </edmx:Reference>
  <edmx:DataServices>
    <Schema Namespace="Microsoft.Dynamics.CRM" Alias="mscrm" xmlns="http://docs.oasis-open.org/odata/ns/edm">
      <EntityType Name="crmbaseentity" Abstract="true" />
      <EntityType Name="principal" BaseType="mscrm.crmbaseentity">
        <Key>
          <PropertyRef Name="ownerid" />
        </Key>
        <Property Name="ownerid" Type="Edm.Guid" />
      </EntityType>
"#;

const OPERATIONS: &str = r#"      <ComplexType Name="WhoAmIResponse">
        <Property Name="BusinessUnitId" Type="Edm.Guid" Nullable="false" />
        <Property Name="UserId" Type="Edm.Guid" Nullable="false" />
        <Property Name="OrganizationId" Type="Edm.Guid" Nullable="false" />
      </ComplexType>
      <ComplexType Name="EntityRecordCountCollection">
        <Property Name="Count" Type="Edm.Int32" Nullable="false" />
        <Property Name="IsReadOnly" Type="Edm.Boolean" Nullable="false" />
        <Property Name="Keys" Type="Collection(Edm.String)" Nullable="false" />
        <Property Name="Values" Type="Collection(Edm.Int64)" Nullable="false" />
      </ComplexType>
      <ComplexType Name="RetrieveTotalRecordCountResponse">
        <Property Name="EntityRecordCountCollection" Type="mscrm.EntityRecordCountCollection" />
      </ComplexType>
      <ComplexType Name="AddToQueueResponse">
        <Property Name="QueueItemId" Type="Edm.Guid" Nullable="false" />
      </ComplexType>
      <ComplexType Name="CreateMultipleResponse">
        <Property Name="Ids" Type="Collection(Edm.Guid)" Nullable="false" />
      </ComplexType>
      <Function Name="WhoAmI">
        <ReturnType Type="mscrm.WhoAmIResponse" Nullable="false" />
      </Function>
      <Function Name="RetrieveTotalRecordCount">
        <Parameter Name="EntityNames" Type="Collection(Edm.String)" Nullable="false" Unicode="false" />
        <ReturnType Type="mscrm.RetrieveTotalRecordCountResponse" Nullable="false" />
      </Function>
      <Action Name="PublishXml">
        <Parameter Name="ParameterXml" Type="Edm.String" Nullable="false" Unicode="false" />
      </Action>
      <Action Name="PublishAllXml" />
      <Action Name="AddToQueue" IsBound="true">
        <Parameter Name="entity" Type="mscrm.queue" Nullable="false" />
        <Parameter Name="Target" Type="mscrm.crmbaseentity" Nullable="false" />
        <Parameter Name="SourceQueue" Type="mscrm.queue" />
        <Parameter Name="QueueItemProperties" Type="mscrm.queueitem" />
        <ReturnType Type="mscrm.AddToQueueResponse" Nullable="false" />
      </Action>
"#;

const IMPORTS: &str = r#"        <FunctionImport Name="WhoAmI" Function="mscrm.WhoAmI" />
        <FunctionImport Name="RetrieveTotalRecordCount" Function="mscrm.RetrieveTotalRecordCount" />
        <ActionImport Name="PublishXml" Action="mscrm.PublishXml" />
        <ActionImport Name="PublishAllXml" Action="mscrm.PublishAllXml" />
"#;

const TAIL: &str = "    </Schema>\n  </edmx:DataServices>\n</edmx:Edmx>\n";

fn live(schema: &Schema) -> impl Iterator<Item = &Table> {
    schema.tables().iter().filter(|table| !table.is_removed())
}

/// Whether the table has `CreateMultiple` and its like.
fn bulk(table: &Table) -> bool {
    table.behaviour == Behaviour::Plain && table.writes.create
}

fn entity_type(text: &mut String, schema: &Schema, table: &Table) {
    let name = &table.logical_name;
    let key = &table.column(table.key).wire_name;
    let _ = writeln!(text, "      <EntityType Name=\"{name}\" BaseType=\"mscrm.crmbaseentity\">");
    let _ =
        writeln!(text, "        <Key>\n          <PropertyRef Name=\"{key}\" />\n        </Key>");
    for column in &table.columns {
        property(text, column);
    }
    for (name, navigation) in table.navigations() {
        navigation_property(text, schema, table, name, navigation);
    }
    for key in &table.keys {
        alternate_key(text, table, &key.columns);
    }
    text.push_str("      </EntityType>\n");
}

fn property(text: &mut String, column: &Column) {
    let kind = column.kind.edm_name();
    let more = match kind {
        "Edm.String" => " Unicode=\"false\"",
        "Edm.Decimal" => " Scale=\"Variable\"",
        _ => "",
    };
    let name = &column.wire_name;
    let _ = writeln!(text, "        <Property Name=\"{name}\" Type=\"{kind}\"{more} />");
}

fn navigation_property(
    text: &mut String,
    schema: &Schema,
    table: &Table,
    name: &str,
    navigation: Navigation,
) {
    let kind = match navigation {
        Navigation::One { target: None, .. } => "mscrm.principal".to_owned(),
        Navigation::One { target: Some(target), .. } => of(schema, target),
        Navigation::Many { table, .. } | Navigation::Linked { table, .. } => {
            format!("Collection({})", of(schema, table))
        }
    };
    let partner = partner(schema, table, name, navigation)
        .map_or_else(String::new, |partner| format!(" Partner=\"{partner}\""));
    let _ = write!(text, "        <NavigationProperty Name=\"{name}\" Type=\"{kind}\"{partner}");
    let Navigation::One { column, target: Some(target) } = navigation else {
        text.push_str(" />\n");
        return;
    };
    let target = schema.table(target);
    let _ = writeln!(
        text,
        " Nullable=\"true\">\n          <ReferentialConstraint Property=\"{}\" \
         ReferencedProperty=\"{}\" />\n        </NavigationProperty>",
        table.column(column).wire_name,
        target.column(target.key).wire_name
    );
}

/// The navigation property that leads back, where there is one.
fn partner<'s>(
    schema: &'s Schema,
    table: &'s Table,
    name: &str,
    navigation: Navigation,
) -> Option<&'s str> {
    match navigation {
        Navigation::One { column, target } => {
            let target = table.column(column).lookup()?.target(target?)?;
            let leads_back = target.navigation == name && !target.reverse.is_empty();
            leads_back.then_some(target.reverse.as_str())
        }
        Navigation::Many { table: other, column } => {
            let target = schema.table(other).column(column).lookup()?.target(table.id)?;
            Some(&target.navigation)
        }
        Navigation::Linked { link, .. } => Some(&schema.links().get(usize::from(link.0))?.name),
    }
}

fn alternate_key(text: &mut String, table: &Table, columns: &[ColumnId]) {
    text.push_str(
        "        <Annotation Term=\"OData.Community.Keys.V1.AlternateKeys\">\n          \
         <Collection>\n            <Record Type=\"OData.Community.Keys.V1.AlternateKey\">\n              \
         <PropertyValue Property=\"Key\">\n                <Collection>\n",
    );
    for column in columns {
        let name = &table.column(*column).wire_name;
        let _ = writeln!(
            text,
            "                  <Record Type=\"OData.Community.Keys.V1.PropertyRef\">\n                    \
             <PropertyValue Property=\"Alias\" String=\"{name}\" />\n                    \
             <PropertyValue Property=\"Name\" PropertyPath=\"{name}\" />\n                  </Record>"
        );
    }
    text.push_str(
        "                </Collection>\n              </PropertyValue>\n            </Record>\n          \
         </Collection>\n        </Annotation>\n",
    );
}

fn entity_set(text: &mut String, schema: &Schema, table: &Table) {
    // Here, and only here, the service writes the namespace in full.
    let kind = format!("{NAMESPACE}{}", table.logical_name);
    let _ = writeln!(text, "        <EntitySet Name=\"{}\" EntityType=\"{kind}\">", table.set_name);
    for (name, navigation) in table.navigations() {
        let target = match navigation {
            Navigation::One { target, .. } => target,
            Navigation::Many { table, .. } | Navigation::Linked { table, .. } => Some(table),
        };
        let set = target.map(|target| schema.table(target).set_name.as_str());
        if let Some(set) = set.filter(|set| !set.is_empty()) {
            let _ = writeln!(
                text,
                "          <NavigationPropertyBinding Path=\"{name}\" Target=\"{set}\" />"
            );
        }
    }
    text.push_str("        </EntitySet>\n");
}

fn bulk_actions(text: &mut String, table: &Table) {
    let rows = format!("Collection(mscrm.{})", table.logical_name);
    for (name, returns) in
        [("CreateMultiple", true), ("UpdateMultiple", false), ("UpsertMultiple", false)]
    {
        let _ = writeln!(
            text,
            "      <Action Name=\"{name}\" IsBound=\"true\">\n        \
             <Parameter Name=\"entityset\" Type=\"{rows}\" Nullable=\"false\" />\n        \
             <Parameter Name=\"Targets\" Type=\"{rows}\" Nullable=\"false\" />"
        );
        if returns {
            text.push_str(
                "        <ReturnType Type=\"mscrm.CreateMultipleResponse\" Nullable=\"false\" />\n",
            );
        }
        text.push_str("      </Action>\n");
    }
}

fn of(schema: &Schema, table: TableId) -> String {
    format!("mscrm.{}", schema.table(table).logical_name)
}
