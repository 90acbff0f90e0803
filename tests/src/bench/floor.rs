//! The least that could be done, on this machine, now.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::report::{Report, Unit};
use super::{median, milliseconds};

/// Starting and ending a program.
pub const SPAWN: &str = "floor: fork, exec and exit";
/// Writing a page to the disk.
pub const SYNC: &str = "floor: write 4 KiB and sync";
/// One insert in a transaction of its own.
pub const INSERT: &str = "floor: SQLite, FULL, single inserts";
/// 80 MB from a program into a file.
pub const PIPE: &str = "floor: 80 MB through a pipe, and sync";

/// Measures those that need no server.
pub fn measure(report: &mut Report) -> anyhow::Result<()> {
    report.floor(SPAWN, spawn()?, Unit::Ms);
    report.floor(SYNC, sync()?, Unit::Ms);
    report.floor(INSERT, insert()?, Unit::PerSecond);
    report.floor(PIPE, median((0..3).map(|_| pipe()).collect::<Result<_, _>>()?), Unit::Ms);
    Ok(())
}

fn spawn() -> anyhow::Result<f64> {
    each(100, || Ok(Command::new("true").status().map(drop)?))
}

fn sync() -> anyhow::Result<f64> {
    let mut file = tempfile::tempfile()?;
    each(200, || {
        file.write_all(&[b'x'; 4096])?;
        Ok(file.sync_data()?)
    })
}

fn insert() -> anyhow::Result<f64> {
    let dir = tempfile::tempdir()?;
    let db = Connection::open(dir.path().join("floor.db"))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.execute_batch("CREATE TABLE floor (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")?;
    let mut insert = db.prepare("INSERT INTO floor (text) VALUES (?1)")?;
    let took = each(200, || Ok(insert.execute(["a row like many"]).map(drop)?))?;
    Ok(1000.0 / took)
}

fn pipe() -> anyhow::Result<f64> {
    let begin = Instant::now();
    let mut child = Command::new("head")
        .args(["--bytes=80000000", "/dev/zero"])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut from = child.stdout.take().ok_or_else(|| anyhow::anyhow!("no pipe"))?;
    let mut file: File = tempfile::tempfile()?;
    let mut block = vec![0; 256 * 1024];
    loop {
        let got = from.read(&mut block)?;
        if got == 0 {
            break;
        }
        file.write_all(&block[..got])?;
    }
    file.sync_data()?;
    child.wait()?;
    Ok(milliseconds(begin.elapsed()))
}

/// The middle of so many times, in milliseconds.
fn each(times: usize, mut what: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let mut all: Vec<Duration> = Vec::new();
    for _ in 0..times {
        let begin = Instant::now();
        what()?;
        all.push(begin.elapsed());
    }
    Ok(median(all.into_iter().map(milliseconds).collect()))
}
