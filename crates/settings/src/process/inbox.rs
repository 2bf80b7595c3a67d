//! How events of callback requests are worked off.

use crate::process::section::Section;

/// `[inbox]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InboxConfig {
    /// How often an event is tried before it is a dead letter: 8 unless told otherwise, at least 1
    /// and at most 100. A close that Enreach refuses is tried as often.
    pub attempts: u32,
}

impl Default for InboxConfig {
    fn default() -> Self {
        Self { attempts: 8 }
    }
}

impl InboxConfig {
    pub(crate) fn read(section: Option<Section<'_>>) -> Self {
        let default = Self::default();
        let Some(mut section) = section else { return default };
        let attempts = section.read_number("attempts", attempts).unwrap_or(default.attempts);
        section.finish();
        Self { attempts }
    }
}

fn attempts(text: &str) -> Result<u32, String> {
    let number = text.trim().parse().ok().filter(|number| (1..=100).contains(number));
    number.ok_or_else(|| format!("{text:?} is not a number of attempts; expected 1 to 100"))
}
