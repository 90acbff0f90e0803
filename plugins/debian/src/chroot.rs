//! The chroot of a build: made or unpacked below the task's own directory, so
//! that nothing of it outlives that.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::io;

use std::path::{Path, PathBuf};

use monkeyfarm_plugin_api::command::Command;
use monkeyfarm_plugin_api::tree::{self, Owner};
use monkeyfarm_plugin_api::{BuildJob, Context, Failure, Timeout};

use crate::local::Local;
use crate::recipe::Recipe;
use crate::why::{self, Step};

/// The user who builds, in the chroot alone.
const BUILDER: u32 = 2000;
const OWNER: Owner = Owner { uid: BUILDER, gid: BUILDER };

/// Where the build is, in the chroot.
pub(crate) const PLACE: &str = "/build";

/// How a tarball of a chroot is made.
const MAKE: &str = "`mmdebstrap --variant=buildd --include=fakeroot SUITE FILE`";

/// Last lines that are kept to tell a failure from.
const LINES: usize = 400;

/// A chroot.
pub(crate) struct Chroot {
    root: PathBuf,
}

impl Chroot {
    /// Makes it, with the network.
    pub(crate) fn make(
        job: &BuildJob,
        local: &Local,
        recipe: &Recipe,
        cx: &Context,
    ) -> Result<Self, Failure> {
        let chroot = Self { root: job.work_dir.join("chroot") };
        let command = match &recipe.chroot {
            Some(name) => unpack(local, name, &chroot.root)?,
            None => bootstrap(recipe, &chroot.root),
        };
        cx.progress("making the chroot");
        said(command, Step::Chroot, None, cx)?;
        chroot.check(recipe.chroot.as_deref())?;
        chroot.furnish(job).map_err(Failure::io("cannot furnish the chroot"))?;
        Ok(chroot)
    }

    /// Whether what was made is a Debian system: a tarball may be of anything.
    fn check(&self, tarball: Option<&str>) -> Result<(), Failure> {
        let needed = ["etc/passwd", "etc/group", "etc/apt/sources.list.d"];
        let Some(missing) = needed.iter().find(|name| !self.root.join(name).exists()) else {
            return Ok(());
        };
        let what = tarball.map_or("the chroot".to_owned(), |name| format!("the chroot {name}"));
        Err(Failure::new(format!(
            "{what} is no Debian system: it has no /{missing} at its top; make it with {MAKE}"
        )))
    }

    /// A user to build as, a place for it, and the repositories of the
    /// project's tags.
    fn furnish(&self, job: &BuildJob) -> io::Result<()> {
        let append = |name: &str, line: String| {
            let mut text = fs::read_to_string(self.root.join(name))?;
            text.push_str(&line);
            fs::write(self.root.join(name), text)
        };
        append("etc/passwd", format!("builder:x:{BUILDER}:{BUILDER}::{PLACE}:/bin/sh\n"))?;
        append("etc/group", format!("builder:x:{BUILDER}:\n"))?;
        let mut lines = String::new();
        for repository in &job.repositories {
            lines.push_str(&format!("deb [trusted=yes] {} ./\n", repository.url));
        }
        fs::write(self.root.join("etc/apt/sources.list.d/monkeyfarm.list"), lines)?;
        // Tarballs made for sbuild have one; what lies in it is nobody's source.
        let place = self.inside(PLACE);
        match fs::symlink_metadata(&place) {
            Ok(there) if there.is_dir() => fs::remove_dir_all(&place)?,
            Ok(_) => fs::remove_file(&place)?,
            Err(_) => {}
        }
        tree::directory(&place, OWNER)
    }

    /// Where a path of the chroot is on the host.
    pub(crate) fn inside(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Copies a file or a tree to a name in the place of the build, for the
    /// builder. Symbolic links are copied as they are.
    pub(crate) fn put(&self, from: &Path, name: &str) -> Result<(), Failure> {
        let to = self.inside(PLACE).join(name);
        tree::copy(from, &to, OWNER)
            .map_err(Failure::io(format!("cannot copy {} to {name}", from.display())))
    }

    /// Runs a program as root, with the network: what the distribution brings.
    pub(crate) fn as_root(&self, step: Step, words: &[&str], cx: &Context) -> Result<(), Failure> {
        for name in ["resolv.conf", "hosts"] {
            // A chroot without one finds no mirror, and says so.
            let to = self.inside("/etc").join(name);
            let _ = fs::remove_file(&to);
            let _ = fs::copy(Path::new("/etc").join(name), to);
        }
        said(self.enter(&[]).args(words), step, None, cx)
    }

    /// Runs a program as the builder, without a network, in a directory of
    /// the chroot.
    pub(crate) fn as_builder(
        &self,
        step: Step,
        dir: &str,
        options: &str,
        words: &[&str],
        timeout: Option<&Timeout>,
        cx: &Context,
    ) -> Result<(), Failure> {
        let (user, dir) = (BUILDER.to_string(), format!("--wd={dir}"));
        let more = ["--setuid", &user, "--setgid", &user, &dir];
        let mut command = self.enter(&more).args(words).without_network();
        command = command.env("HOME", PLACE).env("DEB_BUILD_OPTIONS", options);
        if let Some(timeout) = timeout {
            command = command.timeout(timeout.limit);
        }
        said(command, step, timeout, cx)
    }

    fn enter(&self, more: &[&str]) -> Command {
        let mut root = OsString::from("--root=");
        root.push(&self.root);
        Command::new("unshare")
            .args(["--mount", "--mount-proc=/proc"])
            .arg(root)
            .args(more)
            .arg("--")
            .env("DEBIAN_FRONTEND", "noninteractive")
    }
}

/// Runs a command with its output going into the log line by line.
fn said(
    command: Command,
    step: Step,
    timeout: Option<&Timeout>,
    cx: &Context,
) -> Result<(), Failure> {
    let mut lines = VecDeque::with_capacity(LINES);
    let ended = command.lines(cx, |_, line| {
        cx.log(line);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
    })?;
    if ended.success() {
        return Ok(());
    }
    Err(why::failure(step, ended, lines.make_contiguous(), timeout))
}

/// Unpacks a tarball of the host's administrator.
fn unpack(local: &Local, name: &str, root: &Path) -> Result<Command, Failure> {
    let tarball = local.chroot_dir.join(name);
    if !tarball.is_file() {
        return Err(Failure::new(format!(
            "this worker has no chroot {}: make it with {MAKE}, or correct the target's config",
            tarball.display()
        )));
    }
    fs::create_dir_all(root).map_err(Failure::io(format!("cannot make {}", root.display())))?;
    Ok(Command::new("tar")
        .args(["--extract", "--numeric-owner", "--same-permissions", "--xattrs"])
        // What programs need of it is there in every namespace of this host.
        .arg("--file")
        .arg(tarball)
        .arg("--directory")
        .arg(root))
}

fn bootstrap(recipe: &Recipe, root: &Path) -> Command {
    let components = recipe.components.iter().map(String::as_str);
    let components: Vec<_> = ["main"].into_iter().chain(components).collect();
    let command = Command::new("mmdebstrap")
        .args(["--quiet", "--mode=root", "--variant=buildd", "--include=fakeroot"])
        .arg(format!("--components={}", components.join(",")))
        .arg("--aptopt=Acquire::Languages \"none\"")
        .arg("--")
        .arg(recipe.suite.as_deref().unwrap_or_default())
        .arg(root)
        .args(recipe.mirror.iter());
    command.if_missing(
        "install the Debian package mmdebstrap, or give the target the tarball of a chroot",
    )
}
