//! One look at a head, and at what is new there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mf_core::errand;
use mf_core::wire::{HandlerKind, HeadSeen, HeadSource};
use monkeyfarm_plugin_api::{
    Changes, ChangesJob, Failure, Head, Heads, HeadsJob, LocalConfig, Source,
};

use super::super::super::handlers::Handlers;
use crate::plugin::{Ended, Job};

/// How long one look may take.
const LOOK_TIME: Duration = Duration::from_secs(120);

/// How heads are looked at on this host.
pub struct Look<'a> {
    pub handlers: &'a Handlers,
    /// Schemes that source may come from, beyond the handlers' own defaults.
    pub schemes: &'a [String],
}

impl Look<'_> {
    /// Which revision each head of one URL is, and which bugs are fixed by what
    /// is new. What is to be said beside that goes to `told`.
    pub fn at(
        &self,
        sources: &[HeadSource],
        work: &Path,
        mut told: impl FnMut(String),
    ) -> Vec<HeadSeen> {
        let revisions = match self.revisions(sources, work) {
            Ok(revisions) => revisions,
            Err(why) => vec![Err(why); sources.len()],
        };
        let seen = sources.iter().cloned().zip(revisions).map(|(source, looked)| match looked {
            Ok(revision) => {
                let fixes = self.fixes(&source, &revision, work, &mut told);
                HeadSeen { source, revision, fixes, problem: String::new() }
            }
            Err(problem) => HeadSeen { source, problem, ..HeadSeen::default() },
        });
        seen.collect()
    }

    fn revisions(
        &self,
        sources: &[HeadSource],
        work: &Path,
    ) -> Result<Vec<Result<String, String>>, String> {
        let Some(first) = sources.first() else { return Ok(Vec::new()) };
        fs::create_dir_all(work).map_err(|error| format!("{}: {error}", work.display()))?;
        let job = |local, cache| {
            let references = sources.iter().map(|source| source.vcs_branch.clone()).collect();
            Job::Heads(HeadsJob { source: self.source(first, local, cache), references })
        };
        let Ended::AllAt(Heads { heads }) = self.call(first, work, job)? else {
            return Err("the handler gave an answer to another question".into());
        };
        if heads.len() != sources.len() {
            let (asked, told) = (sources.len(), heads.len());
            return Err(format!("the handler was asked for {asked} heads, and told {told}"));
        }
        let revision = |head: Result<Head, Failure>| match head {
            Ok(head) if head.revision.is_empty() => {
                Err("the handler told a head without a revision".to_owned())
            }
            Ok(head) => Ok(head.revision),
            Err(failure) => Err(failure.sentence),
        };
        Ok(heads.into_iter().map(revision).collect())
    }

    /// The bugs that are fixed since each revision that somebody knows. A head
    /// whose changes cannot be told is built all the same.
    fn fixes(
        &self,
        source: &HeadSource,
        revision: &str,
        work: &Path,
        mut told: impl FnMut(String),
    ) -> BTreeMap<String, Vec<String>> {
        let mut fixes = BTreeMap::new();
        for since in source.since.iter().filter(|since| *since != revision) {
            match self.changes(source, since, work) {
                Ok(changes) => {
                    let texts: Vec<&str> =
                        changes.changes.iter().map(|change| change.message.as_str()).collect();
                    fixes.insert(since.clone(), errand::mentioned(&texts.join("\n\n")));
                }
                Err(why) => {
                    told(format!("which bugs {revision} of {} fixes: {why}", source.url));
                }
            }
        }
        fixes
    }

    fn changes(&self, source: &HeadSource, since: &str, work: &Path) -> Result<Changes, String> {
        let job = |local, cache| {
            let source = self.source(source, local, cache);
            Job::Changes(ChangesJob { source, since: since.to_owned(), most: 0 })
        };
        match self.call(source, work, job)? {
            Ended::Changed(changes) => Ok(changes),
            other => Err(format!("the handler gave an answer to another question: {other:?}")),
        }
    }

    fn call(
        &self,
        source: &HeadSource,
        work: &Path,
        job: impl FnOnce(LocalConfig, PathBuf) -> Job,
    ) -> Result<Ended, String> {
        self.handlers
            .call(HandlerKind::VcsHandler, &source.handler, work, LOOK_TIME, job)
            .map_err(|failure| failure.sentence)
    }

    fn source(&self, of: &HeadSource, local_config: LocalConfig, cache_dir: PathBuf) -> Source {
        Source {
            url: of.url.clone(),
            reference: of.vcs_branch.clone(),
            handler_config: of.handler.config.clone(),
            local_config,
            cache_dir,
            allow_schemes: self.schemes.to_vec(),
        }
    }
}
