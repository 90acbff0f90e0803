//! What git complains of, said so that people know what to do.

use monkeyfarm_plugin_api::Failure;
use monkeyfarm_plugin_api::command::Ended;
use monkeyfarm_vcs_kit::{Meaning, Suspicion, Trouble, Url};

use crate::resolve::no_default;

/// What git or ssh say, and what it means.
const KNOWN: &[Meaning] = &[
    (
        &[
            "could not resolve host",
            "unable to look up",
            "name or service not known",
            "temporary failure in name resolution",
        ],
        "cannot reach {url}: no host of that name is known",
    ),
    (
        &["connection refused", "failed to connect", "could not connect", "couldn't connect"],
        "cannot reach {url}: nothing answers there (connection refused)",
    ),
    (
        &["timed out", "operation too slow"],
        "cannot reach {url}: it does not answer, or far too slowly",
    ),
    (
        &["network is unreachable", "no route to host"],
        "cannot reach {url}: there is no way there from this worker",
    ),
    (
        &["host key verification failed"],
        "the ssh key of {url}'s host is not known to this worker: add it to its known_hosts",
    ),
    (
        &[
            "authentication failed",
            "could not read username",
            "could not read password",
            "permission denied (",
            "returned error: 401",
            "returned error: 403",
        ],
        "{url} wants to know who asks, and this worker has no key that it takes",
    ),
    (&["certificate", "ssl"], "the certificate of {url} is not accepted: {line}"),
    (
        &[
            "not exported",
            "no such repository",
            "' not found",
            "does not appear to be a git repository",
            "repository not found",
            "returned error: 404",
            "does not exist",
        ],
        "there is no repository at {url}, or none that this worker may see",
    ),
    (
        &[
            "hung up unexpectedly",
            "early eof",
            "unexpected disconnect",
            "connection reset",
            "connection closed by",
            "unexpected eof",
        ],
        "the connection to {url} broke off: {line}",
    ),
    (
        &["not our ref", "unadvertised object"],
        "{url} has no such revision, or does not give it out: {line}; if its branch was written \
         anew since, submit another build",
    ),
    (
        &["invalid path", "file name too long"],
        "the source of {url} has a file that cannot be made on this worker: {line}",
    ),
    (
        &[": ssh: not found", "exec: ssh: not found"],
        "cannot reach {url}: this worker has no ssh; install openssh-client",
    ),
    (&["' not allowed"], "{url} redirects to where this worker may not fetch from: {line}"),
    // Whatever else ssh says.
    (&["could not read from remote repository"], "cannot fetch {url}: {line}"),
];

/// # Errors
/// What git's `complaints` mean, unless it `ended` well. `doing` is what was
/// being done to the URL: `fetch`.
pub(crate) fn unless_ended_well(
    ended: Ended,
    complaints: &str,
    url: &Url,
    doing: &str,
) -> Result<(), Trouble> {
    match ended {
        Ended::Exit(0) => return Ok(()),
        Ended::Silent(limit) | Ended::TimedOut(limit) => {
            let seconds = limit.as_secs();
            return Err(Failure::new(format!(
                "cannot {doing} {url}: it said nothing for {seconds} seconds"
            ))
            .into());
        }
        Ended::Exit(_) | Ended::Signal(_) => {}
    }
    let line = telling(complaints);
    if complaints.to_lowercase().contains("couldn't find remote ref head") {
        return Err(no_default(url).into());
    }
    if let Some(known) = Trouble::known(complaints, line, url, KNOWN) {
        return Err(known);
    }
    let why = if line.is_empty() { format!("git {ended}") } else { line.to_owned() };
    let failure = Failure::new(format!("cannot {doing} {url}: {why}"));
    Err(Trouble::suspicious(failure, Suspicion::Check))
}

/// The line that says why: the first that is an error, else the first of all.
fn telling(complaints: &str) -> &str {
    let prefixed = |line: &&str| {
        let error = line.strip_prefix("fatal: ").or_else(|| line.strip_prefix("error: "));
        // Only tells that ssh ended; why, ssh has said before.
        error.is_some_and(|error| !error.starts_with("Could not read from remote repository"))
    };
    let line = complaints.lines().find(prefixed).or(complaints.lines().next()).unwrap_or_default();
    line.trim_start_matches("fatal: ").trim_start_matches("error: ").trim()
}
