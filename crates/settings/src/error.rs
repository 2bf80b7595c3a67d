//! What can go wrong with settings.

use std::fmt;
use std::path::PathBuf;

use voice_model::ErrorClass;

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration file cannot be read.
    #[error("the configuration file {} cannot be read", path.display())]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The configuration is wrong. Holds every problem, so that one look at it is enough.
    #[error("{0}")]
    Configuration(Problems),
    /// The settings in Dynamics cannot be read.
    #[error("the settings in table {table} cannot be read")]
    ReadSettings {
        /// Entity set of the table.
        table: String,
        /// Why.
        #[source]
        source: dataverse_client::Error,
    },
}

impl Error {
    /// What it means for the caller. A wrong configuration is `Rejected`: a person has to act.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::ReadFile { .. } | Self::Configuration(_) => ErrorClass::Rejected,
            Self::ReadSettings { source, .. } => source.class(),
        }
    }
}

/// One thing that is wrong in the configuration: `<key> in <source>: <message>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Path of the key, such as `tenants.contoso.dataverse.url`; empty when it concerns all.
    pub key: String,
    /// Where the value stands: a file, an environment variable, or both.
    pub source: String,
    /// What is wrong with it and what would be right. Never holds a secret.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, source, message } = self;
        match key.as_str() {
            "" => write!(f, "{source}: {message}"),
            _ => write!(f, "{key} in {source}: {message}"),
        }
    }
}

/// All that is wrong in the configuration; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// One problem.
    pub(crate) fn of(problem: Problem) -> Self {
        Self(vec![problem])
    }

    /// Succeeds if there is no problem.
    pub(crate) fn none_in(mut problems: Vec<Problem>) -> Result<()> {
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort();
        problems.dedup();
        Err(Error::Configuration(Self(problems)))
    }
}

impl std::ops::Deref for Problems {
    type Target = [Problem];
    fn deref(&self) -> &[Problem] {
        &self.0
    }
}

/// One problem on its own line; several under a heading that counts them.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = self.0.as_slice() {
            return only.fmt(f);
        }
        write!(f, "the configuration has {} problems", self.0.len())?;
        for problem in &self.0 {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}
