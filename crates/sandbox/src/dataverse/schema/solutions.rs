//! Publishers and solutions: the tables in which provisioning notes its work (reference, section
//! 9.1). Which parts belong to which solution is not kept.

use super::Ownership;
use super::build::SchemaBuilder;
use super::column_spec::ColumnSpec;
use super::table_spec::TableSpec;
use crate::dataverse::value::Value;

/// Adds both tables.
pub(super) fn describe(schema: &mut SchemaBuilder) {
    schema.table(publisher());
    schema.table(solution());
}

fn publisher() -> TableSpec {
    TableSpec::new("Publisher", "publishers", "Publisher", 7101, Ownership::Organization)
        .named_by("friendlyname")
        .with_all([
            ColumnSpec::text("uniquename", 256).required().create_only(),
            ColumnSpec::text("friendlyname", 256).required(),
            ColumnSpec::text("customizationprefix", 8).required(),
            ColumnSpec::int("customizationoptionvalueprefix", 10_000, 99_999)
                .default(Value::Int(10_000)),
            ColumnSpec::memo("description", 2000),
            ColumnSpec::flag("isreadonly", false, "Yes", "No").read_only(),
        ])
        .unique("publisher_uniquename", &["uniquename"])
}

fn solution() -> TableSpec {
    TableSpec::new("Solution", "solutions", "Solution", 7100, Ownership::Organization)
        .named_by("friendlyname")
        .with_all([
            ColumnSpec::text("uniquename", 65).required().create_only(),
            ColumnSpec::text("friendlyname", 256).required(),
            ColumnSpec::text("version", 256).required().default(Value::text("1.0.0.0")),
            ColumnSpec::memo("description", 2000),
            ColumnSpec::flag("ismanaged", false, "Managed", "Unmanaged").read_only(),
            ColumnSpec::flag("isvisible", true, "Yes", "No").read_only(),
            ColumnSpec::lookup(
                "publisherid",
                &[("publisher", &["publisherid"], "publisher_solution")],
            )
            .required(),
        ])
        .unique("solution_uniquename", &["uniquename"])
}
