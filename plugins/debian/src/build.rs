//! Building: a chroot, what the build requires, and the build itself.

use std::fs;

use monkeyfarm_plugin_api::schema::WordOr;
use monkeyfarm_plugin_api::{
    Artifact, ArtifactKind, BuildHandler, BuildJob, Built, Context, Failure, FailureKind, IndexJob,
    Indexed, Schemas,
};

use crate::chroot::{Chroot, PLACE};
use crate::local::Local;
use crate::recipe::{Document, Recipe};
use crate::source::Source;
use crate::why::Step;
use crate::{index, results};

/// Name of the tree that is built, in the place of the build.
const TREE: &str = "source";

/// The build handler `debian`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Debian;

impl BuildHandler for Debian {
    fn schemas() -> Schemas {
        let hub = Schemas::default().handler::<WordOr<Document>>().target::<WordOr<Document>>();
        hub.local::<Local>()
    }

    fn index(&self, job: &IndexJob, cx: &Context) -> Result<Indexed, Failure> {
        index::write(job, cx)
    }

    fn build(&self, job: &BuildJob, cx: &Context) -> Result<Built, Failure> {
        let local = Local::of(job)?;
        let recipe = Recipe::of(job, &local)?;
        let source = Source::find(job, &local, cx)?;
        let chroot = Chroot::make(job, &local, &recipe, cx)?;
        let built = build(&chroot, &recipe, &source, cx);
        if matches!(&built, Err(failure) if failure.kind == FailureKind::Cancelled) {
            return built.map(|()| Built::default());
        }
        let dir = job.work_dir.join("debian");
        let mut kept = results::take(&chroot.inside(PLACE), &dir)?;
        kept.extend(sources_list(&chroot, job)?);
        judge(built, kept)
    }
}

fn build(chroot: &Chroot, recipe: &Recipe, source: &Source, cx: &Context) -> Result<(), Failure> {
    let tree = format!("{PLACE}/{TREE}");
    cx.progress("unpacking the source");
    match source {
        Source::Tree { dir, entry, upstream } => {
            chroot.put(dir, TREE)?;
            if *upstream {
                let tarball = format!("../{}_{}.orig.tar.gz", entry.name, entry.upstream());
                // As a release is made: alike, whoever makes it whenever.
                let words = [
                    "tar",
                    "--create",
                    "--gzip",
                    "--sort=name",
                    "--owner=0",
                    "--group=0",
                    "--numeric-owner",
                    "--exclude=./debian",
                    "--file",
                    &tarball,
                    ".",
                ];
                chroot.as_builder(Step::Source, &tree, "", &words, None, cx)?;
            }
        }
        Source::Package(dsc) => {
            let dir = dsc.parent().unwrap_or(dsc);
            let entries =
                fs::read_dir(dir).map_err(Failure::io(format!("cannot list {}", dir.display())))?;
            for entry in entries.flatten() {
                // Their names have been checked before they were downloaded.
                chroot.put(&entry.path(), &entry.file_name().to_string_lossy())?;
            }
            let name = dsc.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let words = ["dpkg-source", "--extract", name, TREE];
            chroot.as_builder(Step::Source, PLACE, "", &words, None, cx)?;
        }
    }
    cx.progress("installing what the build requires");
    chroot.as_root(Step::Requirements, &apt(&["update"]), cx)?;
    let required = format!("{tree}/");
    chroot.as_root(Step::Requirements, &apt(&["build-dep", "--", &required]), cx)?;
    if !recipe.packages.is_empty() {
        let packages: Vec<&str> = recipe.packages.iter().map(String::as_str).collect();
        let words = [&["install", "--no-install-recommends", "--"][..], &packages].concat();
        chroot.as_root(Step::Requirements, &apt(&words), cx)?;
    }
    cx.progress("building");
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let options = match recipe.check {
        Some(false) => format!("nocheck parallel={cpus}"),
        _ => format!("parallel={cpus}"),
    };
    let words = ["dpkg-buildpackage", "--unsigned-source", "--unsigned-changes"];
    let timeout = recipe.timeout.as_ref();
    chroot.as_builder(Step::Build, &tree, &options, &words, timeout, cx)
}

/// A call of apt that asks nothing.
fn apt<'a>(words: &[&'a str]) -> Vec<&'a str> {
    [&["apt-get", "--quiet", "--yes", "--option=Dpkg::Use-Pty=0"], words].concat()
}

/// Where the packages of the chroot came from: the configuration of the build.
fn sources_list(chroot: &Chroot, job: &BuildJob) -> Result<Option<Artifact>, Failure> {
    let Ok(text) = fs::read_to_string(chroot.inside("/etc/apt/sources.list")) else {
        return Ok(None);
    };
    // An administrator may have put a password there.
    let line = |line: &str| match (line.find("://"), line.find('@')) {
        (Some(start), Some(at)) if start < at => {
            format!("{}://{}", &line[..start], &line[at + 1..])
        }
        _ => line.to_owned(),
    };
    let text: String = text.lines().map(|l| line(l) + "\n").collect();
    let path = job.work_dir.join("debian/sources.list");
    fs::write(&path, text).map_err(Failure::io(format!("cannot write {}", path.display())))?;
    Ok(Some(Artifact { kind: ArtifactKind::Config, name: "sources.list".into(), path }))
}

/// What the hub gets: all of a success, what explains a failure.
fn judge(built: Result<(), Failure>, kept: Vec<Artifact>) -> Result<Built, Failure> {
    let made = kept.iter().any(|artifact| artifact.name.ends_with(".deb"));
    match built {
        Ok(()) if made => Ok(Built { artifacts: kept }),
        Ok(()) => Err(Failure::new("dpkg-buildpackage succeeded and made no .deb")),
        Err(failure) => {
            let kept = kept.into_iter().filter(|a| a.kind != ArtifactKind::File).collect();
            Err(failure.keeping(kept))
        }
    }
}
