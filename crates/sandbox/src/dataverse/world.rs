//! Loading of worlds: rows as POST bodies with their key, not held to create rules.
//!
//! Loading is lenient where requests are strict (closed states, read-only columns, owners without
//! roles), and as strict where a world can only be wrong: unknown sets, columns and values.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::address::below_service;
use super::failure::Failure;
use super::row::{Row, RowRef};
use super::schema::{
    Behaviour, Column, ColumnId, ColumnKind, Computed, Navigation, Ownership, Table,
};
use super::target::find_path;
use super::value::Value;
use super::write::completion::compute;
use super::write::convert::to_cell;
use super::write::ownership::{follow, user_roles};
use super::write::rows::set_defaults;
use super::write::work::Work;
use super::write::{load_parties, parties_of_world};
