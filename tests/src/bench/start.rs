//! A hub that starts with a database of its own age.

use std::net::TcpListener;
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
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
    let times = (0..ROUNDS).map(|_| once(bench)).collect::<anyhow::Result<_>>()?;
    report.add(Row {
        what: "hub start -> first answer, over 500 builds",
        value: median(times),
        unit: Unit::Ms,
        floor: Some(SPAWN),
        promise: Some(20.0),
    });
    Ok(())
}

fn once(bench: &BenchFarm) -> anyhow::Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut client = Connection::open(std::net::TcpStream::connect(listener.local_addr()?)?)?;
    let request = bench.request("/build/get_all.json?project_label=demo&limit=1");
    let begin = Instant::now();
    let (lifeline, stdin) = Lifeline::pair()?;
    let mut hub = Command::new(programs::program("mf-hub"))
        .args(["--config", "/dev/null", "--data-dir"])
        .arg(bench.farm.data_dir())
        .stdin(stdin)
        .stderr(Stdio::null())
        .spawn()?;
    lifeline.send_with(&Start { listener: true }, &[listener.as_fd()])?;
    client.send(&request, 0)?;
    let answered = client.answer().map(|_| milliseconds(begin.elapsed()));
    drop((lifeline, client));
    hub.wait()?;
    answered
}
