//! The three programs of a farm, started and stopped in order.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mf_core::config::{self, HubConfig, WorkerConfig};
use tokio::sync::mpsc;

use super::child::{Messages, Program};
use super::conf::Conf;
use super::keeper::Keeper;
use super::lock::Lock;
use super::{Signals, ready};
use crate::cli::exit::{Exit, Failure};
use crate::cli::sibling;
use crate::{Backoff, Hub, Key, Trust};

/// How long the programs of a farm that was killed may take to end.
const AFTER_A_KILL: Duration = Duration::from_secs(15);
/// How long a program may take to stop in order; it may have to wait for a
/// slow disk.
const FINISH: Duration = Duration::from_secs(60);
/// How long hooks rest when no event wakes them: how soon a plugin that was put
/// into its directory is noticed, and how often an idle farm works for nothing.
const CYCLE_SECONDS: &str = "3";

/// What of the farm's directory no plugin and no build is to see.
const NOT_FOR_PLUGINS: [&str; 7] =
    ["keys", "mf.conf", "hub.db", "hub.db-shm", "hub.db-wal", "files", "workerd.toml"];

/// What a farm is started with.
#[derive(Debug)]
pub struct Options {
    /// Where everything of it is kept.
    pub data_dir: PathBuf,
    /// Where its API answers.
    pub listen: SocketAddr,
    /// Where its plugins are; none: the default places.
    pub plugins_dirs: Vec<PathBuf>,
    /// Schemes that source may come from beyond the usual ones.
    pub allow_schemes: Vec<String>,
    /// Plugins whose builds may use the network.
    pub network: Vec<String>,
    /// Certificate authorities that its programs believe, instead of the
    /// host's.
    pub ca_file: Option<PathBuf>,
    /// Whether plain http may be spoken on an address that other hosts reach.
    pub plain_http: bool,
    /// Where its programs' messages go.
    pub messages: Messages,
}

/// A farm on this host. Dropped without [`Farm::stop`], its programs end all
/// the same, for their lifelines do.
pub struct Farm {
    options: Options,
    url: String,
    listener: Arc<TcpListener>,
    conf: Conf,
    /// In the order of their start.
    keepers: Vec<Keeper>,
    tell: mpsc::Sender<Failure>,
    failures: mpsc::Receiver<Failure>,
    /// How long what an earlier farm holds is waited for.
    patience: Duration,
    /// Last, so that the directory is ours until everything else is gone.
    lock: Lock,
}

impl Farm {
    /// Takes the directory and the address; nothing runs yet.
    ///
    /// # Errors
    /// Either is somebody else's, or cannot be used.
    pub async fn new(mut options: Options) -> Result<Self, Failure> {
        let wrong = |what: &Path, e: std::io::Error| {
            Failure::new(Exit::Configuration, format!("data directory {}: {e}", what.display()))
        };
        check_plugins_dirs(&options.plugins_dirs)?;
        let dir = &options.data_dir;
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(dir).map_err(|e| wrong(dir, e))?;
        options.data_dir = dir.canonicalize().map_err(|e| wrong(dir, e))?;
        let lock = Lock::take(&options.data_dir)?;
        let conf = Conf::absent(&options.data_dir)?;
        let patience = if lock.after_a_kill { AFTER_A_KILL } else { Duration::ZERO };
        let (listener, address) = listen(options.listen, patience).await?;
        let (tell, failures) = mpsc::channel(3);
        Ok(Self {
            url: url_of(address, &hub_config(&options.data_dir)),
            options: Options { listen: address, ..options },
            listener: Arc::new(listener),
            conf,
            keepers: Vec::new(),
            tell,
            failures,
            patience,
            lock,
        })
    }

    /// Starts everything; returns when builds can be submitted, and `mf.conf`
    /// says so.
    ///
    /// # Errors
    /// One of the programs cannot work.
    pub async fn open(&mut self) -> Result<(), Failure> {
        let [hub, regulator, worker] = self.programs()?;
        self.keepers.push(Keeper::start(hub, self.tell.clone()));
        self.unless_failed(async |keepers| {
            keepers[0].ready().await;
            Ok(())
        })
        .await?;
        // The hub writes the keys of the two before it is ready.
        for program in [regulator, worker] {
            self.keepers.push(Keeper::start(program, self.tell.clone()));
        }
        let key = Key::read(&self.options.data_dir.join("keys/admin"))
            .map_err(|e| Failure::new(Exit::Configuration, e.to_string()))?;
        let ca_file = self.options.ca_file.clone();
        let trust = Trust { ca_file, plain_http: self.options.plain_http };
        let hub = Hub::trusting(&self.url, Some(key.clone()), &trust)?;
        let plugins = self.plugins_are_in()?;
        self.unless_failed(async |keepers| {
            keepers[1].ready().await;
            let system = keepers[2].ready().await.system;
            ready::handlers_enabled(&hub, &system, &plugins).await
        })
        .await?;
        // All three have their directories: nothing of an earlier farm is left.
        self.lock.after_a_kill = false;
        self.conf.appear(&self.url, &key, &trust)
    }

