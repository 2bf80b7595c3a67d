//! An error with all its causes, for a person.

use std::error::Error;

/// The messages of an error and its causes, joined by colons. A message that its cause repeats at
/// its end is not said twice.
pub fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Link(&'static str, #[source] Option<Box<Link>>);

    #[test]
    fn every_cause_is_said_once() {
        let root = Link("no route to host", None);
        let middle = Link("no route to host", Some(Box::new(root)));
        let top = Link("calls could not be read", Some(Box::new(middle)));
        assert_eq!(error_chain(&top), "calls could not be read: no route to host");
    }
}
