//! A farm whose programs run apart, so that each can be struck alone.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use mf_client::{Hub, Key};
use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket, sockopt};

use super::clock::Clock;
use super::daemon::Daemon;
use super::proxy::Proxy;
use super::scratch::Scratch;
use super::{journal, system, world};
use crate::programs;

/// How clients find the hub while it is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The listening socket stays open, as under `mf up`: they wait.
    Kept,
    /// The hub listens by itself: they are refused.
    Refused,
}

/// What a site is made with.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// How long an attempt lives without a heartbeat.
    pub lease_seconds: u64,
    /// How many workers there are: one or two.
    pub workers: usize,
    /// How clients find the hub while it is away.
    pub way: Way,
    /// Whether workers reach the hub through a network of ours.
    pub proxied: bool,
    /// Whether the hub's time of day can be set.
    pub clock: bool,
    /// How much may wait in a worker's outbox.
    pub outbox_megabytes: u64,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            lease_seconds: 60,
            workers: 1,
            way: Way::Kept,
            proxied: false,
            clock: false,
            outbox_megabytes: 1_000,
        }
    }
}

/// Hub, regulator and workers, and a world to build in.
pub struct Site {
    /// A client with the admin's key.
    pub client: Hub,
    /// What builds write.
    pub scratch: Scratch,
    /// The networks of the workers, if they have such.
    pub proxies: Vec<Proxy>,
    /// When the hub was killed.
    pub killed: Vec<Instant>,
    workers: Vec<Option<Daemon>>,
    hub: Option<Daemon>,
    regulator: Daemon,
    place: Place,
}

/// Where a site is.
struct Place {
    dir: tempfile::TempDir,
    address: SocketAddr,
    listener: Option<TcpListener>,
    /// Keeps the port from being given to somebody else.
    _reserved: Option<OwnedFd>,
    setup: Setup,
    clock: Clock,
}

impl Site {
    /// Starts everything; returns when it can build.
    pub async fn start(setup: Setup) -> Self {
        let place = Place::new(setup);
        let scratch = Scratch::new(place.dir.path().join("scratch"));
        let hub = place.hub();
        let key = Key::read(&place.data().join("keys/admin")).unwrap();
        let client = Hub::new(&place.url(), Some(key)).unwrap();
        if setup.workers > 1 {
            system::add(&client, &place.data()).await;
        }
        let regulator = place.regulator();
        let mut proxies = Vec::new();
        for _ in 0..if setup.proxied { setup.workers } else { 0 } {
            proxies.push(Proxy::start(place.address).await);
        }
        let mut workers = Vec::new();
        for which in 0..setup.workers {
            let mut worker = place.worker(which, proxies.get(which));
            worker.wait_ready();
            workers.push(Some(worker));
        }
        let systems: Vec<String> =
            workers.iter().flatten().map(|w| w.ready.system.clone()).collect();
        world::make(&client, &systems, &scratch.script()).await;
        Self {
            client,
            scratch,
            proxies,
            killed: Vec::new(),
            workers,
            hub: Some(hub),
            regulator,
            place,
        }
    }

    /// The hub, which runs.
    pub fn hub(&self) -> &Daemon {
        self.hub.as_ref().expect("the hub runs")
    }

    /// The regulator.
    pub fn regulator(&self) -> &Daemon {
        &self.regulator
    }

    /// Sets the hub's time of day so many seconds ahead, or behind.
    pub fn set_clock(&self, seconds: i64) {
        assert!(self.place.setup.clock, "the hub has no clock that can be set");
        self.place.clock.set(seconds);
    }

    /// The outbox of a worker.
    pub fn outbox(&self, which: usize) -> PathBuf {
        self.place.worker_dir(which).join("outbox")
    }

    /// Kills the hub.
    pub fn kill_hub(&mut self) {
        self.hub.take().expect("the hub runs").kill();
        self.killed.push(Instant::now());
    }

    /// Starts the hub that was killed; returns when it answers.
    pub fn start_hub(&mut self) {
        self.hub = Some(self.place.hub());
    }

    /// Undoes the last commits of a hub that does not run, as a disk does that
    /// says it has what it has not: so many pages of the journal are gone.
    pub fn drop_pages(&mut self, pages: u64) {
        assert!(self.hub.is_none(), "the hub runs");
        journal::drop_pages(&self.place.data().join("hub.db-wal"), pages).unwrap();
    }

    /// Kills a worker.
    pub fn kill_worker(&mut self, which: usize) {
        self.workers[which].take().expect("the worker runs").kill();
    }

    /// Starts a worker that was killed; returns when it has registered.
    pub fn start_worker(&mut self, which: usize) {
        self.begin_worker(which);
        self.wait_worker(which);
    }

