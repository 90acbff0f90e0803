//! What a tracker replied.

use serde_json::Value;

/// A reply that can be understood: JSON, of a status below 500.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub json: Value,
    /// Path and query of the next page, by the header `Link`; always at the
    /// tracker itself.
    pub next: Option<String>,
}

impl Reply {
    /// Whether what was asked for was done.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A text of the body, by its place: `/bugs/0/summary`; empty where there
    /// is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.json.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

/// The address of the next page in a `Link` header (RFC 8288).
pub(crate) fn next_page(link: &str) -> Option<&str> {
    link.split(',').find_map(|part| {
        let (address, parameters) = part.trim().strip_prefix('<')?.split_once('>')?;
        let next = |parameter: &str| {
            let rel = parameter.trim().strip_prefix("rel=");
            rel.is_some_and(|rel| rel.trim_matches('"').split(' ').any(|word| word == "next"))
        };
        parameters.split(';').any(next).then_some(address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found() {
        let link = "<https://a/x?page=1>; rel=\"prev\", <https://a/x?page=3>; rel=\"next\"";
        assert_eq!(next_page(link), Some("https://a/x?page=3"));
        assert_eq!(next_page("<https://a/x?page=1>; rel=\"last\""), None);
        assert_eq!(next_page("nonsense"), None);
    }
}
