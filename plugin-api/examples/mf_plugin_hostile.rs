//! A plugin with many handlers, each of which misbehaves in its own way. The
//! plugin host is tested with it.

use std::process::Command;
use std::time::Duration;

use monkeyfarm_plugin_api::{Artifact, ArtifactKind, BuildHandler, BuildJob, Built, Context};
use monkeyfarm_plugin_api::{Change, Changes, ChangesJob};
use monkeyfarm_plugin_api::{Checkout, CheckoutJob, Failure, Schemas, VcsHandler};
use monkeyfarm_plugin_api::{Farm, Hook, HookJob, Hooked};

/// One way to misbehave.
struct Way(fn(&BuildJob, &Context) -> Result<Built, Failure>);

impl BuildHandler for Way {
    fn build(&self, job: &BuildJob, cx: &Context) -> Result<Built, Failure> {
        self.0(job, cx)
    }

    fn schemas() -> Schemas {
        let local = serde_json::json!({ "properties": { "ways": { "type": "integer" } } });
        Schemas { local: Some(local), ..Schemas::default() }
    }
}

/// Misbehaves when it is dropped.
#[derive(Default)]
struct DropPanics;

impl Drop for DropPanics {
    fn drop(&mut self) {
        panic!("dropped and cross about it");
    }
}

impl BuildHandler for DropPanics {
    fn build(&self, _: &BuildJob, _: &Context) -> Result<Built, Failure> {
        Ok(Built::default())
    }
}

/// Behaves, and tells what it was given.
fn tell(job: &BuildJob, cx: &Context) -> Result<Built, Failure> {
    cx.progress("telling");
    for (name, value) in std::env::vars() {
        cx.log(format!("env {name}={value}"));
    }
    let here = std::env::current_dir().map_err(Failure::io("cannot tell where this is"))?;
    cx.log(format!("here {}", here.display()));
    cx.log(format!("secret {:?} {:?}", cx.secret("token"), cx.secret("other")));
    for (what, path) in [("stdin", "/proc/self/fd/0"), ("namespace", "/proc/self/ns/pid")] {
        let link = std::fs::read_link(path).map_err(Failure::io("cannot read a link"))?;
        cx.log(format!("{what} {}", link.display()));
    }
    let first = std::fs::read_to_string("/proc/1/cmdline");
    let first = first.map_err(Failure::io("cannot see the first process"))?;
    cx.log(format!(
        "first {}",
        first.replace("/proc/self/exe", "mf-plugin-host").replace('\0', " ")
    ));
    let open = Command::new("ls").args(["-m", "/proc/self/fd"]).status();
    open.map_err(Failure::io("cannot run ls"))?;
    println!("printed by {}", job.task);
    let path = here.join("made");
    let artifact = Artifact { kind: ArtifactKind::File, name: "made".into(), path };
    Ok(Built { artifacts: vec![artifact] })
}

fn fail(job: &BuildJob, _: &Context) -> Result<Built, Failure> {
    Err(Failure::new(format!("{} does not compile", job.package)))
}

fn panic(_: &BuildJob, _: &Context) -> Result<Built, Failure> {
    panic!("this handler panics");
}

fn abort(_: &BuildJob, _: &Context) -> Result<Built, Failure> {
    std::process::abort();
}

fn exit(_: &BuildJob, _: &Context) -> Result<Built, Failure> {
    std::process::exit(0);
}

fn overflow(_: &BuildJob, cx: &Context) -> Result<Built, Failure> {
    fn deeper(depth: u64) -> u64 {
        let room = std::hint::black_box([depth; 1024]);
        if depth == u64::MAX { 0 } else { deeper(depth + 1) + room[7] }
    }
    cx.log(deeper(0).to_string());
    Ok(Built::default())
}

/// Leaves processes behind in every way that there is, each of which ignores
/// SIGTERM and carries the task's name as an argument, and succeeds. One of
/// them is always another one: it starts its successor and ends.
fn leave(job: &BuildJob, cx: &Context) -> Result<Built, Failure> {
    let stay = r#"trap "" TERM HUP; while :; do sleep 1000; done"#;
    let next = r#"setsid -f sh -c "$0" "$0" "$1""#;
    let mut lines = vec![format!("setsid -f sh -c '{next}' '{next}' {}", job.task)];
    for how in ["setsid -f", "setsid -w setsid -f", "nohup", ""] {
        lines.push(format!("{how} sh -c '{stay}' {} >/dev/null 2>&1 &", job.task));
    }
    for line in lines {
        let status = Command::new("sh").args(["-c", &line]).status();
        cx.log(format!("{}: {line}", status.map_err(Failure::io("cannot run sh"))?));
    }
    cx.progress("left");
    Ok(Built::default())
}

/// As `leave`, but does not end, whatever it is told.
fn stay(job: &BuildJob, cx: &Context) -> Result<Built, Failure> {
    leave(job, cx)?;
    cx.progress("running away");
    loop {
        std::thread::sleep(Duration::from_secs(1000));
    }
}

