//! Misbehaves in a constructor, which the loader runs: before it can be asked
//! anything. Which way is written into the file: tests make copies that go
//! another way by changing these bytes.

use monkeyfarm_plugin_api::{Checkout, CheckoutJob, Context, Failure, VcsHandler};

#[used]
static WAY: [u8; 9] = *b"WAY:calms";

struct Never;

impl VcsHandler for Never {
    fn checkout(&self, _: &CheckoutJob, _: &Context) -> Result<Checkout, Failure> {
        Err(Failure::new("this handler checks nothing out"))
    }
}

extern "C" fn construct() {
    // SAFETY: it is a static. Read like this, what the compiler saw is not
    // taken for what is in the file.
    let way = unsafe { std::ptr::read_volatile(&raw const WAY) };
    match &way[4..] {
        b"abort" => std::process::abort(),
        b"exit0" => std::process::exit(0),
        b"hangs" => sleep(),
        b"forks" => fork(),
        b"files" => die_of_few_files(),
        _ => {}
    }
}

fn sleep() {
    loop {
        std::thread::sleep(std::time::Duration::from_secs(1000));
    }
}

/// Dies on a host that lets it open few files, and on no other.
fn die_of_few_files() {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let most = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    if most.is_some_and(|most: u32| most < 200) {
        eprintln!("too few files");
        std::process::abort();
    }
}

/// Leaves a process behind that is in no way to be seen from this one.
fn fork() {
    let stay = std::process::Command::new("setsid")
        .args(["-f", "sh", "-c", "trap '' TERM HUP INT; while :; do sleep 1000; done"])
        .status();
    drop(stay);
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = construct;

monkeyfarm_plugin_api::export! {
    plugin: "constructor",
    version: "1",
    vcs: { "constructor" => || Never },
}
