//! What the tests stand on: the hostile plugins, and calls of them.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread::JoinHandle;
use std::time::Duration;

use mf_daemons::plugin::frame::Reply;
use mf_daemons::plugin::{Call, Ended, HostProgram, Job, Plugin, Running};
use monkeyfarm_plugin_api::BuildJob;
use monkeyfarm_plugin_api::farm::Ask;

/// The program that these tests were built with.
pub const HOST: &str = env!("CARGO_BIN_EXE_mf-plugin-host");

/// The hostile plugins: examples of plugin-api, built as this test was.
static EXAMPLES: LazyLock<PathBuf> = LazyLock::new(|| {
    let profile = Path::new(HOST).parent().unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--offline", "--workspace", "--examples", "--target-dir"]);
    cargo.arg(profile.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success(), "the hostile plugins cannot be built");
    profile.join("examples")
});

/// The file of a hostile plugin.
pub fn example(name: &str) -> PathBuf {
    EXAMPLES.join(format!("libmf_plugin_{name}.so"))
}

/// A plugin, as a daemon has it after its checks.
pub fn plugin(name: &str) -> Arc<Plugin> {
    let log = File::create("/dev/null").unwrap();
    Plugin::open(&HostProgram::at(HOST), &example(name), log).unwrap().unwrap()
}

/// Builds with a handler of the plugin `hostile`, in a directory of its own.
pub struct Bench {
    pub dir: tempfile::TempDir,
    /// Stands in the arguments of every process that a handler leaves behind.
    pub marker: String,
    host: HostProgram,
}

impl Bench {
    pub fn new(host: HostProgram) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let marker = format!("task-{}-{count}.el6", std::process::id());
        let dir = tempfile::tempdir().unwrap();
        // The host may run as another user.
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
        Self { dir, marker, host }
    }

    pub fn start(&self, handler: &str, deadline: Option<Duration>) -> Started {
        let job = BuildJob {
            package: "php".into(),
            task: self.marker.clone(),
            work_dir: self.dir.path().into(),
            ..BuildJob::default()
        };
        self.start_job(handler, Job::Build(Box::new(job)), deadline)
    }

    pub fn start_job(&self, handler: &str, job: Job, deadline: Option<Duration>) -> Started {
        self.start_by(handler, job, deadline, None)
    }

    pub fn start_by(
        &self,
        handler: &str,
        job: Job,
        deadline: Option<Duration>,
        begin_by: Option<Duration>,
    ) -> Started {
        let (mut read, log) = std::io::pipe().unwrap();
        let call = Call {
            plugin: plugin("hostile"),
            handler: handler.into(),
            job,
            log: log.into(),
            work_dir: self.dir.path().into(),
            deadline,
            begin_by,
            secrets: [("token".to_owned(), "s3cret".to_owned())].into(),
            confine: Default::default(),
        };
        let running = call.start(&self.host).unwrap();
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            read.read_to_string(&mut text).unwrap();
            text
        });
        Started { running, log, marker: self.marker.clone() }
    }
}

/// A call that goes on, and what reads its log.
pub struct Started {
    pub running: Running,
    log: JoinHandle<String>,
    marker: String,
}

impl Started {
    /// Waits for the end of the call and of its log. The log ends when nobody
    /// holds it any more, so a process left behind would keep this from
    /// returning; `/proc` is asked as well.
    pub fn wait(self, on_progress: impl FnMut(&str)) -> (Ended, String) {
        let ended = self.running.wait(on_progress);
        let left = processes_with(&self.marker);
        assert!(left.is_empty(), "left behind: {left:?}");
        (ended, self.log.join().unwrap())
    }

    /// As `wait`, and answers what a hook asks the hub for.
    pub fn serve(self, on_ask: impl FnMut(Ask) -> Reply) -> (Ended, String) {
        let ended = self.running.serve(|_| (), on_ask);
        assert_eq!(processes_with(&self.marker), Vec::<String>::new());
        (ended, self.log.join().unwrap())
    }

    /// Ends it by dropping it.
    pub fn drop(self) {
        drop(self.running);
        assert_eq!(processes_with(&self.marker), Vec::<String>::new());
        self.log.join().unwrap();
    }
}

/// Calls a handler of the plugin `hostile` and waits for its end.
pub fn build(handler: &str) -> (Ended, String) {
    let bench = Bench::new(HostProgram::at(HOST));
    bench.start(handler, None).wait(|_| ())
}

/// The processes of this host that have `marker` among their arguments.
pub fn processes_with(marker: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.contains(marker).then(|| format!("{}: {line}", entry.path().display()))
    });
    lines.collect()
}
