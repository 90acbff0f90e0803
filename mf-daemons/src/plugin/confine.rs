//! What a call of a plugin may take of its host.

use std::path::PathBuf;

use mf_core::config::Limits;
use serde::{Deserialize, Serialize};

/// What a call may take of its host. The default is all that the daemon's user
/// may; what the kernel cannot enforce is told with the call.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Confine {
    /// Whether it may use the network.
    pub network: bool,
    /// Directories and files that it may write, and nothing else; `None` for
    /// whatever its user may.
    pub writes: Option<Vec<PathBuf>>,
    /// The same of what it may read and run.
    pub reads: Option<Vec<PathBuf>>,
    /// What it is not to see.
    pub hidden: Vec<PathBuf>,
    /// Whether it keeps what root may do beyond the rights of a user.
    pub privileges: bool,
    /// How much it may take.
    pub limits: Limits,
}

impl Default for Confine {
    fn default() -> Self {
        let limits = Limits { memory_megabytes: 0, processes: 0, open_files: 0, file_megabytes: 0 };
        let (writes, reads) = (None, None);
        Self { network: true, writes, reads, hidden: Vec::new(), privileges: true, limits }
    }
}

/// What every program may write, whatever else it may.
const COMMON: [&str; 11] = [
    "/dev/full",
    "/dev/null",
    "/dev/ptmx",
    "/dev/pts",
    "/dev/random",
    "/dev/shm",
    "/dev/tty",
    "/dev/urandom",
    "/dev/zero",
    "/tmp",
    "/var/tmp",
];

/// Where libraries are that a plugin may need.
const LIBRARIES: [&str; 9] =
    ["/etc/ld.so.cache", "/gnu", "/lib", "/lib32", "/lib64", "/nix", "/opt", "/proc", "/usr"];

impl Confine {
    /// For a plugin that is only loaded and asked what it is: nothing but the
    /// libraries that it needs.
    pub fn probe() -> Self {
        let reads = LIBRARIES.map(PathBuf::from).to_vec();
        Self {
            network: false,
            writes: Some(Vec::new()),
            reads: Some(reads),
            hidden: Vec::new(),
            privileges: false,
            limits: Limits {
                memory_megabytes: 2_000,
                processes: 0,
                open_files: 256,
                file_megabytes: 1,
            },
        }
    }

    /// It may write into these directories, and where every program may.
    pub fn writing(mut self, dirs: Vec<PathBuf>) -> Self {
        self.writes = Some(COMMON.map(PathBuf::from).into_iter().chain(dirs).collect());
        self
    }
}
