//! Bug handlers: they look bugs up in a tracker, comment and close them.

use serde::{Deserialize, Serialize};

use crate::{Context, Failure, LocalConfig, Schemas};

/// Talks to one kind of bug tracker.
///
/// Only [`show`](Self::show) is required; a call of anything else that a handler
/// does not have fails with a sentence that says so. Each method answers with
/// the bug as it is afterwards.
///
/// A call may be repeated although it succeeded: the farm may not have received
/// the answer. So whatever a tracker would do twice, such as a comment, carries
/// `job.marker`, and is done only if the marker is not there yet.
///
/// # Errors
/// For all methods: a [`Failure`] is final, as for a bug that does not exist.
/// What may succeed later, because the tracker is down, is slow, limits its
/// callers or refuses its key, is a [`Failure::later`]: the farm tries it again.
pub trait BugHandler: Send + Sync {
    /// What a bug is now.
    ///
    /// # Errors
    /// See [`BugHandler`].
    fn show(&self, job: &BugJob, cx: &Context) -> Result<Bug, Failure>;

    /// Adds `job.comment` to a bug.
    ///
    /// # Errors
    /// See [`BugHandler`].
    fn comment(&self, _job: &BugJob, _cx: &Context) -> Result<Bug, Failure> {
        Err(Failure::new("this bug handler cannot comment on bugs"))
    }

    /// Adds `job.comment` to a bug and closes it; a closed one stays closed.
    ///
    /// # Errors
    /// See [`BugHandler`].
    fn close(&self, _job: &BugJob, _cx: &Context) -> Result<Bug, Failure> {
        Err(Failure::new("this bug handler cannot close bugs"))
    }

    /// Adds `job.comment` to a bug and reopens it; an open one stays open.
    ///
    /// # Errors
    /// See [`BugHandler`].
    fn reopen(&self, _job: &BugJob, _cx: &Context) -> Result<Bug, Failure> {
        Err(Failure::new("this bug handler cannot open bugs again"))
    }

    /// Makes a bug refer to the build: by a comment, where the tracker has no
    /// such references.
    ///
    /// # Errors
    /// See [`BugHandler`].
    fn link(&self, job: &BugJob, cx: &Context) -> Result<Bug, Failure> {
        self.comment(job, cx)
    }

    /// JSON Schemas of its configuration; asked for once, when the plugin is
    /// examined.
    fn schemas() -> Schemas
    where
        Self: Sized,
    {
        Schemas::default()
    }
}

/// What to do to a bug.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BugAction {
    /// [`BugHandler::show`].
    #[default]
    Show,
    /// [`BugHandler::comment`].
    Comment,
    /// [`BugHandler::close`].
    Close,
    /// [`BugHandler::reopen`].
    Reopen,
    /// [`BugHandler::link`].
    Link,
}

/// What to do to which bug. Names are labels of the hub.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BugJob {
    /// What to do.
    pub action: BugAction,
    /// The bug, as people call it: `17`, `owner/name#17`. Foreign text.
    pub bug: String,
    /// The comment, for people; empty when the bug is only shown.
    pub comment: String,
    /// A word of letters and digits that belongs to this piece of work alone,
    /// and is the same at every attempt.
    pub marker: String,
    /// Project of the build.
    pub project: String,
    /// Package of the build.
    pub package: String,
    /// The build that names the bug.
    pub build: String,
    /// URL of the build's page; empty if the farm has no address for people.
    pub build_url: String,
    /// The tag that the build got, if that is why.
    pub tag: String,
    /// The handler's `config` on the hub, as text.
    pub handler_config: String,
    /// This host's configuration for the plugin.
    pub local_config: LocalConfig,
}

impl BugJob {
    /// Has a handler do it.
    ///
    /// # Errors
    /// See [`BugHandler`].
    pub fn run(&self, handler: &dyn BugHandler, cx: &Context) -> Result<Bug, Failure> {
        let bug = match self.action {
            BugAction::Show => handler.show(self, cx),
            BugAction::Comment => handler.comment(self, cx),
            BugAction::Close => handler.close(self, cx),
            BugAction::Reopen => handler.reopen(self, cx),
            BugAction::Link => handler.link(self, cx),
        };
        bug.map(Bug::within)
    }
}

/// Longest title or status of a bug, in characters.
const LONGEST: usize = 500;

/// A bug as its tracker shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bug {
    /// Its title.
    pub title: String,
    /// Its status in the tracker's own words: `RESOLVED FIXED`.
    pub status: String,
    /// Whether it is open.
    pub open: bool,
}

impl Bug {
    /// The same in bounds that an answer must keep.
    fn within(mut self) -> Self {
        for text in [&mut self.title, &mut self.status] {
            if let Some((end, _)) = text.char_indices().nth(LONGEST) {
                text.truncate(end);
                text.push('…');
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::Recorder;

    struct Reader;

    impl BugHandler for Reader {
        fn show(&self, job: &BugJob, _: &Context) -> Result<Bug, Failure> {
            Ok(Bug { title: job.bug.repeat(600), ..Bug::default() })
        }
    }

    #[test]
    fn what_a_handler_does_not_have_is_said_and_titles_have_an_end() {
        let run = |action| {
            let job = BugJob { action, bug: "é".into(), ..BugJob::default() };
            job.run(&Reader, &Recorder::new().context())
        };
        assert_eq!(run(BugAction::Show).unwrap().title.chars().count(), LONGEST + 1);
        let why = |action| run(action).unwrap_err().sentence;
        assert_eq!(why(BugAction::Close), "this bug handler cannot close bugs");
        assert_eq!(why(BugAction::Link), why(BugAction::Comment));
    }
}
