//! A run of a hook as a process of its own: both sides of it.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use mf_core::lifeline::Lifeline;
use tokio::process::{Child, Command};

use super::context::HookContext;
use super::frame::{HookJob, HookReport};
use super::hook;

/// This program as it was started, even if its file has been replaced since.
const OURSELVES: &str = "/proc/self/exe";

/// A run that goes on.
pub struct HookProcess {
    child: Child,
    lifeline: Lifeline,
}

impl HookProcess {
    /// Runs a hook to its end, for at most `limit`. Dropped, it kills it.
    pub async fn run(name: &str, job: HookJob, limit: Duration) -> HookReport {
        let process = match Self::start(name) {
            Ok(process) => process,
            Err(error) => return HookReport::failed(format!("cannot be started: {error}")),
        };
        process.finish(job, limit).await
    }

    fn start(name: &str) -> io::Result<Self> {
        let (lifeline, stdin) = Lifeline::pair()?;
        let child = Command::new(OURSELVES)
            .arg0("mf-regulatord")
            .args(["--hook", name])
            .stdin(stdin)
            // Ctrl-C in a terminal is the regulator's to hear, not the hook's.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self { child, lifeline })
    }

    async fn finish(self, job: HookJob, limit: Duration) -> HookReport {
        let Self { mut child, lifeline } = self;
        let talk = tokio::task::spawn_blocking(move || {
            lifeline.send(&job)?;
            lifeline.recv::<HookReport>()
        });
        let heard = async {
            match talk.await {
                Ok(Ok(Some(report))) => report,
                Ok(Ok(None)) => HookReport::failed(match child.wait().await {
                    Ok(status) => died(status),
                    Err(error) => format!("ended without a report ({error})"),
                }),
                Ok(Err(error)) => HookReport::failed(format!("cannot be heard: {error}")),
                Err(error) => HookReport::failed(format!("cannot be heard: {error}")),
            }
        };
        let report = tokio::time::timeout(limit, heard).await.unwrap_or_else(|_| {
            let seconds = limit.as_secs();
            HookReport::failed(format!(
                "killed, since it was not done after {seconds} s; hook_seconds is the limit"
            ))
        });
        // What has said all that it has to say is not waited for any longer.
        // A thread that still listens ends when the lifeline's other end does.
        let _ = child.kill().await;
        report
    }
}

fn died(status: ExitStatus) -> String {
    match status.signal() {
        Some(signal) => format!("killed by signal {signal} before its report"),
        None => format!("ended without a report ({status})"),
    }
}

/// The hook's side: hears the job, runs, reports.
pub fn serve(name: &str) -> anyhow::Result<()> {
    let run = hook::named(name).with_context(|| format!("there is no hook {name:?}"))?;
    let lifeline = Lifeline::inherited()?
        .context("--hook is how mf-regulatord runs its hooks; start it without")?;
    let Some(job) = lifeline.recv::<HookJob>()? else { return Ok(()) };
    end_with_parent(lifeline.try_clone()?);
    let report = match HookContext::new(job) {
        Ok(context) => {
            let result = run(&context);
            context.into_report(result)
        }
        Err(error) => HookReport::failed(format!("{error:#}")),
    };
    lifeline.send(&report)?;
    Ok(())
}

/// A hook whose regulator is gone ends at once.
fn end_with_parent(lifeline: Lifeline) {
    thread::spawn(move || {
        while let Ok(Some(_)) = lifeline.recv::<HookJob>() {}
        std::process::exit(0);
    });
}
