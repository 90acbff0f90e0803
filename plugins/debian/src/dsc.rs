//! A source package by URL: its `.dsc`, and the files that it lists.

use std::fs;
use std::path::{Path, PathBuf};

use monkeyfarm_plugin_api::download::{download, file_name, is_file_name};
use monkeyfarm_plugin_api::{BuildJob, Context, Failure};

use crate::local::Local;

/// More is no `.dsc`.
const LARGEST: u64 = 1024 * 1024;

/// More files has no source package.
const FILES: usize = 100;

/// Downloads the `.dsc` and all that belongs to it into `dir`; gives its path.
pub(crate) fn fetch(
    job: &BuildJob,
    local: &Local,
    dir: &Path,
    cx: &Context,
) -> Result<PathBuf, Failure> {
    let url = &job.source_url;
    let Some(name) = file_name(url).filter(|name| name.ends_with(".dsc")) else {
        return Err(Failure::new(format!(
            "{url:?} names no Debian source package: this handler builds what ends in .dsc"
        )));
    };
    let rules = local.download_rules(job);
    cx.progress(format!("downloading {name}"));
    cx.log(format!("downloading {url}"));
    let path = dir.join(name);
    download(url, &path, &rules, cx)?;
    if fs::metadata(&path).is_ok_and(|data| data.len() > LARGEST) {
        return Err(Failure::new(format!("{name} has more than {LARGEST} bytes: it is no .dsc")));
    }
    let bytes = fs::read(&path).map_err(Failure::io(format!("cannot read {name}")))?;
    let base = url.split(['?', '#']).next().unwrap_or(url);
    let base = base.strip_suffix(name).unwrap_or(base);
    for file in files(&String::from_utf8_lossy(&bytes), name)? {
        cx.log(format!("downloading {base}{file}"));
        download(&format!("{base}{file}"), &dir.join(&file), &rules, cx)?;
    }
    Ok(path)
}

/// The names under `Files:`. Their checksums are held by `dpkg-source`.
fn files(text: &str, name: &str) -> Result<Vec<String>, Failure> {
    let lines = text.lines().skip_while(|line| !line.starts_with("Files:")).skip(1);
    let entries = lines.take_while(|line| line.starts_with(' '));
    let files: Vec<String> =
        entries.filter_map(|line| line.split_whitespace().nth(2)).map(str::to_owned).collect();
    if files.is_empty() || files.len() > FILES {
        return Err(Failure::new(format!("{name} lists {} files: it is no .dsc", files.len())));
    }
    match files.iter().find(|file| !is_file_name(file) || file.ends_with(".dsc")) {
        Some(file) => Err(Failure::new(format!("{name} lists {file:?}, which is no file's name"))),
        None => Ok(files),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_listed() {
        let dsc = |file: &str| format!("Format: 1.0\nFiles:\n 0ab 12 {file}\nHomepage: x\n");
        assert_eq!(files(&dsc("a_1.tar.gz"), "a.dsc").unwrap(), ["a_1.tar.gz"]);
        for bad in ["../x", "/etc/passwd", "-o", "b.dsc"] {
            assert!(files(&dsc(bad), "a.dsc").unwrap_err().sentence.contains("no file's name"));
        }
        assert!(files("Format: 1.0\n", "a.dsc").unwrap_err().sentence.contains("lists 0 files"));
    }
}
