//! `$batch`: several operations in one request (reference, section 6).

mod change_set;
mod multipart;
mod run;

pub(super) use run::run;
