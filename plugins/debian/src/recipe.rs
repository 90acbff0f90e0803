//! What a target says: the table `[debian]` of its config.

use monkeyfarm_plugin_api::download::{Rules, is_file_name};
use monkeyfarm_plugin_api::schemars::JsonSchema;
use monkeyfarm_plugin_api::{BuildJob, Failure, Timeout, schema};
use serde::Deserialize;

use crate::local::Local;

/// How a package is to be built. The keys are all that may be said.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
pub(crate) struct Recipe {
    /// Suite of the chroot, such as `bookworm`.
    pub(crate) suite: Option<String>,
    /// Where its packages come from; else from where the host's do.
    pub(crate) mirror: Option<String>,
    /// Components of the archive beside `main`.
    pub(crate) components: Vec<String>,
    /// Name of a tarball on the worker to unpack instead of making a chroot.
    pub(crate) chroot: Option<String>,
    /// Packages to install beside what is required.
    pub(crate) packages: Vec<String>,
    /// Whether the package's own tests are run.
    pub(crate) check: Option<bool>,
    /// How long the build itself may take.
    pub(crate) timeout: Option<Timeout>,
}

/// The config of a target, or of the handler.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
pub(crate) struct Document {
    #[serde(default)]
    debian: Recipe,
}

impl Recipe {
    /// What the target says, and where it says nothing the handler's own
    /// config.
    pub(crate) fn of(job: &BuildJob, local: &Local) -> Result<Self, Failure> {
        let target = format!("the config of target `{}`", job.target);
        let base = parse(&job.handler_config, "the config of build handler `debian`")?;
        let own = parse(&job.target_config, &target)?;
        let both = |base: Vec<String>, own: Vec<String>| base.into_iter().chain(own).collect();
        let recipe = Self {
            suite: own.suite.or(base.suite),
            mirror: own.mirror.or(base.mirror),
            components: both(base.components, own.components),
            chroot: own.chroot.or(base.chroot),
            packages: both(base.packages, own.packages),
            check: own.check.or(base.check),
            timeout: own.timeout.or(base.timeout),
        };
        recipe.check(job, local, &target)?;
        Ok(recipe)
    }

    fn check(&self, job: &BuildJob, local: &Local, target: &str) -> Result<(), Failure> {
        if self.suite.is_none() && self.chroot.is_none() {
            return Err(Failure::new(format!(
                "{target} names no suite: write one, such as bookworm, or name the tarball of a \
                 chroot on the worker by `chroot`"
            )));
        }
        let words = [("suite", self.suite.iter()), ("chroot", self.chroot.iter())];
        let lists = [("component", self.components.iter()), ("package", self.packages.iter())];
        let named = words.into_iter().flat_map(|(what, words)| words.map(move |word| (what, word)));
        let listed =
            lists.into_iter().flat_map(|(what, words)| words.map(move |word| (what, word)));
        for (what, word) in named.chain(listed) {
            if !is_file_name(word) {
                return Err(Failure::new(format!(
                    "the {what} {word:?} begins with a letter or digit and has no more than \
                     letters, digits and . _ + ~ -"
                )));
            }
        }
        let rules = Rules { hosts: Vec::new(), ..local.download_rules(job) };
        self.mirror.iter().try_for_each(|url| rules.check(url))
    }
}

/// One word is the name of a suite; anything else is TOML.
fn parse(text: &str, place: &str) -> Result<Recipe, Failure> {
    if text.trim().is_empty() {
        return Ok(Recipe::default());
    }
    if let Some(word) = schema::word(text) {
        return Ok(Recipe { suite: Some(word.to_owned()), ..Recipe::default() });
    }
    let document: Document = toml::from_str(text).map_err(|error| {
        Failure::written(place, text, error.span().map(|span| span.start), error.message())
    })?;
    Ok(document.debian)
}
