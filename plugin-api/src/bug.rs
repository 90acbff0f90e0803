//! Bug handlers: they look bugs up in a tracker, comment and close them.

use serde::{Deserialize, Serialize};

use crate::{Context, Failure, LocalConfig, Schemas};

/// Speaks to one kind of bug tracker.
///
/// Only [`show`](Self::show) must be there; a farm that asks for the rest of a
/// handler that does not have it is told so in a sentence. Each method answers
/// with the bug as it is afterwards.
///
/// A call may be made again although it came off the first time: the farm may
/// not have heard of it. What a tracker would do twice, such as a comment, is
/// done with `job.marker` in it, and only when that is not there yet.
///
/// # Errors
/// Of all methods: a [`Failure`] is refused for good, such as a bug that there
/// is not. What may come off later, since the tracker is down, is slow, limits
/// its callers or does not take the key that it is given, is a
/// [`Failure::later`]: the farm tries that again.
pub trait BugHandler: Send + Sync {
    /// What a bug is now.
    ///
    /// # Errors
    /// See [`BugHandler`].
    fn show(&self, job: &BugJob, cx: &Context) -> Result<Bug, Failure>;

    /// Says `job.comment` on a bug.
    ///
    /// # Errors
    /// See [`BugHandler`].
    fn comment(&self, _job: &BugJob, _cx: &Context) -> Result<Bug, Failure> {
        Err(Failure::new("this bug handler cannot comment on bugs"))
    }

    /// Says `job.comment` on a bug and closes it; one that is closed stays so.
    ///
    /// # Errors
    /// See [`BugHandler`].
    fn close(&self, _job: &BugJob, _cx: &Context) -> Result<Bug, Failure> {
        Err(Failure::new("this bug handler cannot close bugs"))
    }

    /// Says `job.comment` on a bug and opens it again; one that is open stays
    /// so.
    ///
    /// # Errors
    /// See [`BugHandler`].
    fn reopen(&self, _job: &BugJob, _cx: &Context) -> Result<Bug, Failure> {
        Err(Failure::new("this bug handler cannot open bugs again"))
    }

    /// Lets a bug refer to the build; in a tracker without such references
    /// that is a comment.
    ///
    /// # Errors
    /// See [`BugHandler`].
    fn link(&self, job: &BugJob, cx: &Context) -> Result<Bug, Failure> {
        self.comment(job, cx)
    }

    /// What its configuration may hold.
    fn schemas() -> Schemas
    where
        Self: Sized,
    {
        Schemas::default()
    }
}

/// What is to be done to a bug.
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

/// What is to be done to which bug. Names are labels of the hub.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BugJob {
    /// What.
    pub action: BugAction,
    /// The bug, as people call it: `17`, `owner/name#17`. Foreign text.
    pub bug: String,
    /// What is to be said on it.
    pub comment: String,
    /// A word that is this piece of work's alone, however often it is tried:
    /// letters and digits.
    pub marker: String,
    /// Project of the build.
    pub project: String,
    /// Package of the build.
    pub package: String,
    /// The build that names the bug.
    pub build: String,
    /// Page of the build for people; empty where nobody knows.
    pub build_url: String,
    /// The tag that the build got, if that is why.
    pub tag: String,
    /// Text that the hub keeps for this handler.
    pub handler_config: String,
    /// What this host keeps for the plugin.
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
