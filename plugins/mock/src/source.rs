//! What is built: a spec file with its sources, or a source RPM.

use std::fs;
use std::path::PathBuf;

use monkeyfarm_plugin_api::download::{download, file_name, is_file_name};
use monkeyfarm_plugin_api::{BuildJob, Context, Failure};

use crate::local::Local;
use crate::spec::{self, Spec};

/// What a build begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A source RPM is to be made first.
    Spec(Spec),
    /// A source RPM, with a name that mock can be given.
    Package(PathBuf),
}

impl Source {
    /// Finds it in the checkout, or downloads it.
    pub(crate) fn find(job: &BuildJob, local: &Local, cx: &Context) -> Result<Self, Failure> {
        if !job.source_url.is_empty() {
            return fetch(job, local, cx).map(Self::Package);
        }
        if !job.has_source {
            return Err(Failure::new(
                "there is no source: give the package-branch the url of a repository with a spec \
                 file, or submit a scratch build of a source RPM",
            ));
        }
        if let Some(spec) = Spec::find(job)? {
            return Ok(Self::Spec(spec));
        }
        let mut packages = spec::files(&job.source_dir, ".src.rpm")?;
        match (packages.pop(), packages.len()) {
            (Some(package), 0) => {
                let named = package.file_name().and_then(|name| name.to_str());
                let regular = fs::symlink_metadata(&package).is_ok_and(|data| data.is_file());
                if !regular || !named.is_some_and(is_file_name) {
                    return Err(Failure::new(format!(
                        "`{}` is not a regular file with the name of a source RPM",
                        package.display()
                    )));
                }
                Ok(Self::Package(package))
            }
            (None, _) => Err(Failure::new(
                "the checkout has no spec file: none ends in .spec at its top, in SPECS, in rpm \
                 or in packaging; say where it is in .monkeyfarm.toml: [mock] spec = \"…\"",
            )),
            (Some(_), more) => Err(Failure::new(format!(
                "the checkout has no spec file but {} source RPMs: keep one of them",
                more + 1
            ))),
        }
    }
}

fn fetch(job: &BuildJob, local: &Local, cx: &Context) -> Result<PathBuf, Failure> {
    let url = &job.source_url;
    let name = file_name(url).filter(|name| name.ends_with("src.rpm"));
    let Some(name) = name else {
        return Err(Failure::new(format!(
            "{url:?} names no source RPM: mock builds what ends in .src.rpm and has letters, \
             digits and . _ + ~ - in its name"
        )));
    };
    cx.progress(format!("downloading {name}"));
    cx.log(format!("downloading {url}"));
    let dir = job.work_dir.join("download");
    fs::create_dir_all(&dir).map_err(Failure::io(format!("cannot make {}", dir.display())))?;
    let path = dir.join(name);
    download(url, &path, &local.download_rules(job), cx)?;
    Ok(path)
}
