//! Checks of the farm as a whole, by the hub's status: queue, regulator, disk.

use mf_core::error::Code;
use mf_core::time;
use serde_json::{Map, Value};

use super::Check;
use crate::Hub;
use crate::cli::exit::{Exit, Failure};
use crate::cli::print::{size, span};
use crate::cli::verb::status;

/// A regulator that was not heard of for so long is gone, in seconds: its
/// hooks look at the farm more often.
const SILENT: i64 = 300;

/// Looks at it.
///
/// # Errors
/// The hub does not say.
pub async fn look(hub: &Hub) -> Result<Vec<Check>, Failure> {
    let brief = Map::from_iter([("brief".to_owned(), Value::Bool(true))]);
    let said = match hub.call("util", None, "status", &brief).await {
        // One of before there was anything to look at.
        Err(error) if error.is(Code::UnknownField) => return Ok(Vec::new()),
        said => said?,
    };
    let status = said.get("status").unwrap_or(&Value::Null);
    Ok(vec![queue(status), regulator(status, &time::now()), disk(status)])
}

fn queue(status: &Value) -> Check {
    match status.pointer("/queue/paused").filter(|pause| pause.is_object()) {
        Some(pause) => Check::odd(
            "queue",
            format!("it is {}: nobody gets a task", status::paused(pause)),
            "mf util resume",
        ),
        None => Check::good("queue", "systems get tasks"),
    }
}

fn regulator(status: &Value, now: &str) -> Check {
    let seen = status.get("regulator_seen").and_then(Value::as_str).unwrap_or_default();
    let mend = "on its host: systemctl status mf-regulatord; mf regulator --help";
    match time::seconds_between(seen, now) {
        None => Check::bad(
            "regulator",
            Exit::NotFound,
            "it was never heard of: nothing of plugins is known",
            mend,
        ),
        Some(seconds) if seconds > SILENT => Check::odd(
            "regulator",
            format!(
                "it was last heard of {} ago: new plugins, bugs, repositories and commits wait",
                span(seconds)
            ),
            mend,
        ),
        Some(_) => Check::good("regulator", "it was heard of lately"),
    }
}

fn disk(status: &Value) -> Check {
    match status.get("scarce_bytes").and_then(Value::as_i64) {
        Some(bytes) => Check::bad(
            "hub's disk",
            Exit::Refused,
            format!("only {} are left: logs and files are refused", size(bytes)),
            "on the hub's host, free some space where its data directory is: df -h",
        ),
        None => Check::good("hub's disk", "there is room for logs and files"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::verb::doctor::State;
    use serde_json::json;

    #[test]
    fn what_is_wrong_is_said_with_what_mends_it() {
        let pause =
            json!({ "user_label": "ada", "date": "2026-01-31 12:00:00", "reason": "disks" });
        let status = json!({
            "queue": { "paused": pause }, "regulator_seen": "2026-01-31 10:00:00",
            "scarce_bytes": 2_048,
        });
        let checks = [queue(&status), regulator(&status, "2026-01-31 12:00:00"), disk(&status)];
        for (check, said, mend) in [
            (&checks[0], "paused by ada", "mf util resume"),
            (&checks[1], "last heard of 2h 00m ago", "mf-regulatord"),
            (&checks[2], "only 2.0 KiB (2048 bytes) are left", "df -h"),
        ] {
            assert!(check.says.contains(said) && check.mend.contains(mend), "{check:?}");
            assert_ne!(check.state, State::Good);
        }
        let well = json!({ "regulator_seen": "2026-01-31 11:59:00", "queue": { "paused": null } });
        let checks = [queue(&well), regulator(&well, "2026-01-31 12:00:00"), disk(&well)];
        assert!(checks.iter().all(|check| check.state == State::Good), "{checks:?}");
        assert_eq!(regulator(&json!({}), "x").state, State::Bad(Exit::NotFound));
    }
}
