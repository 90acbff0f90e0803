//! Errors of Bugzilla, by its own codes: its HTTP statuses mislead (a wrong
//! key is 400, an unknown status 404).

use monkeyfarm_bug_kit::Reply;
use monkeyfarm_plugin_api::Failure;

/// What Bugzilla complains of, unless it did what it was asked.
///
/// # Errors
/// It did not.
pub(crate) fn unless_done(reply: Reply, url: &str, bug: &str) -> Result<Reply, Failure> {
    let code = reply.json.get("code").and_then(serde_json::Value::as_i64);
    let failed = reply.json.get("error").is_some_and(|error| error == true) || code.is_some();
    if reply.is_success() && !failed {
        return Ok(reply);
    }
    let message: String = reply.text("/message").chars().take(500).collect();
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    Err(match code {
        // Bugzilla repeats no key in what it says.
        Some(300..=309 | 400) => Failure::all_later(
            format!(
                "{url} does not take the key ({message}); correct api_key in [secrets] of \
                 plugins.d/bugzilla.toml on the regulator's host"
            ),
            0,
        ),
        Some(410) => Failure::all_later(
            format!(
                "{url} wants to know who asks; put an api_key into [secrets] of \
                 plugins.d/bugzilla.toml on the regulator's host"
            ),
            0,
        ),
        Some(100 | 101) => Failure::new(format!("{url} has no bug {bug}")),
        Some(102) => Failure::new(format!("{url} does not let this key see or change bug {bug}")),
        Some(code) => Failure::new(format!("{url} refuses: {message} (code {code})")),
        None => {
            Failure::later(format!("{url} answers as no Bugzilla does (status {})", reply.status))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use monkeyfarm_plugin_api::FailureKind;
    use serde_json::json;

    #[test]
    fn its_codes_count_and_not_its_statuses() {
        let fault = |status, code: i64| {
            let json = json!({ "error": true, "code": code, "message": "Who knows?" });
            let reply = Reply { status, json, next: None };
            unless_done(reply, "https://b", "7").unwrap_err()
        };
        let kinds: Vec<FailureKind> =
            [(400, 306), (401, 410), (404, 101), (400, 100), (404, 51), (400, 32000)]
                .map(|(status, code)| fault(status, code).kind)
                .into();
        let (later, failed) = (FailureKind::Later, FailureKind::Failed);
        assert_eq!(kinds, [later, later, failed, failed, failed, failed]);
        assert_eq!(fault(404, 101).sentence, "https://b has no bug 7");
        assert_eq!(fault(404, 51).sentence, "https://b refuses: Who knows? (code 51)");
        let odd = Reply { status: 200, json: json!({ "error": true }), next: None };
        assert_eq!(unless_done(odd, "https://b", "7").unwrap_err().kind, FailureKind::Later);
        let fine = Reply { status: 200, json: json!({ "bugs": [] }), next: None };
        assert!(unless_done(fine, "https://b", "7").is_ok());
    }
}
