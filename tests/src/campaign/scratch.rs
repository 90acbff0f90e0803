//! What builds and campaign tell each other, in files: which runs a task had,
//! and a gate that some builds wait at.

use std::fs::{self, File};
use std::path::PathBuf;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FlockOperation, flock, inotify};

use super::lines::LINES;
use crate::farm::PATIENCE;

/// Bytes of the file that each build makes.
const FILE_SIZE: usize = 30_000;
/// Bytes that a build of the package `loud` writes into its log.
pub const LOUD: usize = 3_000_000;

/// A directory that builds write into.
pub struct Scratch {
    dir: PathBuf,
    gate: File,
}

/// One task's runs, in order: each began, and some of them ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    /// Those that began.
    pub began: Vec<String>,
    /// Those of them that wrote all that they had to write.
    pub ended: Vec<String>,
}

impl Scratch {
    /// Makes the directory and what builds run.
    pub fn new(dir: PathBuf) -> Self {
        fs::create_dir_all(dir.join("runs")).unwrap();
        let gate = File::create(dir.join("gate")).unwrap();
        let scratch = Self { dir, gate };
        fs::write(scratch.script(), scratch.text()).unwrap();
        scratch
    }

    /// What each build runs.
    pub fn script(&self) -> PathBuf {
        self.dir.join("build.sh")
    }

    /// A run has a name that no other has. Its lines come in portions, with
    /// a pause between, so that there are many moments to strike at. A build
    /// of a package `anchor…` is at the gate in the middle, and leaves it
    /// open to others only with its end.
    fn text(&self) -> String {
        let dir = self.dir.display();
        format!(
            r#"case $MF_PACKAGE in quick*) exit 0;; esac
run=$(cat /proc/sys/kernel/random/uuid)
echo "began $run" >> {dir}/runs/$MF_TASK
number=1
portion() {{
    last=$((number + {portion}))
    while [ $number -lt $last ]; do
        echo "campaign: $MF_TASK $run $number"
        number=$((number + 1))
    done
}}
for part in 1 2 3 4; do portion; sleep 0.01; done
case $MF_PACKAGE in anchor*|loud) exec 9< {dir}/gate; flock -s 9;; esac
case $MF_PACKAGE in loud) yes "$run" | head -c {LOUD};; esac
for part in 5 6 7 8; do portion; sleep 0.01; done
yes "$run" | head -c {FILE_SIZE} > $MF_RESULT_DIR/result
echo "ended $run" >> {dir}/runs/$MF_TASK
"#,
            portion = LINES / 8,
        )
    }

    /// Nobody passes the gate any more; waits for those who are passing it.
    pub fn close_gate(&self) {
        flock(&self.gate, FlockOperation::LockExclusive).unwrap();
    }

    /// Lets those who wait at the gate pass.
    pub fn open_gate(&self) {
        flock(&self.gate, FlockOperation::Unlock).unwrap();
    }

    /// The runs that a task had so far.
    pub fn runs(&self, task: &str) -> Runs {
        let text = fs::read_to_string(self.dir.join("runs").join(task)).unwrap_or_default();
        let of = |what: &str| {
            text.lines().filter_map(|l| l.strip_prefix(what)).map(str::to_owned).collect()
        };
        Runs { began: of("began "), ended: of("ended ") }
    }

    /// Waits until a run of a task has ended. Blocks.
    pub fn wait_for_end(&self, task: &str) {
        let watch = inotify::init(inotify::CreateFlags::CLOEXEC).unwrap();
        let flags = inotify::WatchFlags::MODIFY;
        inotify::add_watch(&watch, self.dir.join("runs"), flags).unwrap();
        let mut buffer = [std::mem::MaybeUninit::uninit(); 4096];
        let mut changes = inotify::Reader::new(&watch, &mut buffer);
        let patience = Timespec::try_from(PATIENCE).unwrap();
        while self.runs(task).ended.is_empty() {
            let mut changed = [PollFd::new(&watch, PollFlags::IN)];
            assert_eq!(poll(&mut changed, Some(&patience)).unwrap(), 1, "{task} does not end");
            changes.next().unwrap();
        }
    }
}

/// The file that a run makes.
pub fn file_of(run: &str) -> Vec<u8> {
    format!("{run}\n").bytes().cycle().take(FILE_SIZE).collect()
}