    /// Waits until one of the programs cannot go on.
    pub async fn failure(&mut self) -> Failure {
        // The farm itself holds a sender: the channel does not end.
        self.failures.recv().await.unwrap_or_else(|| Failure::new(Exit::Internal, "nothing runs"))
    }

    /// Ends everything in order: worker, regulator, hub; another signal ends
    /// everything at once. Nothing is left but the directory.
    pub async fn stop(&mut self, signals: &mut Signals) {
        self.conf.vanish();
        // A signal to the whole process group ends the programs too. The hub
        // is started again for as long as the worker may need it; the others
        // are not.
        self.keepers.iter().skip(1).for_each(Keeper::ask_to_stop);
        let in_order = async {
            for keeper in self.keepers.iter_mut().rev() {
                keeper.stop().await;
            }
        };
        let hurried = tokio::select! {
            () = in_order => false,
            () = signals.next() => true,
        };
        if hurried {
            for keeper in &mut self.keepers {
                keeper.kill();
            }
            for keeper in self.keepers.iter_mut().filter(|keeper| !keeper.is_over()) {
                keeper.stop_killed().await;
            }
        }
    }

    /// Where its API answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The client configuration that says so.
    pub fn conf(&self) -> &Path {
        self.conf.path()
    }

    /// Waits for something of the keepers, or for one of them to give up.
    async fn unless_failed<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut [Keeper]) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Self { keepers, failures, .. } = self;
        tokio::select! {
            biased;
            Some(failure) = failures.recv() => Err(failure),
            done = work(keepers) => done,
        }
    }

    /// What the worker's own file says.
    fn worker_config(&self) -> WorkerConfig {
        let own = self.options.data_dir.join("workerd.toml");
        // What cannot be read there is the worker's to complain of.
        config::load(None, &own).unwrap_or_default()
    }

    /// How long the worker's configuration lets builds go on after a stop.
    fn builds_may_take(&self) -> Duration {
        Duration::from_secs(self.worker_config().finish_seconds)
    }

    /// Where the worker looks for plugins, for people.
    fn plugins_are_in(&self) -> Result<String, Failure> {
        let mut dirs = self.options.plugins_dirs.clone();
        if dirs.is_empty() {
            dirs = self.worker_config().plugins_dirs;
        }
        if dirs.is_empty() {
            let program = sibling::find("mf-workerd")?;
            let beside = program.parent().unwrap_or(Path::new("/")).display();
            return Ok(format!("{beside}, named libmf_plugin_<id>.so"));
        }
        let names: Vec<_> = dirs.iter().map(|dir| dir.display().to_string()).collect();
        Ok(names.join(" or "))
    }

    fn programs(&self) -> Result<[Program; 3], Failure> {
        let key = |name: &str| self.options.data_dir.join("keys").join(name);
        let program = |name: &'static str, file: &str| -> Result<Program, Failure> {
            let own = self.options.data_dir.join(file);
            // Without a file of its own the farm takes nothing from the host's.
            let file = if own.exists() { own } else { PathBuf::from("/dev/null") };
            Ok(Program {
                name,
                path: sibling::find(name)?,
                words: vec!["--config".into(), file.into()],
                listener: None,
                patience: self.patience,
                finish: FINISH,
                messages: self.options.messages.clone(),
            })
        };
        let mut hub = program("mf-hub", "hub.toml")?;
        hub.flag("--data-dir", &self.options.data_dir);
        hub.flag("--listen", self.options.listen.to_string());
        hub.listener = Some(Arc::clone(&self.listener));
        if self.options.plain_http {
            hub.words.push("--plain-http".into());
        }
        let mut regulator = program("mf-regulatord", "regulatord.toml")?;
        regulator.flag("--url", &self.url);
        regulator.flag("--key-file", key("regulator"));
        regulator.flag("--cycle-seconds", CYCLE_SECONDS);
        regulator.flag("--data-dir", self.options.data_dir.join("regulator"));
        regulator.flag("--hub-data-dir", &self.options.data_dir);
        regulator.flag("--plugins-d", self.options.data_dir.join("plugins.d"));
        let mut worker = program("mf-workerd", "workerd.toml")?;
        worker.finish += self.builds_may_take();
        worker.flag("--url", &self.url);
        worker.flag("--key-file", key("worker"));
        worker.flag("--data-dir", self.options.data_dir.join("worker"));
        worker.flag("--plugins-d", self.options.data_dir.join("plugins.d"));
        for program in [&mut regulator, &mut worker] {
            if let Some(file) = &self.options.ca_file {
                program.flag("--ca-file", file);
            }
            if self.options.plain_http {
                program.words.push("--plain-http".into());
            }
        }
        for plugin in &self.options.network {
            worker.flag("--network", plugin);
        }
        for name in NOT_FOR_PLUGINS {
            worker.flag("--hide", self.options.data_dir.join(name));
        }
        for scheme in &self.options.allow_schemes {
            regulator.flag("--allow-scheme", scheme);
            worker.flag("--allow-scheme", scheme);
        }
        for dir in &self.options.plugins_dirs {
            regulator.flag("--plugins-dir", dir);
            worker.flag("--plugins-dir", dir);
        }
        Ok([hub, regulator, worker])
    }
}

