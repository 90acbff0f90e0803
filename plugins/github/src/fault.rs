//! Errors of GitHub, by its statuses; limits are understood before.

use monkeyfarm_bug_kit::Reply;
use monkeyfarm_plugin_api::Failure;

/// How long GitHub wants to be left alone when a secondary limit says
/// nothing else, in seconds.
const SECONDARY: u64 = 60;

/// What GitHub complains of, unless it did what it was asked.
///
/// # Errors
/// It did not.
pub(crate) fn unless_done(reply: Reply, url: &str, bug: &str) -> Result<Reply, Failure> {
    if reply.is_success() {
        return Ok(reply);
    }
    let message: String = reply.text("/message").chars().take(500).collect();
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    Err(match reply.status {
        401 => Failure::all_later(
            format!(
                "{url} does not take the token ({message}); correct token in [secrets] of \
                 plugins.d/github.toml on the regulator's host"
            ),
            0,
        ),
        403 if message.to_lowercase().contains("rate limit") => {
            Failure::all_later(format!("{url} limits how often it is called"), SECONDARY)
        }
        403 => Failure::new(format!("{url} does not let this token change issue {bug}: {message}")),
        404 => Failure::new(format!("{url} has no issue {bug}, or none that this token may see")),
        410 => Failure::new(format!("issue {bug} was deleted: {message}")),
        422 => Failure::new(format!("{url} refuses: {message}")),
        status => Failure::later(format!("{url} answers with status {status}: {message}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use monkeyfarm_plugin_api::FailureKind::{Failed, Later};
    use serde_json::json;

    #[test]
    fn each_status_is_for_good_or_for_later() {
        let fault = |status, message: &str| {
            let reply = Reply { status, json: json!({ "message": message }), next: None };
            unless_done(reply, "https://g", "7").unwrap_err()
        };
        for (status, kind) in
            [(401, Later), (403, Failed), (404, Failed), (410, Failed), (422, Failed), (418, Later)]
        {
            assert_eq!(fault(status, "no").kind, kind, "{status}");
        }
        let limit = fault(403, "You have exceeded a secondary rate limit.");
        assert_eq!((limit.kind, limit.wait.seconds, limit.wait.all), (Later, SECONDARY, true));
    }
}