    /// Starts a worker that was killed, whose hub may be away.
    pub fn begin_worker(&mut self, which: usize) {
        self.workers[which] = Some(self.place.worker(which, self.proxies.get(which)));
    }

    /// Waits until a worker has registered.
    pub fn wait_worker(&mut self, which: usize) {
        self.workers[which].as_mut().expect("the worker runs").wait_ready();
    }

    /// A worker that runs.
    pub fn worker(&self, which: usize) -> &Daemon {
        self.workers[which].as_ref().expect("the worker runs")
    }

    /// The worker of a system.
    pub fn worker_of(&self, system: &str) -> usize {
        self.find_worker(system).unwrap_or_else(|| panic!("no worker of {system:?}"))
    }

    /// The worker of a system, if there is one.
    pub fn find_worker(&self, system: &str) -> Option<usize> {
        let its = |worker: &Option<Daemon>| {
            worker.as_ref().is_some_and(|worker| worker.ready.system == system)
        };
        self.workers.iter().position(its)
    }

    /// Where the hub is.
    pub fn url(&self) -> String {
        self.place.url()
    }

    /// The admin's key.
    pub fn key(&self) -> String {
        fs::read_to_string(self.place.data().join("keys/admin")).unwrap().trim().to_owned()
    }

    /// The hub's data directory.
    pub fn data(&self) -> PathBuf {
        self.place.data()
    }

    /// The last messages of all programs.
    pub fn said(&self) -> String {
        let mut said = String::new();
        for entry in fs::read_dir(self.place.dir.path()).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            if name.ends_with(".messages") {
                let text = fs::read_to_string(entry.path()).unwrap_or_default();
                let last: Vec<&str> = text.lines().rev().take(40).collect();
                said += &format!("--- {name}\n");
                last.iter().rev().for_each(|line| said += &format!("{line}\n"));
            }
        }
        said
    }
}

impl Place {
    fn new(setup: Setup) -> Self {
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let (listener, reserved, address) = match setup.way {
            Way::Kept => {
                let listener = TcpListener::bind(any).unwrap();
                let address = listener.local_addr().unwrap();
                (Some(listener), None, address)
            }
            Way::Refused => {
                let reserved = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
                sockopt::set_socket_reuseaddr(&reserved, true).unwrap();
                bind(&reserved, &any).unwrap();
                let address = getsockname(&reserved).unwrap().try_into().unwrap();
                (None, Some(reserved), address)
            }
        };
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::new(dir.path().join("clock"));
        let place = Self { dir, address, listener, _reserved: reserved, setup, clock };
        fs::create_dir(place.plugins()).unwrap();
        let plugin = programs::plugin("generic");
        fs::copy(&plugin, place.plugins().join(plugin.file_name().unwrap())).unwrap();
        place
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn plugins(&self) -> PathBuf {
        self.dir.path().join("plugins")
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn hub(&self) -> Daemon {
        let mut command = Command::new(programs::program("mf-hub"));
        command.args(["--config", "/dev/null", "--lease-seconds"]);
        command.arg(self.setup.lease_seconds.to_string());
        if self.setup.clock {
            self.clock.give(&mut command);
        }
        command.args(["--listen", &self.address.to_string(), "--data-dir"]).arg(self.data());
        self.start(command, "hub", self.listener.as_ref())
    }

    fn regulator(&self) -> Daemon {
        let mut command = self.daemon("mf-regulatord", "regulator", &self.url());
        command.args(["--cycle-seconds", "1"]);
        self.start(command, "regulator", None)
    }

    fn worker(&self, which: usize, proxy: Option<&Proxy>) -> Daemon {
        let url = proxy.map_or_else(|| self.url(), Proxy::url);
        let mut command = self.daemon("mf-workerd", ["worker", "second"][which], &url);
        command.arg("--data-dir").arg(self.worker_dir(which));
        command.args(["--outbox-megabytes", &self.setup.outbox_megabytes.to_string()]);
        Daemon::begin(command, None, &self.messages(&format!("worker{which}")))
    }

    fn worker_dir(&self, which: usize) -> PathBuf {
        self.dir.path().join(format!("worker{which}"))
    }

    fn daemon(&self, program: &str, key: &str, url: &str) -> Command {
        let mut command = Command::new(programs::program(program));
        command.args(["--config", "/dev/null", "--url", url, "--key-file"]);
        command.arg(self.data().join("keys").join(key));
        command.arg("--plugins-dir").arg(self.plugins());
        command
    }

    fn start(&self, command: Command, name: &str, listener: Option<&TcpListener>) -> Daemon {
        Daemon::start(command, listener, &self.messages(name))
    }

    fn messages(&self, name: &str) -> PathBuf {
        self.dir.path().join(format!("{name}.messages"))
    }
}
