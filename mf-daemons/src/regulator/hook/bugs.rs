//! Does the errands for bug trackers, through the bug handlers of plugins.

mod words;

use std::time::Duration;

use mf_core::errand::{
    self, BugAction, BugFound, BugWork, Done, Ended, ErrandClaim, Found, Kind, Work,
};
use mf_core::wire::HandlerKind;
use monkeyfarm_plugin_api as api;
use monkeyfarm_plugin_api::{BugJob, FailureKind};

use super::super::errands;
use super::super::handlers::Handlers;
use super::{Hook, HookContext};
use crate::plugin::{self, Job};

/// How long one call of a handler may take: several requests, each with a limit
/// of its own.
const CALL_TIME: Duration = Duration::from_secs(300);

inventory::submit! {
    Hook { name: "bugs", wakes: &[errand::NAME, "bug_handler"], run }
}

fn run(context: &HookContext) -> anyhow::Result<()> {
    let mut known = None;
    let done = errands::each(context, &[Kind::Bug], |claim| {
        let Work::Bug(work) = &claim.work else { return errands::other_kind() };
        let ended = match handlers(context, &mut known) {
            Ok(handlers) => call(handlers, claim, work),
            Err(why) => Ended::Later { why, seconds: 0, all: true },
        };
        if let Ended::Later { why, .. } | Ended::Refused { why } = &ended {
            let (doing, bug) = (work.action.name(), &work.bug);
            context
                .warn(format!("{doing} bug {bug} of build {}/{}: {why}", work.project, work.build));
        }
        ended
    });
    if let Some((handlers, _)) = &known {
        handlers.report(context)?;
    }
    done
}

/// The handlers of this host, once there is something for them to do.
fn handlers<'a>(
    context: &HookContext,
    known: &'a mut Option<(Handlers, tempfile::TempDir)>,
) -> Result<&'a (Handlers, tempfile::TempDir), String> {
    if known.is_none() {
        let cannot = |error: anyhow::Error| format!("the regulator's host: {error:#}");
        let work = tempfile::tempdir().map_err(|error| cannot(error.into()))?;
        *known = Some((Handlers::new(context).map_err(cannot)?, work));
    }
    known.as_ref().ok_or_else(|| "no handler can be called".to_owned())
}

fn call(
    (handlers, dir): &(Handlers, tempfile::TempDir),
    claim: &ErrandClaim,
    work: &BugWork,
) -> Ended {
    let job = |local_config, _| {
        Job::Bug(Box::new(BugJob {
            action: action(work.action),
            bug: work.bug.clone(),
            comment: words::comment(work),
            marker: claim.marker.clone(),
            project: work.project.clone(),
            package: work.package.clone(),
            build: work.build.clone(),
            build_url: work.build_url.clone(),
            tag: work.tag.clone(),
            handler_config: work.handler.config.clone(),
            local_config,
        }))
    };
    match handlers.call(HandlerKind::BugHandler, &work.handler, dir.path(), CALL_TIME, job) {
        Ok(plugin::Ended::Bug(api::Bug { title, status, open })) => {
            Ended::Done(Done { found: Some(Found::Bug(BugFound { title, status, open })) })
        }
        Ok(_) => errands::later("the bug handler gave an answer to another question"),
        Err(failure) if failure.kind == FailureKind::Failed => {
            Ended::Refused { why: failure.sentence }
        }
        Err(failure) => {
            let seconds = i64::try_from(failure.wait.seconds).unwrap_or(i64::MAX);
            Ended::Later { why: failure.sentence, seconds, all: failure.wait.all }
        }
    }
}

fn action(action: BugAction) -> api::BugAction {
    match action {
        BugAction::Show => api::BugAction::Show,
        BugAction::Comment => api::BugAction::Comment,
        BugAction::Close => api::BugAction::Close,
        BugAction::Reopen => api::BugAction::Reopen,
        BugAction::Link => api::BugAction::Link,
    }
}
