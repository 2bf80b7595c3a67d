//! Bytes of others as text.

use std::borrow::Cow;

/// A body as text. A byte-order mark, which .NET services like to send, is taken off, and bytes
/// that are not UTF-8 are replaced: one bad byte in one name must not hide all rows.
pub(crate) fn as_text(body: &[u8]) -> Cow<'_, str> {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    String::from_utf8_lossy(body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body))
}
