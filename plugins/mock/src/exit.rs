//! Every way in which mock ends, as a sentence that says what to do.

use std::path::Path;

use monkeyfarm_plugin_api::Failure;
use monkeyfarm_plugin_api::command::Ended;

use crate::phase::Phase;
use crate::rpm;

/// What there is to tell a failure of mock from.
pub(crate) struct Said<'a> {
    /// Which call it was.
    pub(crate) phase: Phase,
    /// How it ended.
    pub(crate) ended: Ended,
    /// Its last lines.
    pub(crate) lines: &'a [String],
    /// Where its logs are.
    pub(crate) result: &'a Path,
    /// The time that rpmbuild has, as the target has it.
    pub(crate) timeout: Option<&'a str>,
}

/// The failure that a call of mock comes to.
pub(crate) fn failure(said: &Said<'_>) -> Failure {
    Failure::new(sentence(said))
}

fn sentence(said: &Said<'_>) -> String {
    if let Some(full) = said.find(&["No space left on device", "more space needed on the "]) {
        return format!(
            "a disk of this worker is full ({full}): make room where mock keeps its chroots \
             (/var/lib/mock) and its results"
        );
    }
    let aim = said.phase.aim();
    let Ended::Exit(code) = said.ended else {
        return format!("mock {} when it was to {aim}", said.ended);
    };
    let words = said.last_words();
    of_package(code, said, &words)
        .or_else(|| of_host(code, &words))
        .unwrap_or_else(|| format!("mock could not {aim}: exit status {code}: {words}"))
}

/// Ends by what is built, and by what the target says of that.
fn of_package(code: i32, said: &Said<'_>, words: &str) -> Option<String> {
    Some(match code {
        1 | 10 => said.failed(),
        3 => format!("mock cannot use the configuration of this target: {words}"),
        11 => match said.timeout {
            Some(limit) => format!(
                "the build took longer than its timeout of {limit}: raise `timeout` in the \
                 target's config, or see in build.log what hangs"
            ),
            None => "the build took longer than the rpmbuild_timeout of the mock configuration: \
                     raise it there, or see in build.log what hangs"
                .into(),
        },
        20 => format!("mock could not {}, in the chroot: {words}; see root.log", said.phase.aim()),
        30 => said.missing(),
        31 => format!(
            "the build requires something from outside of RPM that cannot be had: {words}; mend \
             its `BuildRequires: external:…`, or make a package of it"
        ),
        40 => format!(
            "the source RPM is not as it should be: {}; make it anew by rpmbuild -bs",
            said.first_error_after("Source RPM is not installable")
        ),
        _ => return None,
    })
}

/// Ends by how this worker is set up, or by what else goes on there.
fn of_host(code: i32, words: &str) -> Option<String> {
    Some(match code {
        2 => "mock was not started as root: run the worker as root".into(),
        5 | 50 => format!(
            "mock does not understand how it was called: {words}; see that this worker's mock is \
             no older than 6.7"
        ),
        6 => format!(
            "this worker cannot build for that arch: {words}; install what is wanted there, or \
             have the target built on a worker of that arch"
        ),
        25 => format!(
            "mock cannot use its LVM volumes on this worker: {words}; mend lvm_root_opts in the \
             mock configuration, or turn lvm_root_enable off there"
        ),
        60 => format!(
            "another mock holds this build's chroot ({words}): wait until it ends, or end it, and \
             retry"
        ),
        65 => format!(
            "another mock holds the LVM volumes of this worker ({words}): wait until it ends, and \
             retry"
        ),
        70 => format!(
            "mock cannot write its results: make stage_dir in plugins.d/mock.toml a directory \
             that mock's user can get into ({words})"
        ),
        80 => "mock may not make namespaces on this worker: run the worker as root, with \
               CAP_SYS_ADMIN"
            .into(),
        90 => format!(
            "mock could not prepare its bootstrap chroot: {words}; see root.log, or set \
             use_bootstrap to False in the mock configuration"
        ),
        110 => {
            format!("mock lost its way between its own steps: {words}; retry, and see state.log")
        }
        // By its own list a weak dependency; what ends so is the lack of the
        // program that installs what a build requires.
        120 => "this worker lacks what installs build requirements: install dnf-utils (Debian: \
                dnf-plugins-core), or yum-utils for a configuration that uses yum"
            .into(),
        126 | 127 => format!("mock cannot be run on this worker: {words}; install mock"),
        129 | 141 | 143 => format!(
            "mock was ended from outside by signal {}: retry, and see who does that",
            code - 128
        ),
        _ => return None,
    })
}

