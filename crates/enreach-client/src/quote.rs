//! Foreign text in our messages: short, on one line, without long runs of digits, which may be
//! phone numbers.

use voice_model::mask_number;

/// A run of digits of this length or more is masked.
const NUMBER_DIGITS: usize = 7;

/// The first `longest` characters of `text`, made safe to show.
pub(crate) fn quote(text: &str, longest: usize) -> String {
    let mut shown = String::new();
    let mut digits = String::new();
    let mut characters = text.trim().chars();
    for character in characters.by_ref().take(longest) {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        flush(&mut digits, &mut shown);
        shown.push(if character.is_control() { ' ' } else { character });
    }
    flush(&mut digits, &mut shown);
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

fn flush(digits: &mut String, shown: &mut String) {
    if digits.len() >= NUMBER_DIGITS {
        shown.push_str(&mask_number(digits));
    } else {
        shown.push_str(digits);
    }
    digits.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_shown_short_on_one_line_and_without_numbers() {
        for (text, shown) in [
            ("  StartTime and EndTime are required ", "StartTime and EndTime are…"),
            ("a\r\nb\tc", "a  b c"),
            ("call 358501234567!", "call 3585******67!"),
            ("code 123456", "code 123456"),
            ("", ""),
        ] {
            assert_eq!(quote(text, 25), shown, "{text}");
        }
        assert_eq!(quote(&"ä".repeat(30), 3), "äää…");
    }
}
