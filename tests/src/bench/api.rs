//! Reads and writes over HTTP, from 32 connections.

use std::time::Duration;

use anyhow::{Context, ensure};
use mf_core::resource::Build;

use super::farm::BenchFarm;
use super::floor::INSERT;
use super::hello::Hello;
use super::load::{self, Make};
use super::report::{Report, Row, Unit};
use super::{median, milliseconds};

/// How many clients write at the same time, at most.
const MIXED: usize = 64;
/// How long they do; `MF_BENCH_SECONDS` says otherwise.
const MIXED_SECONDS: u64 = 5;

/// How often each is measured, for a second.
const ROUNDS: usize = 3;

const ONE: &str = "floor: axum and one row";
const MANY: &str = "floor: axum and 50 rows";

/// Measures the hub beside a server without anything of ours.
pub fn measure(bench: &BenchFarm, report: &mut Report) -> anyhow::Result<()> {
    let filters = [("project_label", "demo"), ("limit", "1")];
    let builds: Vec<Build> = bench.runtime.block_on(bench.hub.get_all("build", &filters))?;
    ensure!(!builds.is_empty(), "there is no build to read: --only at-once,api makes some first");
    let label = &builds[0].label;
    let one = bench.request(&format!("/build/{label}/get_one.json?project_label=demo"));
    let many = bench.request("/build/get_all.json?project_label=demo&limit=50");

    let row = load::once(&bench.address, &one)?.len();
    let row_of_many = load::once(&bench.address, &many)?.len() / 50;
    let hello = |path: &'static str| {
        move |_, into: &mut Vec<u8>| {
            into.extend_from_slice(format!("GET {path} HTTP/1.1\r\nhost: h\r\n\r\n").as_bytes());
        }
    };
    let (floor_one, _) = rate(&Hello::start(row)?.address, &hello("/one"))?;
    report.floor(ONE, floor_one, Unit::PerSecond);
    let (floor_many, _) = rate(&Hello::start(row_of_many)?.address, &hello("/many"))?;
    report.floor(MANY, floor_many, Unit::PerSecond);

    let (ones, p99) = rate(&bench.address, &one)?;
    let per_second = |what, value, floor, promise| Row {
        what,
        value,
        unit: Unit::PerSecond,
        floor: Some(floor),
        promise: Some(promise),
    };
    let late = |what, value, promise| Row { what, value, unit: Unit::Ms, floor: None, promise };
    report.add(per_second("get_one, 32 connections", ones, ONE, 50_000.0));
    report.add(late("get_one, p99", p99, Some(5.0)));
    let (manys, p99) = rate(&bench.address, &many)?;
    report.add(per_second("get_all of 50, 32 connections", manys, MANY, 14_000.0));
    report.add(late("get_all of 50, p99", p99, None));
    let (writes, p99) = rate(&bench.address, &bench.writes())?;
    report.add(per_second("writes, 32 connections", writes, INSERT, 10_000.0));
    report.add(late("writes, p99", p99, None));
    mixed(bench, report)
}

/// What 64 clients do together that make, change and list things: none may
/// ever hear of anything but success.
fn mixed(bench: &BenchFarm, report: &mut Report) -> anyhow::Result<()> {
    let seconds = match std::env::var("MF_BENCH_SECONDS") {
        Ok(text) => text.parse().context("MF_BENCH_SECONDS is a number of seconds")?,
        Err(_) => MIXED_SECONDS,
    };
    let (write, list) = (bench.writes(), bench.request("/package/get_all.json?limit=10"));
    let change = bench.changes();
    let make = move |number: u64, into: &mut Vec<u8>| match number % 4 {
        0 => list(number, into),
        1 => change(number, into),
        _ => write(number, into),
    };
    let rate = load::run(&bench.address, &make, MIXED, Duration::from_secs(seconds))?;
    let floor = Some(INSERT);
    let row = |what, value, unit, floor| Row { what, value, unit, floor, promise: None };
    report.add(row("64 mixed writers, none refused", rate.per_second, Unit::PerSecond, floor));
    report.add(row("64 mixed writers, p99", milliseconds(rate.p99), Unit::Ms, None));
    Ok(())
}

/// Answers in a second, and the time in ms within which 99 of 100 come.
fn rate(address: &str, make: &Make) -> anyhow::Result<(f64, f64)> {
    let (mut rates, mut p99) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let rate = load::run(address, make, load::CONNECTIONS, load::TIME)?;
        rates.push(rate.per_second);
        p99.push(milliseconds(rate.p99));
    }
    Ok((median(rates), median(p99)))
}

impl BenchFarm {
    /// A read of `path`, as the admin.
    pub fn request(&self, path: &str) -> impl Fn(u64, &mut Vec<u8>) + Sync + use<> {
        let (host, key) = (&self.address, &self.key);
        let head =
            format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n\r\n");
        move |_, into: &mut Vec<u8>| into.extend_from_slice(head.as_bytes())
    }

    /// A new package each time.
    fn writes(&self) -> impl Fn(u64, &mut Vec<u8>) + Sync + use<> {
        self.sends("POST", "/package/post.json", |number| {
            format!(r#"{{"project_label":"demo","label":"w{number}"}}"#)
        })
    }

    /// The same package, changed each time.
    fn changes(&self) -> impl Fn(u64, &mut Vec<u8>) + Sync + use<> {
        self.sends("PUT", "/package/trivial/put.json", |number| {
            format!(r#"{{"project_label":"demo","about":"change {number}"}}"#)
        })
    }

    /// Requests with a body that is made from their number.
    pub fn sends<F: Fn(u64) -> String + Sync>(
        &self,
        method: &str,
        path: &str,
        body: F,
    ) -> impl Fn(u64, &mut Vec<u8>) + Sync + use<F> {
        let (host, key) = (&self.address, &self.key);
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\n"
        );
        move |number, into: &mut Vec<u8>| {
            let body = body(number);
            let length = body.len();
            into.extend_from_slice(head.as_bytes());
            into.extend_from_slice(format!("content-length: {length}\r\n\r\n{body}").as_bytes());
        }
    }
}
