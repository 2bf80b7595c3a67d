//! Texts as columns hold them.

/// Cuts a text to the length of its column, and says whether it did.
///
/// The length of a text column counts UTF-16 code units, as everything behind the platform does, so
/// a character outside the Basic Multilingual Plane, such as an emoji, counts twice. It is never cut
/// in two.
///
/// ```
/// use dataverse_client::cut_text;
///
/// assert_eq!(cut_text("Call me".to_owned(), 4), ("Call".to_owned(), true));
/// assert_eq!(cut_text("Hi 😀".to_owned(), 4), ("Hi ".to_owned(), true));
/// assert_eq!(cut_text("Hi 😀".to_owned(), 5), ("Hi 😀".to_owned(), false));
/// ```
#[must_use]
pub fn cut_text(mut text: String, limit: usize) -> (String, bool) {
    // No character has more UTF-16 code units than UTF-8 bytes.
    if text.len() <= limit {
        return (text, false);
    }
    let mut units = 0;
    let end = text.char_indices().find(|(_, character)| {
        units += character.len_utf16();
        units > limit
    });
    match end {
        Some((end, _)) => {
            text.truncate(end);
            (text, true)
        }
        None => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, limit: usize, kept: &str) {
        let (cut, was_cut) = cut_text(text.to_owned(), limit);
        assert_eq!((cut.as_str(), was_cut), (kept, kept != text), "{text:?} to {limit}");
    }

    #[test]
    fn a_text_is_cut_to_code_units_and_between_characters() {
        check("", 0, "");
        check("a", 0, "");
        check("abc", 3, "abc");
        check("abcd", 3, "abc");
        check("äää", 3, "äää");
        check("äääö", 3, "äää");
        check("€€", 1, "€");
        check("😀", 1, "");
        check("😀", 2, "😀");
        check("a😀b", 2, "a");
        check("a😀b", 3, "a😀");
        check("a😀b", 4, "a😀b");
    }

    proptest! {
        #[test]
        fn what_is_left_is_the_longest_beginning_that_fits(text in any::<String>(), limit in 0_usize..40) {
            let units = |text: &str| text.encode_utf16().count();
            let (cut, was_cut) = cut_text(text.clone(), limit);
            prop_assert!(text.starts_with(&cut));
            prop_assert!(units(&cut) <= limit);
            prop_assert_eq!(was_cut, cut != text);
            if let Some(next) = text[cut.len()..].chars().next() {
                prop_assert!(units(&cut) + next.len_utf16() > limit);
            }
        }
    }
}
