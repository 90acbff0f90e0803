//! The bug handler.

use monkeyfarm_bug_kit::{Site, marker};
use monkeyfarm_plugin_api::{Bug, BugHandler, BugJob, Context, Failure, Schemas};
use serde_json::{Value, json};

use crate::api::Api;
use crate::config::Config;

/// The bug handler `bugzilla`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bugzilla;

impl BugHandler for Bugzilla {
    fn show(&self, job: &BugJob, cx: &Context) -> Result<Bug, Failure> {
        Api::new(job, cx)?.bug()
    }

    fn comment(&self, job: &BugJob, cx: &Context) -> Result<Bug, Failure> {
        let api = Api::new(job, cx)?;
        let bug = api.bug()?;
        if let Some(text) = unsaid(&api, job)? {
            api.say(&text)?;
        }
        Ok(bug)
    }

    fn close(&self, job: &BugJob, cx: &Context) -> Result<Bug, Failure> {
        let api = Api::new(job, cx)?;
        let fields = json!({
            "status": api.config.closed_status,
            "resolution": api.config.resolution,
        });
        settle(&api, job, false, fields)
    }

    fn reopen(&self, job: &BugJob, cx: &Context) -> Result<Bug, Failure> {
        let api = Api::new(job, cx)?;
        let fields = json!({ "status": api.config.open_status });
        settle(&api, job, true, fields)
    }

    fn schemas() -> Schemas {
        Schemas::default().handler::<Config>().local::<Site>()
    }
}

/// Makes a bug open or closed with a comment, in one change. One that is so
/// already only gets the comment.
fn settle(api: &Api<'_>, job: &BugJob, open: bool, fields: Value) -> Result<Bug, Failure> {
    let bug = api.bug()?;
    let text = unsaid(api, job)?;
    if bug.open != open {
        api.change(fields, text.as_deref())?;
        return api.bug();
    }
    if let Some(text) = text {
        api.say(&text)?;
    }
    Ok(bug)
}

/// What is still to be said; nothing when it was.
fn unsaid(api: &Api<'_>, job: &BugJob) -> Result<Option<String>, Failure> {
    if job.comment.is_empty() || api.has(&job.marker)? {
        return Ok(None);
    }
    Ok(Some(marker::sign(&job.comment, &job.marker)))
}