impl Said<'_> {
    /// The line that has one of these words, without what goes before it.
    fn find(&self, words: &[&str]) -> Option<&str> {
        self.lines
            .iter()
            .rev()
            .find(|line| words.iter().any(|word| line.contains(word)))
            .map(|line| short(line))
    }

    /// The last line that says something.
    fn last_words(&self) -> String {
        let noise = ["Start: ", "Finish: ", "Finish(", "INFO: Start", "INFO: Finish"];
        let line =
            self.lines.iter().rev().map(|line| line.trim()).find(|line| {
                !line.is_empty() && !noise.iter().any(|noise| line.starts_with(noise))
            });
        line.map_or_else(|| "it said nothing".into(), |line| plain(line).to_owned())
    }

    /// The first error below a line with these words; else the last line.
    fn first_error_after(&self, words: &str) -> String {
        let start = self.lines.iter().position(|line| line.contains(words)).unwrap_or_default();
        let error = self.lines[start..].iter().find_map(|line| line.trim().strip_prefix("error: "));
        error.map_or_else(|| self.last_words(), |error| short(error).to_owned())
    }

    /// Exit 1 and 10: the package's fault, mostly.
    fn failed(&self) -> String {
        if let Some(line) = self.find(&["Cannot find/open srpm"]) {
            let why = line.rsplit("Error: ").next().unwrap_or(line);
            return format!("the source RPM cannot be read ({why}): it is torn, or none");
        }
        if self.find(&["Must be member of '", "getgrnam(): name not found"]).is_some() {
            return "mock's user is not in the group mock on this worker: usermod --append \
                    --groups mock USER"
                .into();
        }
        if self.find(&["will not run from the root account"]).is_some() {
            return "mock was given root to build as: name a user of the group mock by `user` in \
                    plugins.d/mock.toml"
                .into();
        }
        // Elsewhere rpmbuild has its say only where requirements are generated.
        let ran = self.phase.offline() || self.ended == Ended::Exit(10);
        let why = ran.then(|| rpm::why(&self.result.join("build.log"))).flatten();
        match (self.phase, why) {
            (Phase::SourcePackage, Some(why)) if why.starts_with("the spec file wants") => why,
            (Phase::SourcePackage, Some(why)) => {
                format!("rpmbuild cannot make a source RPM of the spec file: {why}")
            }
            (_, Some(why)) => format!("rpmbuild: {why}; see build.log"),
            (phase, None) => format!(
                "mock could not {}: {}; see root.log and build.log",
                phase.aim(),
                self.last_words()
            ),
        }
    }

    /// Exit 30: the package manager found something missing.
    fn missing(&self) -> String {
        if let Some(line) = self.find(&["Failed to download metadata for repo"]) {
            return format!(
                "a package repository cannot be reached ({}): see that it is there, and retry",
                plain(line)
            );
        }
        let mut names: Vec<&str> = self.lines.iter().filter_map(|line| not_found(line)).collect();
        names.sort_unstable();
        names.dedup();
        match names.as_slice() {
            [] => {
                format!("mock could not {}: {}; see root.log", self.phase.aim(), self.last_words())
            }
            names => {
                let shown: Vec<_> = names.iter().take(20).map(|name| format!("`{name}`")).collect();
                let shown = shown.join(", ");
                if self.phase == Phase::Root {
                    return format!(
                        "no repository of the mock configuration has what its chroot needs: \
                         {shown}; see that it is for this arch, and its chroot_setup_cmd"
                    );
                }
                format!(
                    "no repository has what the build requires: {shown}; build it first, add a \
                     repository by addrepo in the target's config, or tag it where \
                     include_in_builds is set"
                )
            }
        }
    }
}

/// What a package manager did not find: dnf, dnf5 and yum each have their words.
fn not_found(line: &str) -> Option<&str> {
    let quoted = |rest: &str| rest.trim().trim_matches('\'').len();
    for start in
        ["No matching package to install: ", "No match for argument: ", "No Package found for "]
    {
        if let Some((_, rest)) = line.split_once(start) {
            let inner = rest.trim().trim_matches('\'');
            return (quoted(rest) > 0).then_some(inner);
        }
    }
    let (_, rest) = line.split_once("nothing provides ")?;
    Some(rest.split(" needed by ").next().unwrap_or(rest).trim())
}

fn plain(line: &str) -> &str {
    let line = ["ERROR: ", "Error: ", "WARNING: "]
        .iter()
        .fold(line.trim(), |line, prefix| line.strip_prefix(prefix).unwrap_or(line));
    short(line)
}

fn short(line: &str) -> &str {
    const LONGEST: usize = 300;
    let line = line.trim();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => &line[..end],
        None => line,
    }
}
