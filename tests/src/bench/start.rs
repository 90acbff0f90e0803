//! A hub that starts with a database of its own age.

use std::net::TcpListener;
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use mf_core::lifeline::Lifeline;
use mf_core::wire::Start;

use super::farm::BenchFarm;
use super::floor::SPAWN;
use super::load::Connection;
use super::report::{Report, Row, Unit};
use super::{median, milliseconds};
use crate::programs;

/// How often the hub is started.
const ROUNDS: usize = 7;

/// From the start of the program to its first whole answer, on the database
/// that the other measurements have left. The request waits in the socket
/// that the hub is handed, as it does when `mf up` starts a hub again.
pub fn measure(bench: &mut BenchFarm, report: &mut Report) -> anyhow::Result<()> {
    bench.farm.stop();
    let times = (0..ROUNDS).map(|_| Ok(hub(bench)?.took)).collect::<anyhow::Result<_>>()?;
    report.add(Row {
        what: "hub start -> first answer, over 500 builds",
        value: median(times),
        unit: Unit::Ms,
        floor: Some(SPAWN),
        promise: Some(20.0),
    });
    Ok(())
}

/// From the start of `mf` to what it says, where it asks no hub: all that
/// comes before a command's own work.
///
/// # Errors
/// It cannot be run.
pub fn mf(report: &mut Report) -> anyhow::Result<()> {
    let started = || -> anyhow::Result<f64> {
        let begin = Instant::now();
        let status = Command::new(programs::program("mf"))
            .args(["config", "show"])
            .env("MF_URL", "http://127.0.0.1:1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()?;
        anyhow::ensure!(status.success(), "mf config show ended with {status}");
        Ok(milliseconds(begin.elapsed()))
    };
    let times = (0..ROUNDS).map(|_| started()).collect::<anyhow::Result<_>>()?;
    let (what, value) = ("mf: start -> its answer", median(times));
    report.add(Row { what, value, unit: Unit::Ms, floor: Some(SPAWN), promise: Some(30.0) });
    Ok(())
}

/// A hub alone, without anybody who asks for work; it ends when this is dropped.
pub struct Alone {
    /// How long it took to its first answer, in milliseconds.
    pub took: f64,
    /// A connection to it.
    pub client: Connection,
    /// Where it answers: address and port.
    pub address: String,
    lifeline: Option<Lifeline>,
    hub: Child,
}

impl Alone {
    /// Its process.
    pub fn pid(&self) -> i32 {
        self.hub.id().cast_signed()
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // Whoever waits for it next finds its lock free.
        let _ = self.hub.wait();
    }
}

/// Starts a hub on the data of a farm that is stopped.
pub fn hub(bench: &BenchFarm) -> anyhow::Result<Alone> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut client = Connection::open(std::net::TcpStream::connect(listener.local_addr()?)?)?;
    let request = bench.request("/build/get_all.json?project_label=demo&limit=1");
    let begin = Instant::now();
    let (lifeline, stdin) = Lifeline::pair()?;
    let hub = Command::new(programs::program("mf-hub"))
        .args(["--config", "/dev/null", "--data-dir"])
        .arg(bench.farm.data_dir())
        .stdin(stdin)
        .stderr(Stdio::null())
        .spawn()?;
    lifeline.send_with(&Start { listener: true }, &[listener.as_fd()])?;
    client.send(&request, 0)?;
    let address = listener.local_addr()?.to_string();
    let lifeline = Some(lifeline);
    let mut alone = Alone { took: f64::NAN, client, address, lifeline, hub };
    alone.client.answer()?;
    alone.took = milliseconds(begin.elapsed());
    Ok(alone)
}
