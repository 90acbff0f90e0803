//! The worker: claims tasks from the hub, builds them below this host's
//! plugins, and reports. It pulls; nobody connects to it.

pub(crate) mod artifact;
mod call;
mod claim;
mod clear;
pub(crate) mod collect;
mod confine;
mod deliver;
pub(crate) mod dir;
mod end;
mod enrol;
mod fresh;
mod halt;
mod heartbeat;
mod held;
mod leftover;
mod link;
mod log;
mod outbox;
mod plugins;
mod register;
mod rest;
mod resume;
mod scarce;
mod settings;
mod stage;
mod sweep;
mod task;
mod upload;
mod usage;
mod work;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mf_client::{Hub, Key, Trust};
use mf_core::config::WorkerConfig;
use mf_core::wire;

pub use settings::Flags;

use crate::host::orphans;
use crate::plugin::mask::Secrets;
use crate::plugin::{HostProgram, Locals, Policy, Sources, Watch};
use crate::program::{Misconfigured, Program};
use dir::DataDir;
use held::Table;
use link::Link;
use outbox::Outbox;
use plugins::Plugins;
use register::Registration;

/// How long the hub may take to hear how the last attempts ended, once the
/// worker has been told to stop.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What all parts of a worker share.
struct Worker {
    config: WorkerConfig,
    data: DataDir,
    outbox: Outbox,
    link: Arc<Link>,
    plugins: Plugins,
    /// What no plugin is to see.
    hidden: Vec<PathBuf>,
    /// What this host says to its plugins.
    locals: Locals,
    /// What no log may show.
    masked: Arc<Secrets>,
    held: Arc<Table>,
    registration: Registration,
}

/// Runs the worker until it is told to stop.
///
/// # Errors
/// The configuration cannot be used, another worker has the data directory,
/// or the hub does not know the key.
pub async fn run(flags: Flags, program: Program) -> anyhow::Result<()> {
    let config = flags.config()?;
    let stop = program.stop();
    let key = tokio::select! {
        key = enrol::key(&config) => key?,
        () = stop.wait() => return Ok(()),
    };
    let worker = Arc::new(Worker::new(&flags, config, key)?);
    let watch = Watch::start(Sources::new(&worker.config.plugins_dirs)?.directories());
    let system = tokio::select! {
        system = start(&worker) => system?,
        () = stop.wait() => return Ok(()),
    };
    let host = worker.plugins.host().clone();
    tokio::task::spawn_blocking(move || host.keep_spare());
    program.ready(&wire::Ready { system, ..wire::Ready::default() });
    let claiming = tokio::spawn(claim::claim(worker.clone(), stop.clone()));
    let beating = tokio::spawn(heartbeat::beat(worker.clone()));
    let refreshing = tokio::spawn(register::keep(worker.clone(), watch));
    let hearing = tokio::spawn(clear::hear(worker.clone()));
    let resting = tokio::spawn(rest::rest(worker.clone()));
    let sparing = tokio::spawn(scarce::keep(worker.clone()));
    let sweeping = tokio::spawn(sweep::at_start(worker.clone(), stop.clone()));
    stop.wait().await;
    // No attempt is added once this has ended, which it does by itself.
    let _ = claiming.await;
    // It has been told to stop too.
    let _ = sweeping.await;
    refreshing.abort();
    hearing.abort();
    resting.abort();
    sparing.abort();
    worker.finish().await;
    let host = worker.plugins.host().clone();
    // A panic in it tells of itself.
    let _ = tokio::task::spawn_blocking(move || host.end_spare()).await;
    beating.abort();
    Ok(())
}

/// Sees that nothing of an earlier worker runs, takes over what it could not
/// deliver, and registers; the label of this system.
async fn start(worker: &Arc<Worker>) -> anyhow::Result<String> {
    let tasks = worker.data.tasks();
    let ended = tokio::task::spawn_blocking(move || leftover::end(&tasks)).await?;
    ended.map_err(anyhow::Error::msg)?;
    worker.data.remove_left();
    resume::resume(worker)?;
    let system = register::first(worker).await?;
    match worker.plugins.missing(&worker.config.required_plugins) {
        Some(told) => Err(Misconfigured(told).into()),
        None => Ok(system),
    }
}

impl Worker {
    fn new(flags: &Flags, config: WorkerConfig, key: Key) -> anyhow::Result<Self> {
        let wrong = |told: String| Misconfigured(told);
        let locals = Locals::read(&flags.plugins_d())?;
        let own = [config.key_file.clone(), config.token_file.clone(), flags.plugins_d()];
        let hidden = own.into_iter().chain(config.hide.clone());
        let hidden = hidden.filter(|path| !path.as_os_str().is_empty());
        // A call is in another directory.
        let hidden = hidden.map(std::path::absolute).collect::<Result<_, _>>()?;
        let masked = Arc::new(Secrets::new(locals.secrets().chain([key.expose()])));
        let trust = Trust { ca_file: config.ca_file.clone(), plain_http: config.plain_http };
        let hub =
            Hub::trusting(&config.url, Some(key), &trust).map_err(|e| wrong(e.to_string()))?;
        let host = HostProgram::beside().map_err(|e| wrong(e.to_string()))?;
        let policy = Policy { policy: config.plugin_policy, file: config.plugins_lock.clone() };
        let sources = Sources::new(&config.plugins_dirs)?;
        let data = DataDir::open(&config.data_dir)?;
        let outbox = Outbox::new(data.outbox(), config.outbox_megabytes);
        orphans::adopt()?;
        Ok(Self {
            config,
            data,
            outbox,
            link: Arc::new(Link::new(hub)),
            plugins: Plugins::new(host, sources, policy),
            hidden,
            locals,
            masked,
            held: Arc::default(),
            registration: Registration::default(),
        })
    }

    /// Lets what runs finish for as long as it may, and hands back the rest.
    async fn finish(&self) {
        let none = |state: &held::State| state.count == 0;
        let grace = Duration::from_secs(self.config.finish_seconds);
        if tokio::time::timeout(grace, self.held.wait(none)).await.is_ok() {
            return;
        }
        self.held.hand_back();
        if tokio::time::timeout(LAST_WORDS, self.held.wait(none)).await.is_err() {
            // The hub is away. What it does not hear it finds out by itself;
            // the builds are waited for, so that nothing of them is left.
            self.link.give_up();
            self.held.wait(none).await;
        }
    }
}
