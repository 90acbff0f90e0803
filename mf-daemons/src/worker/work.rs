//! The work on one attempt: checkout, build, upload.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mf_core::task::Lease;
use mf_core::wire::{Handler, HandlerKind, Job};
use monkeyfarm_plugin_api::{Artifact, BuildJob, CheckoutJob, Failure, LocalConfig, Repository};
use tokio::time::Instant;

use super::artifact::{Beneath, Found};
use super::call::Caller;
use super::collect::{collect, named};
use super::dir::TaskDir;
use super::end::End;
use super::fresh::Fresh;
use super::halt::Halt;
use super::log::TaskLog;
use super::outbox::{Item, Parcel};
use super::stage::Stage;
use super::{Worker, register, sweep};
use crate::plugin::{self, Ended, Plugin};

/// Endings of URLs that name one source package and not a repository. The build
/// handler fetches these: a `.dsc` names further files.
const SOURCE_PACKAGES: [&str; 3] = [".src.rpm", ".nosrc.rpm", ".dsc"];

/// One attempt, while it is worked on.
pub struct Attempt<'a> {
    /// Whose it is.
    pub worker: &'a Worker,
    /// What is to be done.
    pub job: &'a Job,
    /// What the hub knows it by.
    pub lease: &'a Lease,
    /// Its early end.
    pub halt: &'a Halt,
    /// Its log.
    pub log: &'a TaskLog,
    /// Its stage, as people see it.
    pub stage: &'a Stage,
    /// Its work directory.
    pub dir: &'a TaskDir,
    /// Where its files are kept for the hub.
    pub parcel: &'a Parcel,
    /// What is kept there.
    pub items: Vec<Item>,
    /// When it must be done.
    pub deadline: Instant,
    /// Until when it is known to be this worker's, before it begins.
    pub fresh: Fresh,
}

