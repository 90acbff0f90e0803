//! Files that somebody might put into a plugins directory: each is made here,
//! out of a good plugin where it needs one.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::programs;

/// A bad file, and what is to be said of it.
pub struct Bad {
    /// Its name in the directory.
    pub name: String,
    /// A part of the sentence about it.
    pub says: &'static str,
}

/// What a plugin's constructor leaves running, if it is that which forks.
pub const LEFT: &str = "trap '' TERM HUP INT; while :; do sleep 1000; done";

/// Fills a directory with files that are no plugins, or none that can be used;
/// and with `constructor-forks.so`, which is one.
pub fn fill(dir: &Path) -> Vec<Bad> {
    let good = stripped(&programs::plugin("generic"));
    let mut corpus = Corpus { dir: dir.to_path_buf(), all: Vec::new() };
    corpus.no_files();
    corpus.no_plugins(&good);
    corpus.damaged(&good);
    corpus.constructors();
    corpus.all
}

struct Corpus {
    dir: PathBuf,
    all: Vec<Bad>,
}

impl Corpus {
    /// A path for a file of which this is said.
    fn path(&mut self, name: &str, says: &'static str) -> PathBuf {
        self.all.push(Bad { name: name.to_owned(), says });
        self.dir.join(name)
    }

    fn write(&mut self, name: &str, bytes: &[u8], says: &'static str) {
        fs::write(self.path(name, says), bytes).unwrap();
    }

    /// What must not even be opened, or not be read.
    fn no_files(&mut self) {
        fs::create_dir(self.path("directory.so", "is not a regular file but a directory")).unwrap();
        symlink("/no/such/file", self.path("dangling.so", "a symbolic link")).unwrap();
        symlink(programs::plugin("generic"), self.path("link.so", "a symbolic link")).unwrap();
        let fifo = self.path("fifo.so", "is not a regular file but a FIFO");
        assert!(Command::new("mkfifo").arg(fifo).status().unwrap().success());
        let device = self.dir.join("device.so");
        let made = Command::new("mknod").arg(&device).args(["c", "1", "5"]).output().unwrap();
        if made.status.success() {
            self.path("device.so", "is not a regular file but a device");
        } else {
            eprintln!("skipped: no device can be made here");
        }
        let sparse = self.path("sparse.so", "has 1073741824 bytes; the limit for a plugin is");
        File::create(sparse).unwrap().set_len(1 << 30).unwrap();
        self.write("anyones.so", b"anything", "can be written by anyone on this host");
        fs::set_permissions(self.dir.join("anyones.so"), PermissionsExt::from_mode(0o666)).unwrap();
    }

    /// Whole files of another sort.
    fn no_plugins(&mut self, good: &[u8]) {
        self.write("notes.txt", b"remember the milk\n", "is not a shared library (no ELF file)");
        self.write("empty.so", b"", "is empty");
        let mut foreign = good.to_vec();
        foreign[18] = 183;
        self.write("arm.so", &foreign, "was built for another machine (ELF number 183)");
        let mut narrow = good.to_vec();
        narrow[4] = 1;
        self.write("bits32.so", &narrow, "was built for another kind of machine");
        let foreign = fs::read(foreign_library()).unwrap();
        self.write("foreign.so", &foreign, "is a shared library, but not a MonkeyFarm plugin");
        let unknown = renamed(good, b"monkeyfarm_plugin_meta");
        self.write("unsaid.so", &unknown, "it does not export monkeyfarm_plugin_meta");
        let empty = renamed(good, b"_1as_0lib_1header_0root_bmodule_bloader");
        self.write("hollow.so", &empty, "says that it is a plugin, but does not export");
        self.write("twice.so", good, "gives the plugin 'generic' a second time");
    }

