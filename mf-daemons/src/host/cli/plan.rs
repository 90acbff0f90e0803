//! What one handler is to be called with, without a hub: written by an author
//! in `job.toml`, or put together from flags.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use monkeyfarm_plugin_api::{
    BugJob, BuildJob, ChangesJob, CheckoutJob, HeadsJob, HookJob, IndexFile, IndexJob, LocalConfig,
    Source, SweepJob,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::digest;
use crate::plugin::meta::{HOOK, kind_name};
use crate::plugin::{Job, Plugin};
use crate::regulator::tree;
use crate::worker::dir::TaskDir;

/// What a handler is to be called with, and what is expected of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// `kind label`, such as `build make`; empty when the plugin gives one.
    pub handler: String,
    /// What it is called for: `index` or `sweep` of a build handler, `head`,
    /// `heads` or `changes` of a vcs handler; empty for the first call of its
    /// kind.
    pub call: String,
    /// Fields of its job, such as `package`; all others are empty.
    pub job: Map<String, Value>,
    /// What `plugins.d/<plugin>.toml` would hold.
    pub local: Map<String, Value>,
    /// What it may ask for by name.
    pub secrets: BTreeMap<String, String>,
    /// What the hub answers a hook, in their order.
    pub answers: Vec<Value>,
    /// Whether it is expected to fail.
    pub fails: bool,
    /// What its log, or the sentence of its failure, must have.
    pub says: Vec<String>,
    /// Names of files that must come out of it; of a checkout, paths in it.
    pub files: Vec<String>,
    /// Directory whose content is the checkout.
    #[serde(skip)]
    pub source: Option<PathBuf>,
    /// Directory that stays from call to call; nothing for one of its own.
    #[serde(skip)]
    pub cache: Option<PathBuf>,
    /// When it is told to stop.
    #[serde(skip)]
    pub stop: Option<Stop>,
}

/// Fields of jobs that a plan does not set: directories, and what has a place of
/// its own in it.
const OURS: [&str; 8] = [
    "cache_dir",
    "files",
    "files_dir",
    "index_dir",
    "local_config",
    "result_dir",
    "source_dir",
    "work_dir",
];

/// When a call is told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Before it begins.
    AtOnce,
    /// When it says for the first time what it is doing.
    AtWork,
}

/// One handler of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// `build`, `vcs`, `bug` or `hook`.
    pub kind: &'static str,
    pub label: String,
}

impl std::fmt::Display for Chosen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind, self.label)
    }
}

/// All handlers of a plugin.
pub fn handlers(plugin: &Plugin) -> Vec<Chosen> {
    let handlers = plugin.meta.handlers.iter().map(|h| (kind_name(h.kind), h.label.clone()));
    let hooks = plugin.meta.hooks.iter().map(|hook| (HOOK, hook.label.clone()));
    handlers.chain(hooks).map(|(kind, label)| Chosen { kind, label }).collect()
}

impl Plan {
    /// Reads the example in `dir`: its `job.toml`, and the checkout `source`
    /// beside it.
    ///
    /// # Errors
    /// The file cannot be read, or holds what is none of a plan's.
    pub fn read(dir: &Path) -> anyhow::Result<Self> {
        let path = dir.join("job.toml");
        let shown = path.display().to_string();
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {shown}"))?;
        let plan: Self = toml::from_str(&text).with_context(|| shown)?;
        let source = Some(dir.join("source")).filter(|dir| dir.is_dir());
        Ok(Self { source, ..plan })
    }

