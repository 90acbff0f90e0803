//! Handlers that are killed, and disks that are full: in processes of their
//! own, which are this very test program, called for one test.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use monkeyfarm_plugin_api::{CheckoutJob, Context, Host};

use super::bench::write;
use super::{Bench, World};

const JOB: &str = "MONKEYFARM_SUITE_JOB";
const SMALL_DISK: &str = "MONKEYFARM_SUITE_SMALL_DISK";

/// Says each word as soon as it hears it.
struct Loud;

impl Host for Loud {
    fn log(&self, line: &str) {
        println!("log {line}");
    }
    fn progress(&self, what: &str) {
        println!("progress {what}");
    }
    fn cancelled(&self) -> bool {
        false
    }
    fn secret(&self, _: &str) -> Option<String> {
        None
    }
}

/// The victim's side: does the job that it is given, if it is given one.
pub fn run<W: World>(world: impl Fn() -> W) {
    let Ok(job) = env::var(JOB) else { return };
    let job: CheckoutJob = serde_json::from_str(&job).unwrap();
    if let Ok(size) = env::var(SMALL_DISK) {
        let options = format!("size={size}");
        let dir = job.cache_dir.as_os_str();
        let mount = ["-t", "tmpfs", "-o", &options, "tmpfs"].map(std::ffi::OsStr::new);
        assert!(Command::new("mount").args(mount).arg(dir).status().unwrap().success());
    }
    let cx = Context::new(Box::new(Loud));
    let done = |outcome: Result<String, _>| match outcome {
        Ok(revision) => println!("done {revision}"),
        Err(failure) => println!("failed {failure}"),
    };
    let handler = world().handler();
    done(handler.checkout(&job, &cx).map(|checkout| checkout.revision));
    if env::var(SMALL_DISK).is_ok() {
        // Then there is room, in the same cache.
        let bigger = ["-o", "remount,size=64m"];
        assert!(Command::new("mount").args(bigger).arg(&job.cache_dir).status().unwrap().success());
        std::fs::remove_dir_all(&job.source_dir).unwrap();
        std::fs::create_dir(&job.source_dir).unwrap();
        done(handler.checkout(&job, &cx).map(|checkout| checkout.revision));
    }
}

/// The command that runs the victim of `module` with a job.
fn victim(program: &[&str], module: &str, job: &CheckoutJob) -> Command {
    let test = module.split_once("::").map_or("", |(_, test)| test);
    let this = env::current_exe().unwrap();
    let mut words = program.iter().map(std::ffi::OsStr::new).chain([this.as_os_str()]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(["--exact", "--nocapture"]).arg(format!("{test}::victim"));
    command.env(JOB, serde_json::to_string(job).unwrap()).stdout(Stdio::piped());
    command
}

fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok)
}

/// A namespace of its own for a victim: as in a farm, nothing of it outlives
/// its first process.
const ALONE: &[&str] =
    &["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child=KILL"];

/// Whether a program can be run so; says loudly if not.
fn possible(unshare: &[&str], program: &[&str]) -> bool {
    let mut probe = Command::new(unshare[0]);
    probe.args(&unshare[1..]).args(program).stdout(Stdio::null()).stderr(Stdio::null());
    let possible = probe.status().is_ok_and(|status| status.success());
    if !possible {
        eprintln!("SKIPPED: this needs namespaces of its own, which cannot be had here");
    }
    possible
}

/// Two processes are killed with -9 after each word that they say; the cache
/// serves the next task all the same.
pub fn killed_at_any_moment(world: &dyn World, module: &str) {
    if !possible(ALONE, &["true"]) {
        return;
    }
    let bench = Bench::new(world);
    world.make("r");
    let work = world.work("r", "");
    for moment in 0.. {
        write(&work, "a", &moment.to_string());
        let revision = world.commit("r", "", "more");
        let url = world.url("r");
        let mut victims = [0, 1].map(|_| {
            let job = bench.job(&url, "");
            victim(ALONE, module, &job).stderr(Stdio::null()).spawn().unwrap()
        });
        let [mut words, others] = victims.each_mut().map(lines);
        let late = !words.by_ref().any({
            let mut left = moment;
            move |line| {
                let word = line.starts_with("progress ");
                let now = word && left == 0;
                left -= usize::from(word && left > 0);
                now
            }
        });
        for victim in &mut victims {
            victim.kill().unwrap();
            victim.wait().unwrap();
        }
        // The pipes end when nobody is left to write.
        words.chain(others).for_each(drop);
        assert_eq!(bench.read("r", ""), (revision, moment.to_string()), "killed at {moment}");
        if late {
            assert!(moment > 1, "there were moments to kill it at");
            break;
        }
    }
}

/// On a full disk the task fails with a sentence; with room again, the same
/// cache serves it. Skipped where nobody may mount, and says so.
pub fn full_disk(world: &dyn World, module: &str) {
    let unshare = ["unshare", "--user", "--map-root-user", "--mount"];
    if !possible(&unshare, &["mount", "-t", "tmpfs", "tmpfs", "/mnt"]) {
        return;
    }
    let bench = Bench::new(world);
    world.make("r");
    let work = world.work("r", "");
    // Nothing that a program could compress.
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(4 << 20)
    .collect();
    std::fs::write(work.join("noise"), noise).unwrap();
    let revision = world.commit("r", "", "much");
    let job = bench.job(&world.url("r"), "");
    let mut child = victim(&unshare, module, &job)
        .env(SMALL_DISK, "1m")
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let said: Vec<_> = lines(&mut child).collect();
    assert!(child.wait().unwrap().success(), "{said:#?}");
    let ends: Vec<_> =
        said.iter().filter(|line| line.starts_with("done") || line.starts_with("failed")).collect();
    assert_eq!(ends.len(), 2, "{said:#?}");
    assert!(ends[0].starts_with("failed the disk is full: no room on this worker"), "{said:#?}");
    assert_eq!(*ends[1], format!("done {revision}"), "{said:#?}");
    assert!(Path::new(&job.source_dir).join("noise").exists());
}
