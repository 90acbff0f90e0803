//! The index of a repository: the files' checksums.

use std::fs;

use monkeyfarm_plugin_api::{Context, Failure, IndexJob, Indexed};

/// What `sha256sum --check` takes.
const NAME: &str = "SHA256SUMS";

/// Writes the checksums of all files, as coreutils' `sha256sum` does.
pub(crate) fn write(job: &IndexJob, cx: &Context) -> Result<Indexed, Failure> {
    let path = job.index_dir.join(NAME);
    let lines: String = job.files.iter().map(|file| line(&file.sha256, &file.name)).collect();
    fs::write(&path, lines).map_err(Failure::io(format!("cannot write {}", path.display())))?;
    cx.log(format!("{NAME} has {} files", job.files.len()));
    Ok(Indexed::default())
}

/// A line that says of a name with a backslash that it is escaped. Line ends
/// are in no name of the farm's.
fn line(sha256: &str, name: &str) -> String {
    match name.contains('\\') {
        true => format!("\\{sha256}  {}\n", name.replace('\\', "\\\\")),
        false => format!("{sha256}  {name}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use monkeyfarm_plugin_api::IndexFile;
    use monkeyfarm_plugin_api::command::Command;
    use monkeyfarm_plugin_api::kit::Recorder;

    #[test]
    fn the_sums_are_those_that_sha256sum_checks() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, sha256: &str| IndexFile {
            name: name.into(),
            sha256: sha256.into(),
            ..IndexFile::default()
        };
        let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let files = vec![file("a b", hello), file("-x", hello), file("b\\c", hello)];
        for file in &files {
            fs::write(dir.path().join(&file.name), "hello").unwrap();
        }
        let job = IndexJob { files, index_dir: dir.path().into(), ..IndexJob::default() };
        let cx = Recorder::new().context();
        write(&job, &cx).unwrap();
        let check = Command::new("sha256sum").args(["--check", "--strict", NAME]).dir(dir.path());
        check.run(&cx).unwrap();
    }
}
