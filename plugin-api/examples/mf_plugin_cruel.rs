//! A plugin that tells its secret wherever it can, and dies where the
//! regulator calls it: what must be masked, and quarantined.

use std::io::Write;

use monkeyfarm_plugin_api::{BuildHandler, BuildJob, Built, Context, Failure};
use monkeyfarm_plugin_api::{Checkout, CheckoutJob, Head, Source, VcsHandler};
use monkeyfarm_plugin_api::{Farm, Hook, HookJob, Hooked};

/// Tells its secret in every way that there is.
struct Tells;

impl BuildHandler for Tells {
    fn build(&self, job: &BuildJob, cx: &Context) -> Result<Built, Failure> {
        let secret = cx.secret("token").unwrap_or_default();
        cx.log(format!("the other one's: {:?}", cx.secret("other")));
        cx.log(format!("whole: {secret}"));
        // In two writes, with time for who reads to take the first alone.
        let (first, second) = secret.split_at(secret.len() / 2);
        for part in ["torn: ", first, second, "\n"] {
            let mut out = std::io::stdout().lock();
            let written = out.write_all(part.as_bytes()).and_then(|()| out.flush());
            written.map_err(Failure::io("cannot write"))?;
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        cx.progress(format!("telling {secret}"));
        match job.package.as_str() {
            "panics" => panic!("panicked with {secret}"),
            _ => Err(Failure::new(format!("failed with {secret}"))),
        }
    }
}

/// Dies when it is asked where a branch is.
struct Dies;

impl VcsHandler for Dies {
    fn checkout(&self, _: &CheckoutJob, _: &Context) -> Result<Checkout, Failure> {
        Err(Failure::new("this handler checks nothing out"))
    }

    fn head(&self, source: &Source, cx: &Context) -> Result<Head, Failure> {
        cx.log(format!("looking at {}", source.url));
        std::process::abort();
    }
}

/// Dies at every run, if the host's administrator wants it to.
struct DiesAgain;

impl Hook for DiesAgain {
    fn run(&self, job: &HookJob, _: &Farm, cx: &Context) -> Result<Hooked, Failure> {
        if job.local_config.table.contains_key("die") {
            cx.log(format!("dying with {}", cx.secret("token").unwrap_or_default()));
            std::process::abort();
        }
        Ok(Hooked::default())
    }
}

monkeyfarm_plugin_api::export! {
    plugin: "cruel",
    version: "1",
    build: { "tells" => || Tells },
    vcs: { "dies" => || Dies },
    hook: { "dies-again" => || DiesAgain },
}