impl Attempt<'_> {
    /// Does all of it, except for reporting to the hub; the files that the hub
    /// is to keep are in [`items`](Self::items) afterwards.
    ///
    /// # Errors
    /// It failed, or was ended.
    pub async fn work(&mut self) -> Result<(), End> {
        if self.has_source() {
            self.checkout().await?;
        }
        let artifacts = self.build().await?;
        let beneath = self.beneath()?;
        let say = &mut |line: String| self.log.say(&line);
        let found = collect(self.dir, &beneath, &artifacts, say).map_err(End::Failure)?;
        self.pack(beneath, found).await
    }

    /// Whether there is something to check out.
    fn has_source(&self) -> bool {
        !self.job.url.is_empty() && !self.is_source_package()
    }

    fn is_source_package(&self) -> bool {
        let path = self.job.url.split(['?', '#']).next().unwrap_or_default();
        SOURCE_PACKAGES.iter().any(|end| path.ends_with(end))
    }

    async fn checkout(&mut self) -> Result<(), End> {
        let handler = &self.job.vcs_handler;
        if handler.label.is_empty() {
            return Err(End::Failure(format!(
                "package-branch {} has the url {} but no vcs handler to fetch it",
                self.job.package_branch, self.job.url
            )));
        }
        self.stage.enter("checkout");
        let plugin = self.plugin(HandlerKind::VcsHandler, handler).await?;
        let at = match self.job.vcs_branch.as_str() {
            "" => "the default branch",
            branch => branch,
        };
        self.log.say(&format!("checking out {} at {at}", self.job.url));
        let wanted = self.job.revision.as_str();
        let found = self.check_out(&plugin, wanted).await?;
        if !wanted.is_empty() {
            self.stage.revision(&found);
            return is_of(wanted, &found);
        }
        // Which revision the build is of is the hub's to say: another of its
        // tasks may have come first, and the branch may have moved since.
        self.stage.revision(&found);
        match self.stage.agreed().await {
            Some(first) if !first.is_empty() && first != found => {
                self.log.say(&format!("this build is of revision {first}"));
                self.dir.empty_source().map_err(|error| {
                    End::Failure(format!("the checkout cannot be removed: {error}"))
                })?;
                let found = self.check_out(&plugin, &first).await?;
                self.stage.revision(&found);
                is_of(&first, &found)
            }
            _ => Ok(()),
        }
    }

    /// Checks out a revision, or what the branch is now; which that is.
    async fn check_out(&mut self, plugin: &Arc<Plugin>, revision: &str) -> Result<String, End> {
        let handler = &self.job.vcs_handler;
        let cache_dir = self.cache(plugin)?;
        let job = CheckoutJob {
            url: self.job.url.clone(),
            reference: self.job.vcs_branch.clone(),
            revision: revision.to_owned(),
            handler_config: handler.config.clone(),
            local_config: self.local_config(plugin),
            source_dir: self.dir.source(),
            cache_dir,
            allow_schemes: self.worker.config.allow_schemes.clone(),
        };
        match self.call(Arc::clone(plugin), handler, plugin::Job::Checkout(job)).await? {
            Ended::CheckedOut(checkout) => {
                self.log.say(&format!("at revision {}", checkout.revision));
                Ok(checkout.revision)
            }
            Ended::Failed(failure) => Err(self.failed(failure).await),
            other => Err(wrong(&handler.label, &other)),
        }
    }

    async fn build(&mut self) -> Result<Vec<Artifact>, End> {
        let handler = &self.job.build_handler;
        self.stage.enter("build");
        let plugin = self.plugin(HandlerKind::BuildHandler, handler).await?;
        let job = plugin::Job::Build(Box::new(self.build_job(&plugin)?));
        let called = self.call(plugin.clone(), handler, job).await;
        if called.is_err() {
            // It was cut short, and could not remove what it had made outside of
            // its directory.
            sweep::after(self.worker, &plugin, &handler.label, self.log).await;
        }
        match called? {
            Ended::Built(built) => Ok(built.artifacts),
            Ended::Failed(failure) => Err(self.failed(failure).await),
            other => Err(wrong(&handler.label, &other)),
        }
    }

    /// Keeps what a failure leaves for people to read. Whether that succeeds or
    /// not, the attempt ends by the failure.
    async fn failed(&mut self, failure: Failure) -> End {
        let end = End::Failure(failure.sentence);
        if failure.kept.is_empty() {
            return end;
        }
        let found = self.beneath().and_then(|beneath| {
            let found = named(&beneath, &failure.kept).map_err(End::Failure)?;
            Ok((beneath, found))
        });
        let kept = match found {
            Ok((beneath, found)) => self.pack(beneath, found).await,
            Err(end) => Err(end),
        };
        match kept {
            Ok(()) => end,
            Err(End::Failure(why)) => {
                self.log.say(&format!("not kept: {why}"));
                end
            }
            Err(other) => other,
        }
    }

    fn beneath(&self) -> Result<Beneath, End> {
        Beneath::new(self.dir.root())
            .map_err(|e| End::Failure(format!("the work directory cannot be opened: {e}")))
    }

    /// The directory that a plugin's tasks share.
    fn cache(&self, plugin: &Plugin) -> Result<PathBuf, End> {
        let id = &plugin.meta.id;
        self.worker.data.cache(id).map_err(|error| {
            End::Failure(format!("the cache of plugin {id} cannot be made: {error}"))
        })
    }

    /// Takes files out of the work directory, to be kept for the hub.
    async fn pack(&mut self, beneath: Beneath, found: Vec<Found>) -> Result<(), End> {
        if found.is_empty() {
            return Ok(());
        }
        let parcel = self.parcel.clone();
        let packed = tokio::task::spawn_blocking(move || parcel.pack(&beneath, &found)).await;
        let packed = packed.map_err(|error| error.to_string()).and_then(|packed| packed);
        self.items = packed.map_err(End::Failure)?;
        Ok(())
    }

    async fn call(
        &mut self,
        plugin: Arc<Plugin>,
        handler: &Handler,
        job: plugin::Job,
    ) -> Result<Ended, End> {
        let kind = match job {
            plugin::Job::Build(_) => HandlerKind::BuildHandler,
            _ => HandlerKind::VcsHandler,
        };
        loop {
            let begin_by = self.fresh.begin_by(self.stage, self.halt).await?;
            let caller = Caller {
                host: self.worker.plugins.host(),
                secrets: self.worker.locals.of(&plugin.meta.id).secrets,
                confine: self.worker.confine(kind, &plugin, self.dir.root()),
                work_dir: self.dir.root(),
                deadline: self.deadline,
                begin_by,
                limit: Duration::from_secs(self.worker.config.task_seconds),
                masked: &self.worker.masked,
                log: self.log,
                stage: self.stage,
                halt: self.halt,
            };
            match caller.call(plugin.clone(), &handler.label, job.clone()).await? {
                Ended::Late => tracing::info!("task {} begins late; asking again", self.lease.task),
                ended => {
                    self.fresh.begun();
                    return Ok(ended);
                }
            }
        }
    }

    /// The plugin that a handler is in; looked for again if it is not the one
    /// that was seen last. The log says which it is.
    async fn plugin(&self, kind: HandlerKind, handler: &Handler) -> Result<Arc<Plugin>, End> {
        let plugins = &self.worker.plugins;
        let plugin = match plugins.find(kind, handler) {
            Ok(plugin) => plugin,
            Err(_) => {
                // A refusal, or a hub that is away, is told by the link.
                tokio::select! {
                    _ = register::refresh(self.worker) => {}
                    reason = self.halt.wait() => return Err(reason.into()),
                }
                plugins.find(kind, handler).map_err(End::Failure)?
            }
        };
        let what = kind.resource().replace('_', " ");
        self.log.say(&format!(
            "{what} {}: plugin {} {}, sha256 {:.12}…",
            handler.label, plugin.meta.id, plugin.meta.version, plugin.digest
        ));
        Ok(plugin)
    }

    /// What this host says to a plugin, but for its secrets.
    fn local_config(&self, plugin: &Plugin) -> LocalConfig {
        self.worker.locals.of(&plugin.meta.id).config
    }

    fn build_job(&self, plugin: &Plugin) -> Result<BuildJob, End> {
        let has_source = self.has_source();
        let job = self.job.clone();
        let hub = self.worker.config.url.trim_end_matches('/');
        let repository = |of: mf_core::wire::Repository| Repository {
            tag: of.tag,
            url: format!("{hub}{}", of.path),
        };
        Ok(BuildJob {
            project: job.project,
            package: job.package,
            package_branch: job.package_branch,
            build: job.build,
            task: job.task,
            target: job.target,
            arch: job.arch,
            distro: job.distro,
            release: job.release,
            build_prefix: job.build_prefix,
            target_config: job.target_config,
            handler_config: job.build_handler.config,
            local_config: self.local_config(plugin),
            has_source,
            source_url: if has_source { String::new() } else { job.url },
            allow_schemes: self.worker.config.allow_schemes.clone(),
            repositories: job.repositories.into_iter().map(repository).collect(),
            cache_dir: self.cache(plugin)?,
            work_dir: self.dir.root().to_path_buf(),
            source_dir: self.dir.source(),
            result_dir: self.dir.result(),
        })
    }
}

/// All tasks of a build are of one revision.
fn is_of(wanted: &str, found: &str) -> Result<(), End> {
    if wanted == found {
        return Ok(());
    }
    Err(End::Failure(format!(
        "this build is of revision {wanted}, and the vcs handler checked out {found}; a handler \
         older than plugin API 1.2 knows the branch alone: get a newer version of it"
    )))
}

fn wrong(handler: &str, answer: &Ended) -> End {
    End::Failure(format!("handler {handler:?} gave an answer to another question: {answer:?}"))
}
