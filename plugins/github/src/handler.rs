//! The bug handler.

use monkeyfarm_bug_kit::{Site, marker};
use monkeyfarm_plugin_api::{Bug, BugHandler, BugJob, Context, Failure, Schemas};

use crate::api::Api;
use crate::config::Config;

/// The bug handler `github`.
#[derive(Clone, Copy, Debug, Default)]
pub struct GitHub;

impl BugHandler for GitHub {
    fn show(&self, job: &BugJob, cx: &Context) -> Result<Bug, Failure> {
        Api::new(job, cx)?.issue()
    }

    fn comment(&self, job: &BugJob, cx: &Context) -> Result<Bug, Failure> {
        let api = Api::new(job, cx)?;
        let issue = api.issue()?;
        say(&api, job)?;
        Ok(issue)
    }

    fn close(&self, job: &BugJob, cx: &Context) -> Result<Bug, Failure> {
        settle(job, cx, false)
    }

    fn reopen(&self, job: &BugJob, cx: &Context) -> Result<Bug, Failure> {
        settle(job, cx, true)
    }

    fn schemas() -> Schemas {
        Schemas::default().handler::<Config>().local::<Site>()
    }
}

/// Makes an issue open or closed, after the comment: whatever breaks off in
/// between, the next try finds what is still to be done.
fn settle(job: &BugJob, cx: &Context, open: bool) -> Result<Bug, Failure> {
    let api = Api::new(job, cx)?;
    let issue = api.issue()?;
    say(&api, job)?;
    if issue.open == open { Ok(issue) } else { api.change(open) }
}

/// Says what was not said yet.
fn say(api: &Api<'_>, job: &BugJob) -> Result<(), Failure> {
    if job.comment.is_empty() || api.has(&job.marker)? {
        return Ok(());
    }
    api.say(&marker::sign(&job.comment, &job.marker))
}
