//! Contents that the store keeps and does not read.

use std::fmt;

use bytes::Bytes;

/// Bytes that the store returns as it got them, mostly JSON of the caller's own shape.
///
/// `Debug` shows the length only: legs and evidence hold phone numbers and names.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Opaque(Bytes);

impl Opaque {
    /// Wraps bytes.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self(bytes.into())
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opaque({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_content() {
        let legs = Opaque::new("{\"Anumber\":\"+358501234567\"}");
        assert_eq!(format!("{legs:?}"), "Opaque(27 bytes)");
    }
}
