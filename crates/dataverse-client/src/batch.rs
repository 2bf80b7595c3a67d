//! The `$batch` format (reference, sections 6.1 to 6.3): pure functions both ways.
//!
//! Nothing that a caller passes can break out of its part: values stand inside JSON or escaped in
//! a URL, and the boundary is random and checked to be absent from the payload. Nothing that the
//! server answers can attribute one item's result to another: results go by position, and what
//! cannot be read is unknown, never left out.

mod decode;
mod encode;
mod multipart;
mod part;

pub(crate) use decode::{Expected, decode, refusals};
pub(crate) use encode::{Encoded, Unit, encode};
