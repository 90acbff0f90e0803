//! What brz complains of, said so that people know what to do. Whatever fails,
//! its exit status is 3.

use std::path::Path;

use monkeyfarm_plugin_api::Failure;
use monkeyfarm_plugin_api::command::Ended;
use monkeyfarm_vcs_kit::{Meaning, Suspicion, Trouble, Url};

/// What brz or ssh say, and what it means.
const KNOWN: &[Meaning] = &[
    (&["error: leads on to"], "{url} redirects to where this worker may not fetch from: {line}"),
    (
        &["failed to lookup", "name or service not known", "could not resolve hostname"],
        "cannot reach {url}: no host of that name is known",
    ),
    (&["connection refused"], "cannot reach {url}: nothing answers there (connection refused)"),
    (&["timed out"], "cannot reach {url}: it does not answer, or far too slowly"),
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
            "permission denied",
            "unauthorized",
            "http status 401",
            "http status 403",
            "forbidden",
            "authentication",
        ],
        "{url} wants to know who asks, and this worker has no key that it takes",
    ),
    (&["certificate", "ssl"], "the certificate of {url} is not accepted: {line}"),
    (
        &["has no revision ", "does not exist in branch"],
        "{url} has no such revision: {line}; if the branch was written anew since, submit another \
         build",
    ),
    (
        &["not a branch", "no such file", "no repository present", "http status 404"],
        "there is no branch at {url}, or none that this worker may see",
    ),
    (
        &[
            "connection closed",
            "connection reset",
            "unexpected end",
            "closed unexpectedly",
            "connection error",
            "early eof",
            "broken pipe",
        ],
        "the connection to {url} broke off: {line}",
    ),
    (
        &[
            "unknown branch format",
            "unsupported branch",
            "unknown repository format",
            "is not supported by",
        ],
        "{url} is kept in a way that this worker's brz does not know: {line}",
    ),
    (
        &["file name too long", "invalid argument"],
        "the source of {url} has a file that cannot be made on this worker: {line}",
    ),
    (&["ssh: not found"], "cannot reach {url}: this worker has no ssh; install openssh-client"),
];

/// # Errors
/// What brz's `complaints` mean, unless it `ended` well. `doing` is what was
/// being done to the URL: `fetch`. Where the `mirror` is named, it is to blame.
pub(crate) fn unless_ended_well(
    ended: Ended,
    complaints: &str,
    url: &Url,
    mirror: &Path,
    doing: &str,
) -> Result<(), Trouble> {
    match ended {
        Ended::Exit(0) => return Ok(()),
        Ended::Silent(limit) | Ended::TimedOut(limit) => {
            let seconds = limit.as_secs();
            let told = format!("cannot {doing} {url}: it said nothing for {seconds} seconds");
            return Err(Failure::new(told).into());
        }
        Ended::Exit(_) | Ended::Signal(_) => {}
    }
    // What is behind it is for brz's own authors, and full of numbers.
    let complaints = complaints.split("Traceback (most recent").next().unwrap_or_default();
    let line = telling(complaints);
    if line.contains(&*mirror.to_string_lossy()) {
        let failure = Failure::new(format!("the mirror of {url} cannot be read: {line}"));
        return Err(Trouble::suspicious(failure, Suspicion::Remake));
    }
    if let Some(known) = Trouble::known(complaints, line, url, KNOWN) {
        return Err(known);
    }
    let why = if line.is_empty() { format!("brz {ended}") } else { line.to_owned() };
    let failure = Failure::new(format!("cannot {doing} {url}: {why}"));
    Err(Trouble::suspicious(failure, Suspicion::Check))
}

/// The line that says why, without what every such line begins with.
fn telling(complaints: &str) -> &str {
    const PREFIX: &str = "brz: ERROR: ";
    let lines = || complaints.split(['\n', '\r']).map(str::trim);
    let line = lines().find_map(|line| line.strip_prefix(PREFIX));
    line.or_else(|| lines().rfind(|line| !line.is_empty())).unwrap_or_default()
}
