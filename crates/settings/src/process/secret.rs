//! Secrets: given in place, or in a file of their own.

use secrecy::SecretString;

use crate::process::section::{Given, Section};

/// Largest secret file. A path that points elsewhere by mistake must not be read into memory.
const FILE_LIMIT_BYTES: u64 = 64 * 1024;

/// The keys of a secret: in place, and as the path of a file that holds it.
#[derive(Clone, Copy)]
pub(crate) struct SecretKeys {
    pub(crate) value: &'static str,
    pub(crate) file: &'static str,
}

impl SecretKeys {
    /// Whether either key is given.
    pub(crate) fn are_in(self, section: &Section<'_>) -> bool {
        section.has(self.value) || section.has(self.file)
    }

    /// Reads the secret; a missing one is a problem.
    pub(crate) fn required(
        self,
        section: &mut Section<'_>,
        expected: &str,
    ) -> Option<SecretString> {
        if !self.are_in(section) {
            let path = section.path_of(self.value);
            section.reading.note_missing(&path, expected, &[self.file]);
        }
        self.read(section)
    }

    /// Reads the secret, if it is given.
    pub(crate) fn read(self, section: &mut Section<'_>) -> Option<SecretString> {
        let (value, file) = (section.text(self.value), section.text(self.file));
        match (value, file) {
            (None, None) => None,
            (Some(value), None) => {
                let text = SecretString::from(value.text.as_str());
                checked(section, &value, text, "the secret is empty".to_owned())
            }
            (None, Some(file)) => from_file(section, &file),
            (Some(value), Some(file)) => {
                let other = section.reading.name(&file.source);
                let message =
                    format!("{} is given as well, in {other}; keep one of them", self.file);
                section.note(&value, message);
                None
            }
        }
    }
}

fn from_file(section: &Section<'_>, file: &Given) -> Option<SecretString> {
    if file.text.trim().is_empty() {
        section.note(file, "the path is empty");
        return None;
    }
    let path = section.reading.resolve(&file.text);
    let shown = path.display();
    let read = std::fs::metadata(&path).and_then(|metadata| {
        if metadata.len() > FILE_LIMIT_BYTES {
            return Err(std::io::Error::other("it is too large for a secret"));
        }
        std::fs::read_to_string(&path)
    });
    match read {
        Ok(text) => {
            // Editors and `echo` end a file with a line break that is no part of the secret.
            let secret = SecretString::from(text.trim_end_matches(['\r', '\n']));
            checked(section, file, secret, format!("the file {shown} is empty"))
        }
        Err(error) => {
            section.note(file, format!("cannot read the secret file {shown}: {error}"));
            None
        }
    }
}

fn checked(
    section: &Section<'_>,
    given: &Given,
    secret: SecretString,
    if_empty: String,
) -> Option<SecretString> {
    use secrecy::ExposeSecret;
    let text = secret.expose_secret();
    if text.trim().is_empty() {
        section.note(given, if_empty);
        return None;
    }
    // Secrets travel in headers, where a line break would end them.
    if text.chars().any(char::is_control) {
        section.note(given, "the secret holds a line break or another control character");
        return None;
    }
    Some(secret)
}