impl Program {
    fn flag(&mut self, name: &str, value: impl Into<OsString>) {
        self.words.extend([name.into(), value.into()]);
    }
}

/// Whoever names a directory means that there is one.
fn check_plugins_dirs(dirs: &[PathBuf]) -> Result<(), Failure> {
    for dir in dirs {
        // What can be listed is a directory, and one that may be read.
        std::fs::read_dir(dir).map_err(|e| {
            let told = format!("plugins directory {}: {e}", dir.display());
            Failure::new(Exit::Configuration, told)
        })?;
    }
    Ok(())
}

/// Takes the address, which a farm that was killed may be about to leave.
async fn listen(
    wanted: SocketAddr,
    patience: Duration,
) -> Result<(TcpListener, SocketAddr), Failure> {
    let began = Instant::now();
    let mut backoff = Backoff::default();
    loop {
        let bound = TcpListener::bind(wanted).and_then(|l| Ok((l.local_addr()?, l)));
        match bound {
            Ok((address, listener)) => return Ok((listener, address)),
            Err(e) if e.kind() == ErrorKind::AddrInUse && began.elapsed() < patience => {
                backoff.wait().await;
            }
            Err(e) => {
                let told = format!("cannot listen on {wanted}: {e}");
                return Err(Failure::new(Exit::Configuration, told)
                    .hint("--listen 127.0.0.1:0 picks a free port"));
            }
        }
    }
}

/// What the hub's own file says. What cannot be read there is the hub's to
/// complain of.
fn hub_config(dir: &Path) -> HubConfig {
    config::load(None, &dir.join("hub.toml")).unwrap_or_default()
}

/// Where programs on this host reach the address. A certificate is for a
/// name, which only the hub's `public_url` tells.
fn url_of(address: SocketAddr, hub: &HubConfig) -> String {
    if hub.certificate.is_some() && !hub.public_url.is_empty() {
        return hub.public_url.trim_end_matches('/').to_owned();
    }
    let scheme = if hub.certificate.is_some() { "https" } else { "http" };
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("{scheme}://{}", SocketAddr::new(ip, address.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(dir: &Path, listen: SocketAddr) -> Options {
        Options {
            data_dir: dir.join("farm"),
            listen,
            plugins_dirs: Vec::new(),
            allow_schemes: Vec::new(),
            network: Vec::new(),
            ca_file: None,
            plain_http: false,
            messages: Messages::Inherit,
        }
    }

    #[tokio::test]
    async fn a_port_is_picked_and_what_is_taken_is_named() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let farm = Farm::new(options(one.path(), any)).await.unwrap();
        assert!(farm.url().starts_with("http://127.0.0.1:") && !farm.url().ends_with(":0"));
        let second = Farm::new(options(one.path(), any)).await.err().unwrap();
        assert_eq!(second.exit, Exit::Locked);
        let taken = farm.options.listen;
        let other = Farm::new(options(two.path(), taken)).await.err().unwrap();
        assert_eq!(other.exit, Exit::Configuration);
        assert!(other.sentence.contains(&taken.to_string()), "{other:?}");
        drop(farm);
        Farm::new(options(one.path(), any)).await.unwrap();
    }

    #[test]
    fn an_address_for_all_is_reached_on_this_host() {
        let mut hub = HubConfig::default();
        assert_eq!(url_of("0.0.0.0:80".parse().unwrap(), &hub), "http://127.0.0.1:80");
        assert_eq!(url_of("[::]:80".parse().unwrap(), &hub), "http://[::1]:80");
        hub.certificate = Some("hub.pem".into());
        assert_eq!(url_of("0.0.0.0:80".parse().unwrap(), &hub), "https://127.0.0.1:80");
        hub.public_url = "https://farm.example.org:80/".into();
        assert_eq!(url_of("0.0.0.0:80".parse().unwrap(), &hub), "https://farm.example.org:80");
    }
}
