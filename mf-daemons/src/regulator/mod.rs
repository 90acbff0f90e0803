//! The regulator: cycles through its hooks for ever, runs each in a process of
//! its own, and wakes hooks when something on the farm concerns them.

mod asked;
mod context;
mod errands;
mod events;
mod frame;
mod gather;
mod handlers;
mod hook;
mod messages;
mod process;
mod ready;
mod schedule;
mod settings;
mod slot;
pub(crate) mod tree;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use mf_client::{Hub, Key, Trust};
use mf_core::config::RegulatorConfig;
use mf_core::wire;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub use context::HookContext;
pub use hook::Hook;
pub use settings::Flags;

use crate::plugin::{Catalog, HostProgram, Policy, Sources, Watch, required};
use crate::program::{Misconfigured, Program};
use crate::registered;
use events::Heard;
use frame::{HookJob, HookReport, PluginHook};
use process::HookProcess;
use ready::Readiness;
use schedule::Schedule;
use slot::Slot;

/// The hook that looks at plugins.
const REGISTER: &str = "register-handlers";

/// How long the hub may take to say what is quarantined.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs one hook, as the child of a regulator that this process is.
///
/// # Errors
/// There is no such hook, or no regulator at the other end.
pub fn run_hook(name: &str) -> anyhow::Result<()> {
    process::serve(name)
}

/// Runs the regulator until it is told to stop.
///
/// # Errors
/// The configuration cannot be used.
pub async fn run(flags: Flags, program: Program) -> anyhow::Result<()> {
    let plugins_d = flags.plugins_d();
    let config = flags.config()?;
    let key = Key::read(&config.key_file).map_err(|e| Misconfigured(e.to_string()))?;
    let trust = Trust { ca_file: config.ca_file.clone(), plain_http: config.plain_http };
    let hub =
        Hub::trusting(&config.url, Some(key), &trust).map_err(|e| Misconfigured(e.to_string()))?;
    require(&config, &hub).await?;
    let watch = Watch::start(Sources::new(&config.plugins_dirs)?.directories());
    let (sender, heard) = mpsc::channel(events::QUEUE);
    let listening = tokio::spawn(events::listen(hub, hook::resources(), sender));
    Regulator::new(config, plugins_d).cycle(&program, heard, &watch).await;
    listening.abort();
    Ok(())
}

/// Refuses to start without the plugins that the configuration requires.
async fn require(config: &RegulatorConfig, hub: &Hub) -> anyhow::Result<()> {
    if config.required_plugins.is_empty() {
        return Ok(());
    }
    // A hub that is away knows of no quarantine; the hooks will hear of it.
    let asked = tokio::time::timeout(PATIENCE, registered::quarantined(hub)).await;
    let quarantined = asked.ok().and_then(Result::ok).unwrap_or_default();
    let host = HostProgram::beside().map_err(|e| Misconfigured(e.to_string()))?;
    let mut catalog =
        Catalog::new(host, Sources::new(&config.plugins_dirs)?).keep_to(policy(config));
    let required = config.required_plugins.clone();
    let missing = tokio::task::spawn_blocking(move || {
        catalog.quarantine(quarantined);
        catalog.scan(&[]);
        required::missing(&catalog, &required)
    });
    missing.await?.map_or(Ok(()), |told| Err(Misconfigured(told).into()))
}

fn policy(config: &RegulatorConfig) -> Policy {
    Policy { policy: config.plugin_policy, file: config.plugins_lock.clone() }
}

/// The hooks, and what is known of their last runs.
struct Regulator {
    /// By their numbers in the schedule.
    slots: Vec<Slot>,
    schedule: Schedule,
    /// What every hook is given.
    job: HookJob,
    readiness: Readiness,
    limit: Duration,
}

/// A run that has ended: which hook, which run, and what it reported.
type Ended = (usize, u64, HookReport);

