//! VCS handlers: they fetch source, and tell what is new in it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Context, Failure, LocalConfig, Schemas};

/// Fetches source from one kind of version control system.
///
/// Only [`checkout`](Self::checkout) is required; a call of anything else that a
/// handler does not have fails with a sentence that says so.
pub trait VcsHandler: Send + Sync {
    /// Checks out `job.url` at `job.reference` into `job.source_dir`, which
    /// exists and is empty.
    ///
    /// # Errors
    /// A [`Failure`] ends the task; its sentence is what people read first.
    fn checkout(&self, job: &CheckoutJob, cx: &Context) -> Result<Checkout, Failure>;

    /// Which revision `source.reference` is now, without fetching it.
    ///
    /// # Errors
    /// As [`checkout`](Self::checkout): the sentence that a checkout of the
    /// same would fail with.
    fn head(&self, _source: &Source, _cx: &Context) -> Result<Head, Failure> {
        Err(Failure::new("this vcs handler cannot tell the head of a branch"))
    }

    /// Which revisions several references of one repository are now, in their
    /// order. A handler whose server tells all at once asks it once; others are
    /// asked for each [`head`](Self::head).
    ///
    /// # Errors
    /// None of them can be told, for the same reason.
    fn heads(&self, job: &HeadsJob, cx: &Context) -> Result<Heads, Failure> {
        Ok(Heads { heads: job.each().map(|source| self.head(&source, cx)).collect() })
    }

    /// What has changed since a revision.
    ///
    /// # Errors
    /// As [`head`](Self::head), and when there is no such revision.
    fn changes(&self, _job: &ChangesJob, _cx: &Context) -> Result<Changes, Failure> {
        Err(Failure::new("this vcs handler cannot tell what has changed"))
    }

    /// JSON Schemas of its configuration; asked for once, when the plugin is
    /// examined. Without a schema, configuration is not checked before the
    /// handler reads it.
    fn schemas() -> Schemas
    where
        Self: Sized,
    {
        Schemas::default()
    }
}

/// Where source is, and how this host fetches it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    /// Where the source is. Foreign text: never an option of a program.
    pub url: String,
    /// Branch, tag or revision; empty is the repository's default branch.
    pub reference: String,
    /// The handler's `config` on the hub, as text.
    pub handler_config: String,
    /// This host's configuration for the plugin.
    pub local_config: LocalConfig,
    /// A directory that stays from call to call on this host, shared with
    /// others that run at the same time: lock what is changed in it.
    pub cache_dir: PathBuf,
    /// Schemes that this host lets source come from, beyond the handler's
    /// own defaults, such as `file`.
    pub allow_schemes: Vec<String>,
}

/// What is to be fetched, and where to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckoutJob {
    /// Where the source is. Foreign text: never an option of a program.
    pub url: String,
    /// Branch, tag or revision; empty is the repository's default branch.
    pub reference: String,
    /// The revision of `reference` that is wanted, by its full name as in
    /// [`Checkout`]; empty is what the reference is now. All tasks of a build
    /// are of one revision, however the branch moves meanwhile.
    pub revision: String,
    /// The handler's `config` on the hub, as text.
    pub handler_config: String,
    /// This host's configuration for the plugin.
    pub local_config: LocalConfig,
    /// An empty directory to fill.
    pub source_dir: PathBuf,
    /// A directory that stays from task to task on this host, shared with
    /// other tasks that run at the same time: lock what is changed in it.
    pub cache_dir: PathBuf,
    /// Schemes that this host lets source come from, beyond the handler's
    /// own defaults, such as `file`.
    pub allow_schemes: Vec<String>,
}

impl CheckoutJob {
    /// Where the source is, without where it is to go.
    pub fn source(&self) -> Source {
        let Self { url, reference, handler_config, local_config, .. } = self.clone();
        let (cache_dir, allow_schemes) = (self.cache_dir.clone(), self.allow_schemes.clone());
        Source { url, reference, handler_config, local_config, cache_dir, allow_schemes }
    }
}

/// What was checked out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checkout {
    /// The revision by its full, unambiguous name: a hash or revision id.
    pub revision: String,
}

/// Where a branch, tag or revision is now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Head {
    /// The revision by its full name, as in [`Checkout`].
    pub revision: String,
}

/// Asks for several heads of one repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HeadsJob {
    /// Where; its own reference plays no part.
    pub source: Source,
    /// Which branches, tags or revisions, as in [`Source::reference`].
    pub references: Vec<String>,
}

impl HeadsJob {
    /// The same as so many questions for one head.
    pub fn each(&self) -> impl Iterator<Item = Source> {
        self.references
            .iter()
            .map(|reference| Source { reference: reference.clone(), ..self.source.clone() })
    }
}

/// Where several branches, tags or revisions are now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Heads {
    /// As many as were asked for, in that order: each, or why it cannot be told.
    pub heads: Vec<Result<Head, Failure>>,
}

/// Asks for what has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangesJob {
    /// Where; its reference is the newer end.
    pub source: Source,
    /// The older end: a revision by its full name.
    pub since: String,
    /// How many changes are wanted at most; 0 is [`MOST_CHANGES`].
    pub most: usize,
}

impl ChangesJob {
    /// How many changes to give.
    pub fn limit(&self) -> usize {
        if self.most == 0 { MOST_CHANGES } else { self.most.min(MOST_CHANGES) }
    }
}

/// Most changes that one answer has.
pub const MOST_CHANGES: usize = 100;

/// Longest author or message of a change, in characters.
const LONGEST_TEXT: usize = 500;

/// What has changed, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    /// The revision that the newer end is.
    pub revision: String,
    /// What is in it, and not in the older end.
    pub changes: Vec<Change>,
    /// Whether there are more than were wanted.
    pub more: bool,
    /// Whether the older end is no part of the newer one's history: the
    /// branch was written anew, by a forced push and the like.
    pub rewritten: bool,
}

impl Changes {
    /// The same in bounds that an answer must keep: at most `limit` changes,
    /// and texts that were cut where they are very long.
    pub fn within(mut self, limit: usize) -> Self {
        self.more |= self.changes.len() > limit;
        self.changes.truncate(limit);
        for change in &mut self.changes {
            for text in [&mut change.author, &mut change.message] {
                if let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT) {
                    text.truncate(end);
                    text.push('…');
                }
            }
        }
        self
    }
}

/// One change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Change {
    /// The revision that it made, by its full name.
    pub revision: String,
    /// Who made it: `Ada <ada@example.org>`.
    pub author: String,
    /// When, in RFC 3339: `2026-01-02T03:04:05+01:00`.
    pub date: String,
    /// What they said of it.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_keeps_its_bounds() {
        let change = Change { message: "é".repeat(600), ..Change::default() };
        let all = Changes { changes: vec![change; 3], ..Changes::default() };
        let few = all.clone().within(2);
        assert!(few.more && few.changes.len() == 2);
        assert_eq!(few.changes[0].message.chars().count(), LONGEST_TEXT + 1);
        assert!(!all.within(3).more);
        assert_eq!(ChangesJob::default().limit(), MOST_CHANGES);
        assert_eq!(ChangesJob { most: 1 << 40, ..ChangesJob::default() }.limit(), MOST_CHANGES);
    }
}
