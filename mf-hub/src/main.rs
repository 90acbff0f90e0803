//! The hub's program: flags, the lifeline, signals and exit codes.

use std::io::Write;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use mf_core::config::{self, ConfigError, HubConfig};
use mf_core::lifeline::Lifeline;
use mf_core::wire::{Ready, Start};
use mf_hub::http;
use mf_hub::hub::{Hub, StartError};
use mf_hub::store::migrate::MigrateError;
use mf_hub::store::open::OpenError;
use mf_hub::store::recover;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Where the configuration is unless a flag says otherwise.
const CONFIG: &str = "/etc/monkeyfarm/hub.toml";
/// Something broke that is not the user's doing.
const INTERNAL: u8 = 70;
/// Another hub has the data directory.
const LOCKED: u8 = 75;
/// The configuration is wrong, or the database is a newer hub's.
const WRONG: u8 = 78;

/// Why the hub does not listen.
const IN_CLEAR: &str = "other hosts reach that address, and plain http would show every key to \
    the network; name a certificate and its certificate_key, or say plain_http = true";

/// MonkeyFarm's hub: owns the database, answers the API.
#[derive(Parser)]
#[command(
    name = "mf-hub",
    version,
    after_help = "Example:\n  mf-hub --data-dir /var/lib/monkeyfarm --listen 127.0.0.1:8765"
)]
struct Flags {
    /// Configuration file; flags win over it [default: /etc/monkeyfarm/hub.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the database and all files are
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Address and port to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// PEM file of the certificate to speak https with
    #[arg(long, value_name = "FILE", requires = "certificate_key")]
    certificate: Option<PathBuf>,
    /// PEM file of the certificate's key
    #[arg(long, value_name = "FILE", requires = "certificate")]
    certificate_key: Option<PathBuf>,
    /// Speak plain http on an address that other hosts can reach
    #[arg(long)]
    plain_http: bool,
    /// How people reach the hub, for links
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Let people register as users by themselves
    #[arg(long)]
    registration: bool,
    /// How long an attempt lives without a heartbeat
    #[arg(long, value_name = "SECONDS")]
    lease_seconds: Option<u64>,
    /// Write a new key of an admin to keys/admin in the data directory, and
    /// exit: for when all others are lost; the hub must not be running
    #[arg(long)]
    new_admin_key: bool,
}

impl Flags {
    fn config(self) -> Result<HubConfig, ConfigError> {
        let mut config: HubConfig = config::load(self.config.as_deref(), Path::new(CONFIG))?;
        config.data_dir = self.data_dir.unwrap_or(config.data_dir);
        config.listen = self.listen.unwrap_or(config.listen);
        config.certificate = self.certificate.or(config.certificate);
        config.certificate_key = self.certificate_key.or(config.certificate_key);
        config.plain_http |= self.plain_http;
        config.request_seconds = config.request_seconds.max(1);
        config.public_url = self.public_url.unwrap_or(config.public_url);
        config.registration |= self.registration;
        config.lease_seconds = self.lease_seconds.unwrap_or(config.lease_seconds).max(1);
        Ok(config)
    }
}

fn main() -> ExitCode {
    mf_core::log::start();
    mf_core::memory::give_back();
    let flags = Flags::parse();
    match run(flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // In one piece, for the farm's other programs write there too; with
            // standard error gone the exit code alone says it.
            let line = format!("mf-hub: {error:#}\n");
            let _ = std::io::stderr().write_all(line.as_bytes());
            ExitCode::from(code(&error))
        }
    }
}

/// The exit code that fits an error.
fn code(error: &anyhow::Error) -> u8 {
    if error.is::<ConfigError>() {
        return WRONG;
    }
    match error.downcast_ref::<StartError>() {
        Some(StartError::Config(_)) => WRONG,
        Some(StartError::Open(OpenError::Locked { .. })) => LOCKED,
        Some(StartError::Open(OpenError::Migrate(MigrateError::Newer { .. }))) => WRONG,
        Some(StartError::Open(OpenError::Io { .. })) => WRONG,
        _ => INTERNAL,
    }
}

