//! Misbehaves in a constructor, which the loader runs: before it can be asked
//! anything. Which way is written into the file: tests make copies that go
//! another way by changing these bytes.

use monkeyfarm_plugin_api::{Checkout, CheckoutJob, Context, Failure, VcsHandler};

#[used]
static WAY: [u8; 9] = *b"WAY:calms";

/// The path of a file, and blanks.
#[used]
static MARK: [u8; 133] = {
    let (mut mark, name) = ([b' '; 133], b"MARK:");
    let mut at = 0;
    while at < name.len() {
        mark[at] = name[at];
        at += 1;
    }
    mark
};

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
        b"marks" => die_where_marked(),
        _ => {}
    }
}

fn sleep() {
    loop {
        std::thread::sleep(std::time::Duration::from_secs(1000));
    }
}

/// Dies for as long as there is a file, of which no more can be told than that.
fn die_where_marked() {
    // SAFETY: as above.
    let mark = unsafe { std::ptr::read_volatile(&raw const MARK) };
    let path = mark[5..].split(|byte| *byte == b' ').next().unwrap_or_default();
    if std::fs::exists(String::from_utf8_lossy(path).as_ref()).unwrap_or(false) {
        eprintln!("this host is marked");
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
