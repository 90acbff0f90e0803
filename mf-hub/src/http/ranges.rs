//! A stored file as an answer: in blocks, whole or the range that was asked
//! for, and never as something that a browser would run.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use mf_core::error::{Code, Error};

use crate::files::Reading;

/// Tells a proxy to pass an answer on as it grows.
pub const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// A range of bytes: the first, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first byte.
    pub first: u64,
    /// How many.
    pub length: u64,
}

/// The range that the headers ask for, of something that has `whole` bytes;
/// `None` for all of it. Several ranges at once, other units and what cannot
/// be read are passed over, as HTTP has it.
///
/// # Errors
/// [`Code::BadRange`] when none of it is there.
pub fn range(headers: &HeaderMap, whole: u64) -> Result<Option<Range>, Error> {
    let text = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let Some((first, last)) =
        text.and_then(|text| text.strip_prefix("bytes=")).and_then(|text| text.split_once('-'))
    else {
        return Ok(None);
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let (first, end) = match (number(first), number(last), first.is_empty(), last.is_empty()) {
        (Some(first), _, _, true) => (first, whole),
        (Some(first), Some(last), _, _) if first <= last => {
            (first, last.saturating_add(1).min(whole))
        }
        (None, Some(suffix), true, _) => (whole - suffix.min(whole), whole),
        _ => return Ok(None),
    };
    if first >= end {
        let told = format!("there are {whole} bytes, and the range is beyond them");
        return Err(Error::new(Code::BadRange, told));
    }
    Ok(Some(Range { first, length: end - first }))
}

/// Answers with a stored file, to be saved under `name`.
///
/// # Errors
/// The disk fails; [`Code::BadRange`].
pub fn attachment(reading: Reading, headers: &HeaderMap, name: &str) -> Result<Response, Error> {
    let mut response = ranged(reading, headers, 0)?;
    let headers = response.headers_mut();
    set(headers, header::CONTENT_TYPE, "application/octet-stream");
    set(headers, header::CONTENT_DISPOSITION, &disposition(name));
    Ok(response)
}

/// Answers with a stored file of this type, to be shown or saved.
///
/// # Errors
/// The disk fails; [`Code::BadRange`].
pub fn file(reading: Reading, headers: &HeaderMap, media: &str) -> Result<Response, Error> {
    let mut response = ranged(reading, headers, 0)?;
    set(response.headers_mut(), header::CONTENT_TYPE, media);
    Ok(response)
}

/// Answers with a log as it is now, from byte `offset` on.
///
/// # Errors
/// The disk fails; [`Code::BadRange`].
pub fn text(reading: Reading, headers: &HeaderMap, offset: u64) -> Result<Response, Error> {
    let mut response = ranged(reading, headers, offset)?;
    set(response.headers_mut(), header::CONTENT_TYPE, "text/plain; charset=utf-8");
    Ok(response)
}

/// What every answer with foreign bytes has: a browser shows it as what it is
/// said to be, runs nothing of it, and keeps no copy.
pub fn harmless(response: &mut Response) {
    let headers = response.headers_mut();
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
    set(headers, header::CACHE_CONTROL, "no-store");
}

fn ranged(reading: Reading, headers: &HeaderMap, offset: u64) -> Result<Response, Error> {
    let whole = reading.length()?;
    let asked = range(headers, whole)?;
    let left = Range { first: offset, length: whole.saturating_sub(offset) };
    let Range { first, length } = asked.unwrap_or(left);
    let mut response = Response::new(blocks(reading, first, length));
    let out = response.headers_mut();
    set(out, header::ACCEPT_RANGES, "bytes");
    set(out, header::CONTENT_LENGTH, &length.to_string());
    if asked.is_some() {
        let range = format!("bytes {first}-{}/{whole}", first + length - 1);
        set(out, header::CONTENT_RANGE, &range);
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    harmless(&mut response);
    Ok(response)
}

/// A part of a file, block by block. A file that turns out shorter breaks the
/// answer off, and the client sees that it is not whole.
fn blocks(reading: Reading, first: u64, length: u64) -> Body {
    Body::from_stream(stream::unfold((reading, first, length), |(reading, at, left)| async move {
        if left == 0 {
            return None;
        }
        let block = reading.block(at, left).await.and_then(|block: Bytes| {
            let short = || Error::new(Code::Internal, "the file is shorter than it was");
            if block.is_empty() { Err(short()) } else { Ok(block) }
        });
        let read = block.as_ref().map_or(left, |block| block.len() as u64);
        Some((block, (reading, at + read, left - read)))
    }))
}

/// `attachment` with a file name that any client can read: RFC 6266.
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !"\"\\%".contains(c) { c } else { '_' })
        .collect();
    let mut exact = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            exact.push(char::from(byte));
        } else {
            exact += &format!("%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // Everything that comes here is visible ASCII; a mistake of ours would
    // cost the header and not the answer.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str, whole: u64) -> Result<Option<(u64, u64)>, Code> {
        let headers = HeaderMap::from_iter([(header::RANGE, text.parse().unwrap())]);
        let found = range(&headers, whole).map_err(|error| error.code)?;
        Ok(found.map(|range| (range.first, range.length)))
    }

    #[test]
    fn ranges_are_read_as_http_has_them() {
        assert_eq!(asked("bytes=0-3", 10), Ok(Some((0, 4))));
        assert_eq!(asked("bytes=4-", 10), Ok(Some((4, 6))));
        assert_eq!(asked("bytes=-3", 10), Ok(Some((7, 3))));
        assert_eq!(asked("bytes=-30", 10), Ok(Some((0, 10))));
        assert_eq!(asked("bytes=4-18446744073709551615", 10), Ok(Some((4, 6))));
        assert_eq!(asked("bytes=10-", 10), Err(Code::BadRange));
        assert_eq!(asked("bytes=-0", 10), Err(Code::BadRange));
        for passed_over in ["bytes=3-1", "bytes=0-1,4-5", "lines=1-2", "bytes=x-", "bytes=-"] {
            assert_eq!(asked(passed_over, 10), Ok(None), "{passed_over}");
        }
    }

    #[test]
    fn a_name_stands_in_a_header_whatever_it_is() {
        assert_eq!(
            disposition("größe \"1\".txt"),
            "attachment; filename=\"gr__e__1_.txt\"; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%221%22.txt"
        );
    }
}