fn run(flags: Flags) -> anyhow::Result<()> {
    let lifeline = Lifeline::inherited().context("the lifeline cannot be used")?;
    let handed = match &lifeline {
        Some(lifeline) => handed(lifeline)?,
        None => None,
    };
    let new_admin_key = flags.new_admin_key;
    let config = flags.config()?;
    allow_many_connections();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if new_admin_key {
        return runtime.block_on(write_admin_key(config));
    }
    let served = runtime.block_on(serve(config, handed, lifeline));
    // Threads that still wait for somebody slow do not hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

/// Every connection is a descriptor, and the usual limit of 1,024 is kept for
/// programs of another age: as many as the system lets us have.
fn allow_many_connections() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!("the limit of open files cannot be raised: {error}");
    }
}

/// The listening socket that the parent hands over, if it does.
fn handed(lifeline: &Lifeline) -> anyhow::Result<Option<TcpListener>> {
    let started = lifeline.recv_with::<Start>().context("the parent's first frame is broken")?;
    let Some((start, fds)) = started else { anyhow::bail!("the parent is gone") };
    let fd: Option<OwnedFd> = fds.into_iter().next();
    if start.listener && fd.is_none() {
        anyhow::bail!("the parent's first frame came without the listening socket");
    }
    Ok(fd.map(TcpListener::from))
}

async fn serve(
    config: HubConfig,
    handed: Option<TcpListener>,
    lifeline: Option<Lifeline>,
) -> anyhow::Result<()> {
    // Before anybody is told that the hub is ready, and may send one.
    let signals = Signals::listen()?;
    let tls = http::tls::acceptor(&config)?;
    let (listen, plain_http) = (config.listen.clone(), config.plain_http);
    let hub = Hub::start(config).await?;
    let fail = |why: String| ConfigError { path: format!("listen = {listen:?}"), why };
    let listener = match handed {
        Some(listener) => listener,
        None => TcpListener::bind(&listen)
            .map_err(|error| fail(format!("cannot listen there: {error}")))?,
    };
    let address = listener.local_addr()?;
    if tls.is_none() && !plain_http && !address.ip().is_loopback() {
        return Err(fail(IN_CLEAR.into()).into());
    }
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let url = format!("{}://{address}", if tls.is_some() { "https" } else { "http" });
    tracing::info!("the hub answers at {url}");
    if let Some(lifeline) = &lifeline {
        lifeline.send(&Ready { url, ..Ready::default() }).context("the parent is gone")?;
    }
    tokio::spawn(stop_when_told(Arc::clone(&hub), signals, lifeline));
    let router = http::router(Arc::clone(&hub));
    http::serve::serve(Arc::clone(&hub), listener, router, tls).await;
    // What was asked for is committed before the process ends.
    let stopped = tokio::task::spawn_blocking(move || hub.writer.stop()).await;
    stopped.context("the writer did not stop in order")
}

/// Gives an admin a new key, and says whose it is and where.
async fn write_admin_key(config: HubConfig) -> anyhow::Result<()> {
    let hub = Hub::start(config).await?;
    let made = recover::admin_key(&hub).await?;
    tokio::task::spawn_blocking(move || hub.writer.stop()).await?;
    let line = format!("a new key of {} is in {}\n", made.user, made.file.display());
    Ok(std::io::stdout().write_all(line.as_bytes())?)
}

/// The signals that the hub hears.
struct Signals {
    term: Signal,
    int: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? })
    }
}

/// Stops the hub on SIGTERM, on SIGINT unless a parent sees to that, and when
/// the lifeline ends.
async fn stop_when_told(hub: Arc<Hub>, mut signals: Signals, lifeline: Option<Lifeline>) {
    let has_parent = lifeline.is_some();
    let parent = async {
        match lifeline {
            Some(lifeline) => parent_gone(lifeline).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(parent);
    loop {
        tokio::select! {
            _ = signals.term.recv() => break,
            _ = signals.int.recv() => if !has_parent { break },
            () = &mut parent => break,
        }
    }
    tracing::info!("the hub stops");
    hub.stop();
}

/// Waits until the parent is gone. A thread of its own, because the frames
/// are read blocking; it ends with the process.
async fn parent_gone(lifeline: Lifeline) {
    let (gone, wait) = tokio::sync::oneshot::channel();
    let listen = move || {
        while let Ok(Some(_)) = lifeline.recv::<serde_json::Value>() {}
        // Nobody listens any more when the hub stops for another reason.
        let _ = gone.send(());
    };
    if std::thread::Builder::new().name("lifeline".into()).spawn(listen).is_ok() {
        let _ = wait.await;
    }
}
