//! The version of an object: what differs when anything of it does.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;

/// The version of an object as it was rendered. It is of the bytes, and not a
/// counter of the row, because much of an object stands elsewhere: labels of
/// what it refers to, lists of what refers to it, what the caller may see.
pub fn of(object: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(object);
    hasher.finish()
}
