//! The formats that types have in schemas: sizes of integers, addresses, times.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::{Timestamp, civil::Date};
use serde_json::Value;

/// The name of a format, and what it is for people.
const ALL: &[(&str, &str)] = &[
    ("int8", "an integer of 8 bits"),
    ("int16", "an integer of 16 bits"),
    ("int32", "an integer of 32 bits"),
    ("int64", "an integer of 64 bits"),
    ("int128", "an integer"),
    ("int", "an integer of 64 bits"),
    ("uint8", "an integer of 8 bits, not negative"),
    ("uint16", "an integer of 16 bits, not negative"),
    ("uint32", "an integer of 32 bits, not negative"),
    ("uint64", "an integer of 64 bits, not negative"),
    ("uint128", "an integer, not negative"),
    ("uint", "an integer of 64 bits, not negative"),
    ("float", "a number"),
    ("double", "a number"),
    ("ip", "an IP address"),
    ("ipv4", "an IPv4 address"),
    ("ipv6", "an IPv6 address"),
    ("date", "a date such as 2026-01-31"),
    ("date-time", "a time such as 2026-01-31T12:00:00Z"),
    ("uuid", "a UUID"),
    ("uri", "an address such as https://example.org/"),
];

/// Whether a format is one that is read here.
pub fn is_known(name: &str) -> bool {
    ALL.iter().any(|(known, _)| *known == name)
}

/// What a format is, for a sentence.
pub fn about(name: &str) -> &str {
    ALL.iter().find(|(known, _)| *known == name).map_or(name, |(_, about)| *about)
}

/// Whether a value has a format: one of another type than the format speaks of
/// has it, and so has every value one that is not known.
pub fn fits(name: &str, value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            let Some(value) = number.as_i128() else { return true };
            integers(name).is_none_or(|(least, most)| (least..=most).contains(&value))
        }
        Value::String(text) => text_fits(name, text),
        _ => true,
    }
}

/// The smallest and the largest integer of a format.
fn integers(name: &str) -> Option<(i128, i128)> {
    Some(match name {
        "int8" => (i8::MIN.into(), i8::MAX.into()),
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "int64" | "int" => (i64::MIN.into(), i64::MAX.into()),
        "uint8" => (0, u8::MAX.into()),
        "uint16" => (0, u16::MAX.into()),
        "uint32" => (0, u32::MAX.into()),
        "uint64" | "uint" => (0, u64::MAX.into()),
        "uint128" => (0, i128::MAX),
        _ => return None,
    })
}

fn text_fits(name: &str, text: &str) -> bool {
    match name {
        "ip" => text.parse::<IpAddr>().is_ok(),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "date" => text.len() == 10 && text.parse::<Date>().is_ok(),
        "date-time" => text.parse::<Timestamp>().is_ok(),
        "uuid" => is_uuid(text),
        "uri" => is_uri(text),
        _ => true,
    }
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let plain = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    plain && matches!(lengths.as_slice(), [8, 4, 4, 4, 12] | [32])
}

/// A scheme, and after it nothing that no address may have.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let letter = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(letter)
        && !rest.is_empty()
        && !rest
            .contains(|c: char| c.is_whitespace() || c.is_control() || "<>\"{}|\\^`".contains(c))
}
