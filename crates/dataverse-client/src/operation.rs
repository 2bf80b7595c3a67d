//! One operation of the API as it goes out, by itself or as a part of a batch.

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use crate::query::name;
use crate::{Error, Precondition, Result, Write};

/// The namespace of actions, which bound ones are called with.
const NAMESPACE: &str = "Microsoft.Dynamics.CRM";

/// A method, a path below the API's base, headers of its own and a body.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Bytes>,
}

impl Operation {
    /// A read of a path that is escaped already.
    pub(crate) fn read(path: String, prefer: Option<String>) -> Self {
        let headers = prefer.map(|prefer| ("Prefer", prefer)).into_iter().collect();
        Self { method: Method::GET, path, headers, body: None }
    }

    /// A write.
    ///
    /// # Errors
    /// [`Error::Configuration`] when a name or a version cannot be one.
    pub(crate) fn write(write: &Write) -> Result<Self> {
        match write {
            Write::Create { entity_set, key_column, id, columns } => {
                let key = name::column(key_column)?.to_owned();
                let mut row = columns.as_map().clone();
                row.insert(key, Value::String(id.hyphenated().to_string()));
                Ok(Self {
                    method: Method::POST,
                    path: name::entity(entity_set)?.to_owned(),
                    headers: Vec::new(),
                    body: Some(Value::Object(row).to_string().into()),
                })
            }
            Write::Update { entity_set, id, columns, precondition } => Ok(Self {
                method: Method::PATCH,
                path: format!("{}({})", name::entity(entity_set)?, id.hyphenated()),
                headers: vec![("If-Match", if_match(precondition)?)],
                body: Some(Value::Object(columns.as_map().clone()).to_string().into()),
            }),
            Write::Action { entity_set, id, action, parameters } => Ok(Self {
                method: Method::POST,
                path: format!(
                    "{}({})/{NAMESPACE}.{}",
                    name::entity(entity_set)?,
                    id.hyphenated(),
                    name::action(action)?
                ),
                headers: Vec::new(),
                body: Some(Value::Object(parameters.as_map().clone()).to_string().into()),
            }),
        }
    }
}

fn if_match(precondition: &Precondition) -> Result<String> {
    match precondition {
        Precondition::Exists => Ok("*".to_owned()),
        Precondition::Version(etag) if is_etag(etag) => Ok(etag.clone()),
        Precondition::Version(etag) => Err(Error::Configuration {
            message: format!("{etag:?} is not the version of a row; expected W/\"<number>\""),
        }),
    }
}

/// RFC 9110, section 8.8.3; a list of several is not one version.
fn is_etag(text: &str) -> bool {
    let opaque = text.strip_prefix("W/").unwrap_or(text);
    opaque
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .is_some_and(|inner| inner.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::Columns;

    fn update(entity_set: &str, version: &str) -> Write {
        Write::Update {
            entity_set: entity_set.to_owned(),
            id: Uuid::nil(),
            columns: Columns::new(),
            precondition: Precondition::Version(version.to_owned()),
        }
    }

    #[test]
    fn a_create_carries_its_key_in_the_body() {
        let id = Uuid::from_u128(7);
        let operation = Operation::write(&Write::Create {
            entity_set: "phonecalls".to_owned(),
            key_column: "activityid".to_owned(),
            id,
            columns: Columns::new().set("subject", "x"),
        })
        .unwrap();
        assert_eq!((operation.method, operation.path.as_str()), (Method::POST, "phonecalls"));
        let body: Value = serde_json::from_slice(&operation.body.unwrap()).unwrap();
        assert_eq!(body, json!({"subject": "x", "activityid": id.to_string()}));
    }

    #[test]
    fn a_version_that_could_break_out_of_its_header_is_refused() {
        for (version, good) in [
            ("W/\"123\"", true),
            ("\"123\"", true),
            ("W/\"1\"\r\nMSCRMCallerID: x", false),
            ("W/\"1\", W/\"2\"", false),
            ("123", false),
            ("", false),
            ("W/\"ä\"", false),
        ] {
            assert_eq!(Operation::write(&update("contacts", version)).is_ok(), good, "{version}");
        }
    }

    fn add_to_queue(entity_set: &str, action: &str) -> Write {
        let phone_call = json!({"@odata.type": "Microsoft.Dynamics.CRM.phonecall"});
        Write::Action {
            entity_set: entity_set.to_owned(),
            id: Uuid::from_u128(7),
            action: action.to_owned(),
            parameters: Columns::new().set("Target", phone_call),
        }
    }

    #[test]
    fn an_action_is_called_on_its_row_with_its_parameters() {
        let operation = Operation::write(&add_to_queue("queues", "AddToQueue")).unwrap();
        assert_eq!(operation.method, Method::POST);
        assert_eq!(
            operation.path,
            "queues(00000000-0000-0000-0000-000000000007)/Microsoft.Dynamics.CRM.AddToQueue"
        );
        let body: Value = serde_json::from_slice(&operation.body.unwrap()).unwrap();
        let phone_call = json!({"@odata.type": "Microsoft.Dynamics.CRM.phonecall"});
        assert_eq!(body, json!({"Target": phone_call}));
    }

    #[test]
    fn an_action_that_is_no_name_is_refused() {
        for action in ["", "Microsoft.Dynamics.CRM.AddToQueue", "Add/ToQueue", "A b", "A\r\nB", "ä"]
        {
            let error = Operation::write(&add_to_queue("queues", action)).err().unwrap();
            assert!(error.to_string().contains("is not an action name"), "{error}");
        }
        assert!(Operation::write(&add_to_queue("queues(1)", "AddToQueue")).is_err());
    }

    #[test]
    fn an_entity_set_that_is_no_name_is_refused() {
        for set in ["", "contacts(1)", "contacts/x", "../contacts", "a b", "a\r\nb", "ä"] {
            let error = Operation::write(&update(set, "\"1\"")).err().unwrap();
            assert!(error.to_string().contains("is not an entity set name"), "{error}");
        }
    }
}
