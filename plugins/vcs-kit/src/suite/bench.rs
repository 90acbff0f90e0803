//! What a handler is called with in a test.

use std::fs;
use std::path::{Path, PathBuf};

use monkeyfarm_plugin_api::kit::Recorder;
use monkeyfarm_plugin_api::{
    Changes, ChangesJob, CheckoutJob, Failure, FailureKind, Head, HeadsJob, LocalConfig, Source,
};
use tempfile::TempDir;

use super::World;

/// A cache, places for checkouts, and a farm that writes down what it hears.
pub struct Bench<'a> {
    /// Holds all of it.
    pub dir: TempDir,
    /// What the handler says.
    pub farm: Recorder,
    /// What the host says to the plugin.
    pub local: LocalConfig,
    /// What the hub keeps for the handler.
    pub config: String,
    world: &'a dyn World,
}

impl<'a> Bench<'a> {
    /// An empty one.
    pub fn new(world: &'a dyn World) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["cache", "checkouts"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let (local, config) = (LocalConfig::default(), String::new());
        Self { dir, farm: Recorder::new(), local, config, world }
    }

    /// The handler's cache.
    pub fn cache(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    /// Where source is.
    pub fn source(&self, url: &str, reference: &str) -> Source {
        Source {
            url: url.into(),
            reference: reference.into(),
            cache_dir: self.cache(),
            local_config: self.local.clone(),
            handler_config: self.config.clone(),
            ..Source::default()
        }
    }

    /// A job with an empty directory of its own.
    pub fn job(&self, url: &str, reference: &str) -> CheckoutJob {
        let source = self.source(url, reference);
        let checkouts = self.dir.path().join("checkouts");
        CheckoutJob {
            url: source.url,
            reference: source.reference,
            cache_dir: source.cache_dir,
            local_config: source.local_config,
            handler_config: source.handler_config,
            source_dir: tempfile::Builder::new().tempdir_in(checkouts).unwrap().keep(),
            ..CheckoutJob::default()
        }
    }

    /// Checks out: where to, and the revision.
    pub fn try_checkout(&self, url: &str, reference: &str) -> Result<(PathBuf, String), Failure> {
        self.try_revision(url, reference, "")
    }

    /// As [`try_checkout`](Self::try_checkout), of the revision that a build is
    /// of already.
    pub fn try_revision(
        &self,
        url: &str,
        reference: &str,
        revision: &str,
    ) -> Result<(PathBuf, String), Failure> {
        let job = CheckoutJob { revision: revision.into(), ..self.job(url, reference) };
        let checkout = self.world.handler().checkout(&job, &self.farm.context())?;
        Ok((job.source_dir, checkout.revision))
    }

    /// As [`try_checkout`](Self::try_checkout), of the world's repository.
    pub fn checkout(&self, repository: &str, reference: &str) -> (PathBuf, String) {
        let url = self.world.url(repository);
        self.try_checkout(&url, reference)
            .unwrap_or_else(|failure| panic!("{url} at `{reference}`: {failure}"))
    }

    /// The revision that a checkout has, and the text of its file `a`.
    pub fn read(&self, repository: &str, reference: &str) -> (String, String) {
        let (dir, revision) = self.checkout(repository, reference);
        (revision, fs::read_to_string(dir.join("a")).unwrap())
    }

    /// The one sentence that a checkout fails with.
    pub fn refusal(&self, url: &str, reference: &str) -> String {
        sentence(self.try_checkout(url, reference).map(|(_, revision)| revision))
    }

    /// The head, as the handler tells it.
    pub fn head(&self, url: &str, reference: &str) -> Result<String, Failure> {
        let source = self.source(url, reference);
        self.world.handler().head(&source, &self.farm.context()).map(|head| head.revision)
    }

    /// Several heads, as the handler tells them together.
    pub fn heads(&self, url: &str, references: &[&str]) -> Vec<Result<Head, Failure>> {
        let references = references.iter().map(|&reference| reference.to_owned()).collect();
        let job = HeadsJob { source: self.source(url, ""), references };
        self.world.handler().heads(&job, &self.farm.context()).unwrap().heads
    }

    /// The changes, as the handler tells them.
    pub fn changes(
        &self,
        url: &str,
        reference: &str,
        since: &str,
        most: usize,
    ) -> Result<Changes, Failure> {
        let job = ChangesJob { source: self.source(url, reference), since: since.into(), most };
        self.world.handler().changes(&job, &self.farm.context())
    }

    /// What is in the cache and has this in its name.
    pub fn cached(&self, part: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.cache()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.to_string_lossy().contains(part)).collect()
    }
}

/// The sentence of a failure: one line, of which something can be learned.
pub(super) fn sentence<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> String {
    let failure = outcome.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Failed);
    let sentence = failure.sentence;
    assert!(!sentence.contains(['\n', '\r', '\0']) && sentence.len() > 20, "{sentence:?}");
    sentence
}

/// Writes a file of a work tree.
pub(super) fn write(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
