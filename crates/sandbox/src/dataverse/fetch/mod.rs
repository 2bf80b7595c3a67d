//! FetchXML, `?sql=` and `$apply`: three ways to write the same queries over joined tables
//! (reference, section 4.2; other people's clients).
//!
//! Both are read into a [`document::Fetch`], bound to the schema as a [`plan::Plan`], and run over
//! the rows. Links through intersect tables of many-to-many relationships are not offered.

mod aggregate;
mod apply;
mod cookie;
mod document;
mod operator;
mod plan;
mod render;
mod run;
mod sql;
mod xml;

pub(super) use apply::answer_apply;
pub(super) use run::{answer, answer_sql};
