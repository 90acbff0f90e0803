//! The least that could be done, on this machine, now.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::percentile;

/// Starts and ends a program that does nothing; the median.
pub fn spawn() -> Duration {
    median(50, || {
        Command::new("true").status().expect("every host has `true`");
    })
}

/// Writes a page into a file and waits for the disk; the median.
pub fn sync() -> anyhow::Result<Duration> {
    let mut file = tempfile::tempfile()?;
    Ok(median(50, || {
        file.write_all(&[b'x'; 4096]).and_then(|()| file.sync_data()).expect("there is room");
    }))
}

/// Reads 80 MB that a program writes into a pipe, into a file, and waits for
/// the disk.
pub fn pipe() -> anyhow::Result<Duration> {
    let begin = Instant::now();
    let mut child = Command::new("head")
        .args(["--bytes=80000000", "/dev/zero"])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut from = child.stdout.take().expect("it was asked for");
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
    Ok(begin.elapsed())
}

fn median(times: usize, mut what: impl FnMut()) -> Duration {
    let times: Vec<Duration> = (0..times)
        .map(|_| {
            let begin = Instant::now();
            what();
            begin.elapsed()
        })
        .collect();
    percentile(&times, 50)
}
