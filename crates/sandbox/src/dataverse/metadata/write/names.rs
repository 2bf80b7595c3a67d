//! Names of new definitions: what is allowed, and what follows from them (reference, section 9).

use super::invalid;
use crate::dataverse::failure::{Failure, Outcome};

/// Characters in a schema name.
const LONGEST: usize = 100;

/// Checks the schema name of a table, column, key or choice: customisation prefix, underscore,
/// name.
///
/// # Errors
/// 400 `0x80040203`.
pub(super) fn check_custom(name: &str) -> Outcome<()> {
    check(name)?;
    let (prefix, rest) = name.split_once('_').unwrap_or(("", name));
    let fits = (2..=8).contains(&prefix.len())
        && !prefix.to_ascii_lowercase().starts_with("mscrm")
        && !rest.is_empty();
    if fits {
        return Ok(());
    }
    Err(invalid(format!(
        "The name '{name}' is not valid: custom names begin with a customization prefix of 2 to 8 \
         alphanumeric characters that does not start with 'mscrm', and an underscore."
    )))
}

/// Checks letters and length of any schema name.
///
/// # Errors
/// 400 `0x80040203`.
pub(super) fn check(name: &str) -> Outcome<()> {
    let letters = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let start = name.starts_with(|letter: char| letter.is_ascii_alphabetic());
    if letters && start && name.len() <= LONGEST {
        return Ok(());
    }
    Err(invalid(format!(
        "The name '{name}' is not valid: names begin with a letter, hold letters, digits and \
         underscores only, and have at most {LONGEST} characters."
    )))
}

/// The entity set name of a table: the English plural of its logical name.
pub(super) fn plural(name: &str) -> String {
    let hissing = ["s", "x", "z", "ch", "sh"].iter().any(|end| name.ends_with(end));
    let mut letters = name.chars().rev();
    match (letters.next(), letters.next()) {
        _ if hissing => format!("{name}es"),
        (Some('y'), Some(before)) if !"aeiou".contains(before) => {
            format!("{}ies", &name[..name.len() - 1])
        }
        _ => format!("{name}s"),
    }
}

/// 400 `0x80047013`: the name is taken.
pub(super) fn taken(what: &str, name: &str) -> Failure {
    Failure::bad_request("0x80047013", format!("The {what} with the name '{name}' already exists."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_named_by_the_plural() {
        for (name, set) in [
            ("ev_setting", "ev_settings"),
            ("ev_status", "ev_statuses"),
            ("ev_box", "ev_boxes"),
            ("ev_branch", "ev_branches"),
            ("ev_reply", "ev_replies"),
            ("ev_survey", "ev_surveys"),
        ] {
            assert_eq!(plural(name), set);
        }
    }

    #[test]
    fn custom_names_have_a_prefix() {
        for good in ["ev_Setting", "new_a", "contosox_Name_2"] {
            assert!(check_custom(good).is_ok(), "{good}");
        }
        for bad in ["Setting", "e_x", "mscrm_x", "toolong99_x", "ev_", "1v_x", "ev_ä", "ev x", ""]
        {
            assert!(check_custom(bad).is_err(), "{bad}");
        }
    }
}
