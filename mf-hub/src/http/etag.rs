//! Versions of objects in headers: `ETag`, `If-None-Match`, `If-Match`.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::store::terms::Wanted;
use crate::store::version;

/// The tag of an object as it was rendered.
pub fn of(object: &[u8]) -> HeaderValue {
    // Quotes and hexadecimal digits can stand in any header.
    HeaderValue::try_from(format!("\"{:016x}\"", version::of(object)))
        .unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether the caller has the object as it is.
pub fn is_known(headers: &HeaderMap, object: &[u8]) -> bool {
    headers.contains_key(header::IF_NONE_MATCH)
        && match wanted(headers, &header::IF_NONE_MATCH, true) {
            Some(Wanted::Any) => true,
            Some(Wanted::OneOf(versions)) => versions.contains(&version::of(object)),
            None => false,
        }
}

/// What says so.
pub fn not_modified(object: &[u8]) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response.headers_mut().insert(header::ETAG, of(object));
    response
}

/// The versions that `If-Match` asks for; `None` when it asks for nothing. A
/// tag that is none of ours, or a weak one, is no object's version.
pub fn if_match(headers: &HeaderMap) -> Option<Wanted> {
    wanted(headers, &header::IF_MATCH, false)
}

fn wanted(headers: &HeaderMap, name: &HeaderName, weak_too: bool) -> Option<Wanted> {
    let mut versions = Vec::new();
    let mut given = headers.get_all(name).iter().peekable();
    given.peek()?;
    for tag in given.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(',')) {
        let tag = tag.trim();
        if tag == "*" {
            return Some(Wanted::Any);
        }
        // Proxies that compress make strong tags weak.
        let tag = tag.strip_prefix("W/").filter(|_| weak_too).unwrap_or(tag);
        let inner = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
        versions.extend(inner.and_then(|tag| u64::from_str_radix(tag, 16).ok()));
    }
    Some(Wanted::OneOf(versions))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_stars_and_weak_tags_are_read() {
        let object = b"{\"id\":1}";
        let tag = of(object).to_str().unwrap().to_owned();
        let given = |name: &HeaderName, value: &str| {
            HeaderMap::from_iter([(name.clone(), HeaderValue::from_str(value).unwrap())])
        };
        let known = |value: &str| is_known(&given(&header::IF_NONE_MATCH, value), object);
        assert!(known(&tag) && known("*") && known(&format!("\"0\", W/{tag}")));
        assert!(!known("\"0\"") && !known("nonsense") && !is_known(&HeaderMap::new(), object));
        let wants = |value: &str| if_match(&given(&header::IF_MATCH, value));
        assert_eq!(wants("*"), Some(Wanted::Any));
        assert_eq!(wants(&tag), Some(Wanted::OneOf(vec![version::of(object)])));
        assert_eq!(wants(&format!("W/{tag}, x")), Some(Wanted::OneOf(Vec::new())));
        assert_eq!(if_match(&HeaderMap::new()), None);
    }
}