impl Regulator {
    fn new(config: RegulatorConfig, plugins_d: PathBuf) -> Self {
        let hooks = hook::all();
        let plugin_policy = policy(&config);
        let job = HookJob {
            url: config.url,
            key_file: config.key_file,
            ca_file: config.ca_file,
            plain_http: config.plain_http,
            plugin_policy,
            plugins_dirs: config.plugins_dirs,
            plugins_d,
            data_dir: config.data_dir,
            hub_data_dir: config.hub_data_dir,
            allow_schemes: config.allow_schemes,
            ..HookJob::default()
        };
        let cycle = Duration::from_secs(config.cycle_seconds);
        Self {
            schedule: Schedule::new(hooks.len(), cycle, config.at_once, Instant::now()),
            slots: hooks.iter().map(|hook| Slot::own(hook, &job)).collect(),
            job,
            readiness: Readiness::new(&[REGISTER, "enable-handlers"]),
            limit: Duration::from_secs(config.hook_seconds),
        }
    }

    async fn cycle(
        &mut self,
        program: &Program,
        mut heard: mpsc::Receiver<Heard>,
        plugins: &Watch,
    ) {
        let stop = program.stop();
        let mut running = JoinSet::new();
        loop {
            for hook in self.schedule.start_due(Instant::now()) {
                self.start(hook, &mut running);
            }
            tokio::select! {
                () = stop.wait() => break,
                () = until(self.schedule.next()) => {}
                Some(what) = heard.recv() => self.hear(&what),
                () = plugins.changed() => self.look_at_plugins(),
                Some(Ok(ended)) = running.join_next() => {
                    if self.ended(ended) {
                        program.ready(&wire::Ready::default());
                    }
                }
            }
        }
        // A hook that is cut short is run again by the next regulator.
        running.shutdown().await;
    }

    fn start(&mut self, hook: usize, running: &mut JoinSet<Ended>) {
        tracing::debug!("{}: starts", self.slots[hook].name);
        let (argument, job) = self.slots[hook].begin();
        let (run, limit) = (self.readiness.started(), self.limit);
        running.spawn(async move {
            let report = HookProcess::run(&argument, job, limit).await;
            (hook, run, report)
        });
    }

    /// Something in the plugins' directories is different.
    fn look_at_plugins(&mut self) {
        if let Some(hook) = self.slots.iter().position(|slot| slot.name == REGISTER) {
            self.schedule.wake(hook, Instant::now());
        }
    }

    fn hear(&mut self, what: &Heard) {
        for (number, slot) in self.slots.iter_mut().enumerate() {
            if slot.hears(what) {
                self.schedule.wake(number, Instant::now());
            }
        }
    }

    /// Whether the regulator has become ready by this.
    fn ended(&mut self, (hook, run, report): Ended) -> bool {
        let now = Instant::now();
        self.schedule.ended(hook, now);
        if !self.slots[hook].ended(&report) {
            return false;
        }
        if let Some(hooks) = report.plugin_hooks {
            self.found(&hooks, now);
        }
        let step = self.readiness.succeeded(&self.slots[hook].name, run);
        if let Some(next) = step.and_then(|name| self.slots.iter().position(|s| s.name == name)) {
            self.schedule.wake(next, now);
        }
        step.is_some() && self.readiness.is_ready()
    }

    /// These are the hooks that plugins give now, and no others.
    fn found(&mut self, hooks: &[PluginHook], now: Instant) {
        for (number, slot) in self.slots.iter_mut().enumerate() {
            match hooks.iter().find(|hook| slot.is_of(hook)) {
                Some(hook) => {
                    slot.renew(hook);
                    self.schedule.reopen(number, now);
                }
                None if slot.is_foreign() && self.schedule.close(number) => {
                    tracing::info!("{}: is not run any more; its plugin is gone", slot.name);
                }
                None => {}
            }
        }
        for hook in hooks {
            if !self.slots.iter().any(|slot| slot.is_of(hook)) {
                self.schedule.open(now);
                self.slots.push(Slot::of_plugin(hook.clone(), &self.job));
            }
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}