    /// A good one, cut short at every tenth, and with single bits flipped.
    fn damaged(&mut self, good: &[u8]) {
        for tenth in 1..10 {
            let bytes = &good[..good.len() * tenth / 10];
            self.write(&format!("cut-{tenth}.so"), bytes, "is cut short");
        }
        // The header, the first program header, and all over the file: what
        // can still be loaded is another copy of the plugin.
        let spread = (1..12).map(|part| good.len() * part / 12);
        for at in [16, 32, 33, 40, 41, 54, 56, 64, 72, 73, 96, 97].into_iter().chain(spread) {
            let mut bytes = good.to_vec();
            bytes[at] ^= 0x40;
            self.write(&format!("flipped-{at}.so"), &bytes, "");
        }
    }

    /// Those that do it before anybody can ask them anything.
    fn constructors(&mut self) {
        let good = stripped(&programs::example_plugin("mf_plugin_constructor"));
        for (way, says) in [
            ("abort", "was ended by signal 6 (SIGABRT)"),
            ("hangs", "it was not done with that after 5 seconds"),
            ("exit0", "exited with status 0 instead of giving an answer"),
        ] {
            let bytes = replaced(&good, b"WAY:calms", format!("WAY:{way}").as_bytes());
            self.write(&format!("constructor-{way}.so"), &bytes, says);
        }
        // Forks, and is a plugin like any other: nothing of it may be left.
        let forks = replaced(&good, b"WAY:calms", b"WAY:forks");
        fs::write(self.dir.join("constructor-forks.so"), forks).unwrap();
    }
}

/// A plugin without what only a debugger reads: twenty times smaller.
pub fn stripped(plugin: &Path) -> Vec<u8> {
    let small = tempfile::NamedTempFile::new().unwrap();
    let strip = Command::new("strip").arg("-o").arg(small.path()).arg(plugin).status();
    match strip {
        Ok(status) if status.success() => fs::read(small.path()).unwrap(),
        // It comes with the C compiler nearly everywhere.
        _ => fs::read(plugin).unwrap(),
    }
}

/// A library of this host that is no plugin.
fn foreign_library() -> PathBuf {
    ["/lib/x86_64-linux-gnu", "/lib64", "/usr/lib", "/lib/aarch64-linux-gnu"]
        .iter()
        .map(|dir| Path::new(dir).join("libc.so.6"))
        .find(|path| path.exists())
        .expect("this host has a C library")
}

/// A copy in which a symbol has another name.
fn renamed(bytes: &[u8], name: &[u8]) -> Vec<u8> {
    let mut other = name.to_vec();
    *other.last_mut().unwrap() = b'!';
    replaced(bytes, name, &other)
}

/// A copy with other bytes in place of these, wherever they are.
pub fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut copy = bytes.to_vec();
    let places: Vec<usize> = bytes
        .windows(from.len())
        .enumerate()
        .filter(|(_, w)| *w == from)
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty(), "{} is not in it", String::from_utf8_lossy(from));
    for at in places {
        copy[at..at + to.len()].copy_from_slice(to);
    }
    copy
}

/// A copy of a file that is the same to its loader, and has another hash.
pub fn with_another_hash(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
    let file = File::options().write(true).open(to).unwrap();
    let end = file.metadata().unwrap().len();
    file.write_all_at(b"another", end).unwrap();
}

/// Writes a plugin to `path` that dies while it is loaded as long as there is
/// a certain file, whose path is given back.
pub fn dies_where_marked(path: &Path) -> PathBuf {
    let name = path.parent().and_then(Path::file_name).unwrap_or_default().display();
    let mark = std::env::temp_dir().join(format!("mark-{name}-{}", std::process::id()));
    let good = fs::read(programs::example_plugin("mf_plugin_constructor")).unwrap();
    let bytes = replaced(&good, b"WAY:calms", b"WAY:marks");
    let [blank, marked] = ["", mark.to_str().unwrap()].map(|path| format!("MARK:{path:128}"));
    fs::write(path, replaced(&bytes, blank.as_bytes(), marked.as_bytes())).unwrap();
    mark
}
