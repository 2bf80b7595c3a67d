//! Keys of the simulated company: a kind and a number, easy to tell apart in a failed test.

use uuid::Uuid;

/// The namespace of activity ids (design, section 3): written here once more, so that a change of it
/// shows.
pub(crate) const NAMESPACE: Uuid = Uuid::from_u128(0x6f8d3a52_9a4e_5c1b_8f0a_3d5e7c9b1a20);

/// The key of the n-th thing of a kind.
pub(crate) fn id(kind: u16, number: u32) -> Uuid {
    let bytes = number.to_be_bytes();
    Uuid::from_fields(
        number,
        kind,
        0x4000,
        &[0x80, 0, 0, 0, bytes[0], bytes[1], bytes[2], bytes[3]],
    )
}