    /// Which handler of `plugin` is meant.
    ///
    /// # Errors
    /// It gives none of that name, or several and none was named.
    pub fn choose(&self, plugin: &Plugin) -> anyhow::Result<Chosen> {
        let all = handlers(plugin);
        let named = self.handler.replace(':', " ");
        let fits =
            |one: &&Chosen| named.is_empty() || one.to_string() == named || one.label == named;
        let mut fitting = all.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(one), None) => Ok(one.clone()),
            _ => {
                let all: Vec<_> = all.iter().map(ToString::to_string).collect();
                bail!("name one handler of the plugin, by kind and label: {}", all.join(", "))
            }
        }
    }

    /// The job, in the directories of `task`.
    ///
    /// # Errors
    /// A field is none of the job's, or has another type.
    pub fn job(&self, chosen: &Chosen, task: &TaskDir, cache: &Path) -> anyhow::Result<Job> {
        let local_config = LocalConfig { file: "job.toml".into(), table: self.local.clone() };
        let (source_dir, cache_dir) = (task.source(), cache.to_path_buf());
        Ok(match (chosen.kind, self.call.as_str()) {
            ("build", "") => Job::Build(Box::new(self.fill(BuildJob {
                package: "package".into(),
                task: "trial-1.here".into(),
                has_source: self.source.is_some(),
                work_dir: task.root().to_path_buf(),
                result_dir: task.result(),
                local_config,
                source_dir,
                cache_dir,
                ..BuildJob::default()
            })?)),
            ("build", "index") => Job::Index(Box::new(self.fill(IndexJob {
                path: "trial".into(),
                files: files_in(&source_dir)?,
                files_dir: source_dir,
                index_dir: task.result(),
                local_config,
                cache_dir,
                ..IndexJob::default()
            })?)),
            ("build", "sweep") => Job::Sweep(self.fill(SweepJob { local_config, cache_dir })?),
            ("vcs", "") => Job::Checkout(self.fill(CheckoutJob {
                local_config,
                source_dir,
                cache_dir,
                ..CheckoutJob::default()
            })?),
            ("vcs", "head") => {
                Job::Head(self.fill(Source { local_config, cache_dir, ..Source::default() })?)
            }
            ("vcs", "heads") => Job::Heads(self.heads(local_config, cache_dir)?),
            ("vcs", "changes") => Job::Changes(self.changes(local_config, cache_dir)?),
            ("bug", "") => {
                let marker = "mftrial1".into();
                Job::Bug(Box::new(self.fill(BugJob {
                    marker,
                    local_config,
                    ..BugJob::default()
                })?))
            }
            (HOOK, "") => Job::Hook(self.fill(HookJob { local_config, ..HookJob::default() })?),
            (kind, call) => bail!(
                "a {kind} handler has no call {call:?}: build has index and sweep, vcs has head, \
                 heads and changes"
            ),
        })
    }

    /// Which heads are to be told: the fields of where, and `references`, as a
    /// list or as words.
    fn heads(&self, local_config: LocalConfig, cache_dir: PathBuf) -> anyhow::Result<HeadsJob> {
        let mut of_source = self.clone();
        let references = match of_source.job.remove("references") {
            Some(Value::String(words)) => words.split_whitespace().map(str::to_owned).collect(),
            Some(list) => {
                serde_json::from_value(list).context("`references` is no list of texts")?
            }
            None => Vec::new(),
        };
        let source = Source { local_config, cache_dir, ..Source::default() };
        Ok(HeadsJob { source: of_source.fill(source)?, references })
    }

    /// What is to be told about changes: the fields of where, and `since`.
    fn changes(&self, local_config: LocalConfig, cache_dir: PathBuf) -> anyhow::Result<ChangesJob> {
        let mut of_source = self.clone();
        let since = of_source.job.remove("since").unwrap_or_default();
        let most = of_source.job.remove("most").unwrap_or_else(|| 0.into());
        let source = Source { local_config, cache_dir, ..Source::default() };
        Ok(ChangesJob {
            source: of_source.fill(source)?,
            since: since.as_str().unwrap_or_default().to_owned(),
            most: serde_json::from_value(most).context("`most` is no number")?,
        })
    }

    /// A job with the plan's fields in it.
    fn fill<T: Serialize + DeserializeOwned>(&self, job: T) -> anyhow::Result<T> {
        let mut all = serde_json::to_value(job)?;
        for (name, value) in &self.job {
            match all.get_mut(name) {
                Some(field) => *field = value.clone(),
                None => {
                    let names =
                        all.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
                    let names: Vec<_> = names.filter(|name| !OURS.contains(name)).collect();
                    bail!("the job has no field {name:?}; it has {}", names.join(", "))
                }
            }
        }
        serde_json::from_value(all).context("a field of the job has another type")
    }
}

/// The files of a repository, as its index is told of them.
fn files_in(dir: &Path) -> anyhow::Result<Vec<IndexFile>> {
    let told = |why: String| anyhow::anyhow!("{}: its content {why}", dir.display());
    let mut files = Vec::new();
    for found in tree::files(dir).map_err(told)? {
        let file = std::fs::File::open(&found.path)?;
        let size = file.metadata()?.len();
        files.push(IndexFile { name: found.place, size, sha256: digest::of(file)? });
    }
    Ok(files)
}
