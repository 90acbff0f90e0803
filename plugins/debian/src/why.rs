//! Why a step failed, as a sentence that says what to do.

use monkeyfarm_plugin_api::command::Ended;
use monkeyfarm_plugin_api::{Failure, Timeout};

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The chroot was being made.
    Chroot,
    /// A source package was being unpacked, or upstream's release made.
    Source,
    /// What the build requires was being installed.
    Requirements,
    /// The package was being built.
    Build,
}

/// The failure that it comes to.
pub(crate) fn failure(
    step: Step,
    ended: Ended,
    lines: &[String],
    timeout: Option<&Timeout>,
) -> Failure {
    Failure::new(sentence(step, ended, lines, timeout))
}

fn sentence(step: Step, ended: Ended, lines: &[String], timeout: Option<&Timeout>) -> String {
    if let (Ended::TimedOut(_), Some(timeout)) = (ended, timeout) {
        return format!(
            "the build took longer than its timeout of {}: raise `timeout` in the target's \
             config, or see in the log what hangs",
            timeout.text
        );
    }
    if let Some(line) = find(lines, &["No space left on device"]) {
        return format!("a disk of this worker is full ({line}): make room in its data directory");
    }
    if let Some(line) =
        find(lines, &["unshare failed: ", "unshare: mount ", "Operation not permitted"])
        && step != Step::Build
    {
        return format!(
            "this worker may not make a chroot ({line}): run it as root, with CAP_SYS_ADMIN"
        );
    }
    let unreachable = [
        "Temporary failure resolving",
        "Could not resolve",
        "Failed to fetch",
        "Could not connect",
    ];
    if let Some(line) = find(lines, &unreachable).filter(|_| step != Step::Build) {
        return format!("a package archive cannot be reached ({line}): see that it is, and retry");
    }
    let words = last_words(lines);
    match step {
        Step::Chroot => format!("the chroot cannot be made: {words}"),
        Step::Source => format!("the source package cannot be unpacked: {words}"),
        Step::Requirements => missing(lines, &words),
        Step::Build => format!("the build {ended}: {words}"),
    }
}

/// What apt cannot install.
fn missing(lines: &[String], words: &str) -> String {
    let mut names: Vec<_> = lines.iter().filter_map(|line| not_installable(line)).collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return format!("what the build requires cannot be installed: {words}");
    }
    let names: Vec<_> = names.iter().take(20).map(|name| format!("`{name}`")).collect();
    format!(
        "no archive has what the build requires: {}; build it first and tag it where \
         include_in_builds is set, or mend Build-Depends in debian/control",
        names.join(", ")
    )
}

/// ` builddeps:./ : Depends: nope (>= 2) but it is not installable`, and what
/// follows it for a second one.
fn not_installable(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("Depends: ")?;
    let (name, _) = rest.split_once(" but ")?;
    Some(name.trim().to_owned())
}

/// The line that says most: an error of dpkg's, else the last.
fn last_words(lines: &[String]) -> String {
    let errors =
        ["dpkg-source: error: ", "dpkg-buildpackage: error: ", "E: ", "unshare: ", "tar: "];
    let said: Vec<&str> = lines.iter().map(|line| line.trim()).filter(|l| !l.is_empty()).collect();
    let error = said.iter().rev().find(|line| errors.iter().any(|error| line.starts_with(error)));
    // What a compiler or a test said stands above make's and dpkg's complaint.
    let complaint = |line: &&&str| {
        line.starts_with("make") || line.starts_with("dh_") || line.starts_with("dpkg-")
    };
    let before = said.iter().rev().find(|line| !complaint(line));
    match (error, before) {
        (Some(error), Some(before)) if error.starts_with("dpkg-buildpackage") => {
            format!("{}; before that: {}", short(error), short(before))
        }
        (Some(error), _) => short(error).to_owned(),
        (None, _) => said.last().map_or("it said nothing", |line| short(line)).to_owned(),
    }
}

fn find<'a>(lines: &'a [String], words: &[&str]) -> Option<&'a str> {
    let line = lines.iter().rev().find(|line| words.iter().any(|word| line.contains(word)))?;
    Some(short(line))
}

fn short(line: &str) -> &str {
    const LONGEST: usize = 300;
    let line = line.trim();
    line.char_indices().nth(LONGEST).map_or(line, |(end, _)| &line[..end])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn told(step: Step, text: &str) -> String {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        sentence(step, Ended::Exit(2), &lines, None)
    }

    #[test]
    fn what_apt_and_dpkg_say_is_understood() {
        let unmet = "The following packages have unmet dependencies:\n builddeps:./ : Depends: \
                     nope (>= 2) but it is not installable\n                Depends: other but it \
                     is not going to be installed\nE: Unable to correct problems\n";
        assert!(
            told(Step::Requirements, unmet)
                .starts_with("no archive has what the build requires: `nope (>= 2)`, `other`; ")
        );
        let build = "test failed: 1 != 2\nmake[1]: *** [Makefile:3: check] Error 1\ndh_auto_test: \
                     error: make -j2 check returned exit code 2\nmake: *** [debian/rules:4: binary] \
                     Error 25\ndpkg-buildpackage: error: debian/rules binary subprocess returned \
                     exit status 2\n";
        assert_eq!(
            told(Step::Build, build),
            "the build failed with exit status 2: dpkg-buildpackage: error: debian/rules binary \
             subprocess returned exit status 2; before that: test failed: 1 != 2"
        );
        assert_eq!(
            told(Step::Chroot, "E: unable to find suite nope\n"),
            "the chroot cannot be made: E: unable to find suite nope"
        );
        let full = "tar: ./usr/x: Cannot write: No space left on device\ntar: Exiting\n";
        assert!(
            told(Step::Chroot, full).starts_with("a disk of this worker is full (tar: ./usr/x")
        );
        let away = "E: Failed to fetch http://m/x  Could not resolve 'm'\n";
        assert!(
            told(Step::Requirements, away).starts_with("a package archive cannot be reached (")
        );
    }
}
