//! Digit strings in eight bytes: the index holds millions of them.

use std::num::NonZeroU64;

use voice_model::E164;

/// The most digits that fit beside the marking one in a `u64`.
const SHORT_DIGITS: usize = 18;

/// A string of decimal digits, leading zeros kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Digits {
    /// Up to 18 digits as a decimal number with a 1 before them, which keeps leading zeros.
    Short(u64),
    /// More.
    Long(Box<str>),
}

impl Digits {
    /// Packs a text of ASCII digits.
    pub(crate) fn pack(digits: &str) -> Self {
        if digits.len() > SHORT_DIGITS {
            return Self::Long(digits.into());
        }
        Self::Short(digits.bytes().fold(1, |number, byte| number * 10 + u64::from(byte & 0x0f)))
    }

    /// Calls `with` with the digits as ASCII.
    pub(crate) fn with<T>(&self, with: impl FnOnce(&[u8]) -> T) -> T {
        match self {
            Self::Long(digits) => with(digits.as_bytes()),
            Self::Short(number) => unpacked(*number, |digits| with(&digits[1..])),
        }
    }
}

/// An E.164 number as a decimal number: at most 15 digits and the first not zero, so nothing is
/// lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct E164Key(NonZeroU64);

impl E164Key {
    /// The key of a number.
    pub(crate) fn of(number: &E164) -> Self {
        let value =
            number.digits().bytes().fold(0, |value: u64, byte| value * 10 + u64::from(byte & 0x0f));
        Self(NonZeroU64::new(value).unwrap_or(NonZeroU64::MIN))
    }

    /// Calls `with` with the digits as ASCII.
    pub(crate) fn with<T>(self, with: impl FnOnce(&[u8]) -> T) -> T {
        unpacked(self.0.get(), with)
    }
}

/// Calls `with` with the decimal digits of a number.
fn unpacked<T>(mut number: u64, with: impl FnOnce(&[u8]) -> T) -> T {
    let mut buffer = [0_u8; 20];
    let mut start = buffer.len();
    while number > 0 {
        start -= 1;
        buffer[start] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    with(&buffer[start..])
}

/// Whether `needle` stands in `digits`.
pub(crate) fn contains(digits: &[u8], needle: &[u8]) -> bool {
    needle.is_empty() || digits.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_loses_nothing() {
        for digits in ["", "0", "000", "0501234567", "999999999999999999", "0123456789012345678"] {
            Digits::pack(digits).with(|unpacked| assert_eq!(unpacked, digits.as_bytes()));
        }
        let number: E164 = "+358501234567".parse().unwrap();
        E164Key::of(&number).with(|digits| assert_eq!(digits, b"358501234567"));
    }

    #[test]
    fn packed_digits_stay_small() {
        assert_eq!(size_of::<Digits>(), 16);
        assert_eq!(size_of::<Option<E164Key>>(), 8);
    }
}
