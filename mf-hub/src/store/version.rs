//! The version of an object: a number that differs when any field does.

use std::hash::BuildHasher;

use foldhash::quality::FixedState;

/// The version of an object as it was rendered. It is of the bytes, and not a
/// counter of the row, because much of an object stands elsewhere: labels of
/// what it refers to, lists of what refers to it, what the caller may see.
/// Every reading pays for it, so the hash is a quick one; it guards against
/// accidents, and nobody gains by two versions that look the same.
pub fn of(object: &[u8]) -> u64 {
    FixedState::default().hash_one(object)
}
