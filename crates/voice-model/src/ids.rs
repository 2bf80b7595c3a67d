//! Ids as types of their own, so that one kind is never taken for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// Empty or blank.
    #[error("an id must not be empty")]
    Empty,
    /// Longer than any system that we talk to stores.
    #[error("an id of {length} characters is too long; at most {} are stored", MAX_ID_CHARS)]
    TooLong {
        /// Its length in characters.
        length: usize,
    },
    /// Holds a control character.
    #[error("an id must not hold control characters")]
    ControlCharacter,
}

/// The longest Enreach id that fits the Dynamics columns that keep it (`ev_callid`: 100).
const MAX_ID_CHARS: usize = 100;

/// GUIDs become lower case with dashes; any other text is kept as it is, without blanks around it.
fn normalise(text: &str) -> Result<String, IdError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if let Ok(guid) = Uuid::try_parse(text) {
        return Ok(guid.hyphenated().to_string());
    }
    let length = text.chars().count();
    if length > MAX_ID_CHARS {
        return Err(IdError::TooLong { length });
    }
    if text.chars().any(char::is_control) {
        return Err(IdError::ControlCharacter);
    }
    Ok(text.to_owned())
}

macro_rules! enreach_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Enreach ids are documented as GUIDs. A GUID is kept in lower case with dashes, so that
        /// two spellings of one id are equal; any other short text is accepted unchanged.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads an id.
            ///
            /// # Errors
            /// [`IdError`] when the text is empty, over-long or holds control characters.
            pub fn new(text: &str) -> Result<Self, IdError> {
                normalise(text).map(Self)
            }

            /// The normalised text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

enreach_id!(
    /// The id of a whole call, equal in all of Enreach's back-end APIs.
    CallId
);
enreach_id!(
    /// The id of an Enreach user (an agent), not of a Dynamics user.
    AgentId
);
enreach_id!(
    /// The id of an Enreach queue, also called service pool.
    QueueId
);
enreach_id!(
    /// The id of an Enreach organisation.
    OrganizationId
);
enreach_id!(
    /// The id of a callback list of Enreach.
    CallbackListId
);
enreach_id!(
    /// The id of a callback request: an item of a callback list.
    CallbackItemId
);
enreach_id!(
    /// The id of an event that Enreach tells of.
    EventId
);

macro_rules! dataverse_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

dataverse_id!(
    /// The key of a `phonecall` row.
    ActivityId
);
dataverse_id!(
    /// The key of a `systemuser` row: a Dynamics user.
    SystemUserId
);

/// Namespace of every activity id of ours (design §3). Changing it would log every call again.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f8d3a52_9a4e_5c1b_8f0a_3d5e7c9b1a20);

impl ActivityId {
    /// The id of the phone call row for a call: the same for ever, so that a repeated write finds
    /// the first one instead of making a second row.
    pub fn of_call(organization: &OrganizationId, call: &CallId) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("call|{organization}|{call}").as_bytes()))
    }

    /// The id of the phone call row for a callback request; the same for ever, too.
    pub fn of_callback(organization: &OrganizationId, item: &CallbackItemId) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("callback|{organization}|{item}").as_bytes()))
    }
}

/// The name of a tenant in the configuration: one Enreach organisation and one Dynamics environment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct TenantName(String);

impl TenantName {
    /// Names a tenant.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_guid_are_one_id() {
        let plain = CallId::new("46475ea5-4523-eb11-b821-0050569e6df2").unwrap();
        for spelling in [
            "46475EA5-4523-EB11-B821-0050569E6DF2",
            "{46475ea5-4523-eb11-b821-0050569e6df2}",
            " 46475ea54523eb11b8210050569e6df2 ",
        ] {
            assert_eq!(CallId::new(spelling).unwrap(), plain, "{spelling}");
        }
    }

    #[test]
    fn an_unusable_id_is_refused_with_its_reason() {
        assert_eq!(CallId::new("  "), Err(IdError::Empty));
        assert_eq!(CallId::new(&"x".repeat(101)), Err(IdError::TooLong { length: 101 }));
        assert_eq!(CallId::new("a\r\nb"), Err(IdError::ControlCharacter));
        assert_eq!(CallId::new("call-7").unwrap().as_str(), "call-7");
    }

    #[test]
    fn activity_ids_never_change() {
        let organization = OrganizationId::new("C0FFEE00-74f9-e911-80e0-00505689257e").unwrap();
        let call = CallId::new("46475ea5-4523-eb11-b821-0050569e6df2").unwrap();
        // Computed with Python's uuid.uuid5 from the text of design §3.
        assert_eq!(
            ActivityId::of_call(&organization, &call).to_string(),
            "4274ecb2-7d42-5d73-a845-2533d488a0ff"
        );
        let item = CallbackItemId::new("5E0E2F10-7a11-ec11-b832-0050569e6df2").unwrap();
        assert_eq!(
            ActivityId::of_callback(&organization, &item).to_string(),
            "7a63fc98-457e-55dd-a014-a85974004132"
        );
    }
}