/// Computes for ever, and hears nothing.
fn spin(_: &BuildJob, cx: &Context) -> Result<Built, Failure> {
    cx.progress("running away");
    loop {
        std::hint::spin_loop();
    }
}

/// Takes memory until there is no more.
fn allocate(_: &BuildJob, _: &Context) -> Result<Built, Failure> {
    let mut all = Vec::new();
    loop {
        all.push(vec![1u8; 1 << 20]);
        std::hint::black_box(&all);
    }
}

/// Writes what nobody can read to every descriptor that it can guess.
fn garbage(_: &BuildJob, _: &Context) -> Result<Built, Failure> {
    let bytes: Vec<u8> = (0..4096u32).map(|n| ((n * 7919) >> 3) as u8).collect();
    for number in 0..64 {
        // SAFETY: none but the kernel's: a number that is not open is refused.
        unsafe { write(number, bytes.as_ptr(), bytes.len()) };
    }
    Ok(Built::default())
}

unsafe extern "C" {
    fn write(fd: i32, bytes: *const u8, length: usize) -> isize;
}

/// Ends when it is told to.
fn obey(_: &BuildJob, cx: &Context) -> Result<Built, Failure> {
    cx.progress("waiting");
    loop {
        cx.check()?;
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Has a command write a million lines straight into the log.
fn lines(_: &BuildJob, cx: &Context) -> Result<Built, Failure> {
    let status = Command::new("seq").arg("1000000").status();
    status.map_err(Failure::io("cannot run seq"))?;
    cx.log("the end");
    Ok(Built::default())
}

/// Answers more than anyone wants to hear.
fn babble(_: &BuildJob, _: &Context) -> Result<Built, Failure> {
    let artifact = |n: u32| Artifact {
        kind: ArtifactKind::File,
        name: format!("file-{n}"),
        path: format!("/somewhere/file-{n}").into(),
    };
    Ok(Built { artifacts: (0..10_000).map(artifact).collect() })
}

/// Fails, and does not say why.
fn mute(_: &BuildJob, _: &Context) -> Result<Built, Failure> {
    Err(Failure::new(" \n"))
}

/// Fails, and does not stop saying why.
fn rant(_: &BuildJob, _: &Context) -> Result<Built, Failure> {
    Err(Failure::new("é".repeat(1 << 20)))
}

/// As `rant`, in a panic.
fn scream(_: &BuildJob, _: &Context) -> Result<Built, Failure> {
    panic!("{}", "é".repeat(1 << 20));
}

struct Nowhere;

impl VcsHandler for Nowhere {
    fn checkout(&self, job: &CheckoutJob, _: &Context) -> Result<Checkout, Failure> {
        Ok(Checkout { revision: format!("{}@{}", job.url, job.reference) })
    }

    fn changes(&self, job: &ChangesJob, cx: &Context) -> Result<Changes, Failure> {
        cx.log(format!("since {} of {}", job.since, job.source.url));
        let change = |n: usize| Change { revision: n.to_string(), ..Change::default() };
        Ok(Changes { changes: (0..10_000).map(change).collect(), ..Changes::default() })
    }
}

/// Asks the hub, and remembers how often it was run.
struct Asks;

impl Hook for Asks {
    fn run(&self, job: &HookJob, farm: &Farm, cx: &Context) -> Result<Hooked, Failure> {
        let builds = farm.get_all("build", &[("limit", "5")])?;
        let refused = farm.create("build", serde_json::json!({ "label": "mine" }));
        let runs = job.memory::<u32>() + 1;
        cx.log(format!("{} builds at run {runs}, {:?}", builds.len(), cx.secret("token")));
        let warning = refused.map_or_else(|failure| failure.sentence, |made| made.to_string());
        Ok(Hooked { memory: runs.into(), warnings: vec![warning] })
    }
}

monkeyfarm_plugin_api::export! {
    plugin: "hostile",
    version: "6.6.6",
    build: {
        /// Behaves, and tells what it was given.
        "tell" => || Way(tell),
        "fail" => || Way(fail),
        "panic" => || Way(panic),
        "drop" => DropPanics::default,
        "abort" => || Way(abort),
        "exit" => || Way(exit),
        "overflow" => || Way(overflow),
        "leave-child" => || Way(leave),
        "stay" => || Way(stay),
        "obey" => || Way(obey),
        "lines" => || Way(lines),
        "spin" => || Way(spin),
        "allocate" => || Way(allocate),
        "garbage" => || Way(garbage),
        "babble" => || Way(babble),
        "mute" => || Way(mute),
        "rant" => || Way(rant),
        "scream" => || Way(scream),
    },
    vcs: {
        "nowhere" => || Nowhere,
    },
    hook: {
        /// Asks the hub what it may and may not.
        "ask" => || Asks,
    },
}
