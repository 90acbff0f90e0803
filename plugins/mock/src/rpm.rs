//! What rpmbuild said of its failure, out of `build.log`.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::stage::open;

/// How much of the end of a log is looked at.
const TAIL: u64 = 64 * 1024;

/// The end of a log, whose directory may hold anything.
fn tail(path: &Path) -> String {
    let Ok(Some(mut file)) = open(path) else { return String::new() };
    let length = file.metadata().map_or(0, |data| data.len());
    let mut bytes = Vec::new();
    let read = file
        .seek(SeekFrom::Start(length.saturating_sub(TAIL)))
        .and_then(|_| file.take(TAIL).read_to_end(&mut bytes));
    if read.is_err() {
        return String::new();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Why rpmbuild failed, as the rest of a sentence; nothing if it did not say.
pub(crate) fn why(build_log: &Path) -> Option<String> {
    explain(&tail(build_log))
}

fn explain(log: &str) -> Option<String> {
    // Of several runs in one log the last is the one that failed.
    let last = &unmixed(log.rsplit("Executing command: ").next().unwrap_or(log));
    if let Some(section) = between(last, "Bad exit status from ", ")") {
        let section = section.rsplit('(').next().unwrap_or_default();
        let said = last_words(last).map_or(String::new(), |w| format!("; its last words: {w}"));
        return Some(format!("{section} failed{said}"));
    }
    if let Some(file) = between(last, "Bad file: ", ": No such file") {
        let name = file.rsplit('/').next().unwrap_or(file);
        return Some(format!(
            "the spec file wants the source `{name}`, which is not there: put it beside the spec \
             file"
        ));
    }
    let errors: Vec<_> = last
        .lines()
        .filter_map(|line| line.trim().strip_prefix("error: "))
        .map(|error| error.replace("/builddir/build/", ""))
        .take(3)
        .collect();
    if errors.is_empty() {
        return None;
    }
    // Those of a list have it in the lines below.
    let below = last.split("RPM build errors:").nth(1).unwrap_or_default();
    let files: Vec<_> =
        below.lines().map(str::trim).filter(|l| l.starts_with('/')).take(3).collect();
    Some(errors.iter().map(String::as_str).chain(files).collect::<Vec<_>>().join("; "))
}

/// The log without the two lines that rpmbuild writes into the middle of
/// others: they go to another stream, which the log holds too.
fn unmixed(log: &str) -> String {
    let mut text = String::with_capacity(log.len());
    for line in log.split_inclusive('\n') {
        let noise = ["Building target platforms: ", "Building for target "];
        let end = noise.iter().find_map(|noise| line.find(noise)).unwrap_or(line.len());
        text.push_str(&line[..end]);
    }
    text
}

/// What was said before rpmbuild gave up, but for what it echoes.
fn last_words(log: &str) -> Option<&str> {
    let before = log.split("RPM build errors:").next()?.split("error: Bad exit status").next()?;
    before
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with("+ ") && !line.starts_with("Executing("))
        .map(|line| line.get(..200).unwrap_or(line))
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let rest = &text[text.find(start)? + start.len()..];
    rest.lines().next()?.split_once(end).map(|(found, _)| found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn rpmbuild_is_understood() {
        let build = "Executing command: ['rpmbuild -bs']\nWrote: x\nExecuting command: ['rpmbuild \
                     -bb']\n+ make\ncc: no such file\n+ exit 3\nRPM build errors:\nerror: Bad exit \
                     status from /var/tmp/rpm-tmp.Jj36yy (%build)\n";
        assert_eq!(explain(build).unwrap(), "%build failed; its last words: cc: no such file");
        let source = "RPM build errors:\nerror: Bad file: /builddir/build/SOURCES/missing.tar: No \
                      such file or directory\n";
        assert!(
            explain(source).unwrap().starts_with("the spec file wants the source `missing.tar`")
        );
        let spec = "error: Building target platforms: x86_64\nBuilding for target \
                    x86_64\nLicense field must be present\n";
        assert_eq!(explain(spec).unwrap(), "License field must be present");
        let spec = "error: License field must be present in package: (main package)\n";
        assert_eq!(
            explain(spec).unwrap(),
            "License field must be present in package: (main package)"
        );
        let unpackaged = "error: Installed (but unpackaged) file(s) found:\n   /usr/a\nRPM build \
                          errors:\n    Installed (but unpackaged) file(s) found:\n   /usr/a\n";
        assert_eq!(
            explain(unpackaged).unwrap(),
            "Installed (but unpackaged) file(s) found:; /usr/a"
        );
        assert_eq!(explain("all is well"), None);
    }
}
