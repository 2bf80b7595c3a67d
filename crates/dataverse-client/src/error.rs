//! What can go wrong when talking to Dataverse.

use voice_model::ErrorClass;

use crate::{CredentialError, ServiceError};

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed operation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Dataverse answered with an error.
    #[error("Dataverse refused to {operation}")]
    Service {
        /// What was attempted, such as `query contacts`.
        operation: String,
        /// Its answer.
        #[source]
        source: ServiceError,
    },
    /// Dataverse answered with an error, after the answer to an earlier attempt of the same write
    /// was lost: that one may have been carried out.
    #[error("Dataverse refused to {operation}; an earlier attempt may have been carried out")]
    Unsettled {
        /// What was attempted.
        operation: String,
        /// Its last answer.
        #[source]
        source: ServiceError,
    },
    /// No answer came.
    #[error("could not {operation} in Dataverse")]
    Transport {
        /// What was attempted.
        operation: String,
        /// What happened on the way.
        #[source]
        source: http_kit::Error,
    },
    /// No access token could be had.
    #[error("no access token for Dataverse")]
    Credential(#[from] CredentialError),
    /// An answer that does not say what it should.
    #[error("the answer of Dataverse to {operation} cannot be read: {problem}")]
    Answer {
        /// What was attempted.
        operation: String,
        /// What is wrong with it.
        problem: String,
        /// Whether it breaks off, so that a repeat may bring it whole.
        broken_off: bool,
    },
    /// A link of an answer leads out of the environment; it was not followed.
    #[error(
        "Dataverse sent a link to {target}, outside of {expected}; it was not followed, since the \
         access token would go there"
    )]
    ForeignLink {
        /// Where it leads: scheme, host, port and path.
        target: String,
        /// Where links have to lead.
        expected: String,
    },
    /// A change token that is not one of this table in this environment, as after a change of the
    /// environment's address; it was not followed.
    #[error("the change token leads to {target}, which is not {expected}; it was not followed")]
    ForeignToken {
        /// Where it leads: scheme, host, port and path.
        target: String,
        /// Where it should lead.
        expected: String,
    },
    /// The pages of a query do not end.
    #[error("the pages of {entity_set} do not end: {problem}")]
    EndlessPaging {
        /// What was queried.
        entity_set: String,
        /// How that shows.
        problem: String,
    },
    /// More than the API takes in one request; nothing was sent.
    #[error("cannot {operation}: {size} {unit} are more than the {limit} that Dataverse takes")]
    TooLarge {
        /// What was attempted.
        operation: String,
        /// How much it is.
        size: usize,
        /// How much is allowed.
        limit: usize,
        /// Of what.
        unit: &'static str,
    },
    /// A name, address or value from the configuration cannot be used; nothing was sent.
    #[error("{message}")]
    Configuration {
        /// What is wrong and what is expected.
        message: String,
    },
}

impl Error {
    /// What it means for the caller.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Service { source, .. } | Self::Unsettled { source, .. } => source.class(),
            Self::Transport { source, .. } => source.class(),
            Self::Credential(source) => source.class(),
            Self::Answer { broken_off: true, .. } => ErrorClass::Transient,
            Self::Answer { .. } | Self::ForeignLink { .. } | Self::EndlessPaging { .. } => {
                ErrorClass::Bug
            }
            Self::TooLarge { .. } | Self::Configuration { .. } | Self::ForeignToken { .. } => {
                ErrorClass::Rejected
            }
        }
    }

    /// The platform's error code, if Dataverse gave one.
    pub fn code(&self) -> Option<u32> {
        self.service().and_then(|source| source.code)
    }

    /// The error answer of Dataverse, if there was one.
    pub fn service(&self) -> Option<&ServiceError> {
        match self {
            Self::Service { source, .. } | Self::Unsettled { source, .. } => Some(source),
            _ => None,
        }
    }

    /// Whether a change token is of no use any more, because it is too old, the table has changed
    /// or the environment is another. The table has to be read whole again, without a token.
    pub fn is_change_token_expired(&self) -> bool {
        matches!(self, Self::ForeignToken { .. })
            || self.service().is_some_and(ServiceError::is_change_token_expired)
    }

    /// Whether change tracking is off for the table.
    pub fn is_change_tracking_off(&self) -> bool {
        self.service().is_some_and(ServiceError::is_change_tracking_off)
    }

    /// Whether a write may have been carried out although it failed here.
    pub fn may_have_applied(&self) -> bool {
        match self {
            Self::Service { source, .. } => source.may_have_applied(),
            Self::Transport { source, .. } => source.may_have_applied(),
            // Something answered, but not so that one could tell.
            Self::Answer { .. } | Self::Unsettled { .. } => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(status: u16, code: Option<u32>) -> Error {
        let source = ServiceError { status, code, message: "no".to_owned(), retry_after: None };
        Error::Service { operation: "create phonecalls".to_owned(), source }
    }

    #[test]
    fn only_a_lost_answer_leaves_a_write_open() {
        assert!(service(502, None).may_have_applied());
        assert!(service(408, None).may_have_applied());
        assert!(!service(500, Some(crate::codes::SQL_ERROR)).may_have_applied());
        assert!(!service(400, None).may_have_applied());
        assert!(!service(429, None).may_have_applied());
        let unreadable = Error::Answer {
            operation: "run a batch".to_owned(),
            problem: "HTML".to_owned(),
            broken_off: false,
        };
        assert!(unreadable.may_have_applied());
        assert_eq!(unreadable.class(), ErrorClass::Bug);
    }

    #[test]
    fn the_text_does_not_repeat_its_source() {
        let error = service(412, Some(crate::codes::DUPLICATE_RECORD));
        assert_eq!(error.to_string(), "Dataverse refused to create phonecalls");
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(source, "HTTP 412 0x80040237: no");
    }
}
