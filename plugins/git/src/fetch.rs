//! Bringing a mirror up to date.

use std::time::{Duration, Instant};

use monkeyfarm_plugin_api::Context;
use monkeyfarm_plugin_api::command::{Ended, Stream};

use monkeyfarm_vcs_kit::{Home, Suspicion, Trouble};

use crate::mirror::Mirror;
use crate::reference::{REMOTE_HEAD, Reference};
use crate::trouble;

/// A server that says nothing for so long will not say anything more. Git
/// tells its progress all the while, so that a long fetch is never silent.
const SILENCE: Duration = Duration::from_secs(300);

/// Git counts in percents, each of which would be a message to the hub.
const TELL_AGAIN: Duration = Duration::from_secs(1);

/// How much of what git complains of is looked at.
const MOST_COMPLAINTS: usize = 200;

impl Mirror<'_> {
    /// Fetches what is new. The repository is asked even when the mirror has
    /// the revision already: whether it may be read is for it to say.
    pub(crate) fn update(&self, reference: &Reference, cx: &Context) -> Result<(), Trouble> {
        cx.progress(format!("fetching {}", self.url));
        let mut wanted =
            vec!["+refs/heads/*:refs/heads/*".to_owned(), "+refs/tags/*:refs/tags/*".to_owned()];
        if *reference == Reference::Default {
            wanted.push(format!("+HEAD:{REMOTE_HEAD}"));
        }
        let home = self.home(cx)?;
        self.fetch(&home, &wanted, cx)?;
        match reference {
            // It may be in no branch, and still be had.
            Reference::Hash(hash) if !self.has(hash, cx)? => {
                self.fetch(&home, std::slice::from_ref(hash), cx)?;
            }
            _ => {}
        }
        drop(home);
        self.tidy(cx)?;
        Ok(self.place.note_size()?)
    }

    fn fetch(&self, home: &Home, wanted: &[String], cx: &Context) -> Result<(), Trouble> {
        let fetch = self
            .git_out(home)?
            .args(["fetch", "--progress", "--prune", "--force", "--no-tags"])
            .args(["--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules"])
            .arg("--end-of-options")
            .arg(self.url.for_program())
            .args(wanted)
            .silence(SILENCE);
        self.place.mark(Suspicion::Check)?;
        let mut complaints = Vec::new();
        let mut told = Instant::now();
        let ended = fetch.lines(cx, |stream, line| match kind(stream, line) {
            Line::Progress if told.elapsed() >= TELL_AGAIN => {
                told = Instant::now();
                cx.progress(format!("fetching {}: {}", self.url, line.trim()));
            }
            Line::Progress => {}
            Line::Table => {}
            Line::Other => {
                cx.log(line);
                if complaints.len() < MOST_COMPLAINTS {
                    complaints.push(line.to_owned());
                }
            }
        })?;
        // A git that ended by itself left the mirror sound, though not always
        // clean: on a full disk it leaves what filled it.
        if let Ended::Exit(code) = ended {
            if code != 0 {
                self.sweep()?;
            }
            self.place.unmark()?;
        }
        trouble::unless_ended_well(ended, &complaints.join("\n"), &self.url, "fetch")
    }

    /// Repacks the mirror now and then; git knows when.
    fn tidy(&self, cx: &Context) -> Result<(), Trouble> {
        self.place.mark(Suspicion::Check)?;
        let said = self.git().args(["gc", "--auto", "--quiet"]).output(cx, 1 << 20)?;
        if said.ended.success() {
            self.place.unmark()?;
        } else {
            // The source is there all the same.
            cx.log(format!("git gc in the mirror of {} {}", self.url, said.ended));
        }
        Ok(())
    }
}

/// What a line of `git fetch` is to people.
enum Line {
    /// How far it has got.
    Progress,
    /// One line for each branch: of no use in a log.
    Table,
    Other,
}

fn kind(stream: Stream, line: &str) -> Line {
    let text = line.strip_prefix("remote: ").unwrap_or(line).trim_end();
    let counts = |text: &str| text.contains("% (") || text.ends_with(", done.");
    match text {
        _ if stream == Stream::Stdout => Line::Table,
        _ if counts(text) || text.contains(" objects: ") => Line::Progress,
        _ if text.starts_with(' ') || text.starts_with("From ") => Line::Table,
        _ if text.starts_with("Total ") => Line::Table,
        _ => Line::Other,
    }
}
