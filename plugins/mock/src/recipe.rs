//! What a target says: the table `[mock]` of its config.

use std::collections::BTreeMap;

use monkeyfarm_plugin_api::download::Rules;
use monkeyfarm_plugin_api::schemars::JsonSchema;
use monkeyfarm_plugin_api::{BuildJob, Failure, Timeout, schema};
use serde::Deserialize;

use crate::local::Local;
use crate::word;

/// Where the build prefix goes in a release's suffix.
const PREFIX: &str = "{build_prefix}";

/// How mock is to build. The keys are all that may be said: mock's own options
/// can make it run anything as root.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
pub(crate) struct Recipe {
    /// Name of a configuration that is installed on the worker.
    pub(crate) config: Option<String>,
    /// A whole configuration, where the worker allows it.
    pub(crate) text: Option<String>,
    /// Conditions of the spec file to turn on.
    with: Vec<String>,
    /// Conditions of the spec file to turn off.
    without: Vec<String>,
    /// Macros, by name.
    define: BTreeMap<String, String>,
    /// Repositories of the configuration to use although it does not.
    enablerepo: Vec<String>,
    /// Repositories of the configuration not to use.
    disablerepo: Vec<String>,
    /// URLs of more repositories.
    addrepo: Vec<String>,
    /// Packages to install beside what the package requires.
    packages: Vec<String>,
    /// Whether the package's own tests are run.
    check: Option<bool>,
    /// Arch to build for by emulation.
    forcearch: Option<String>,
    /// What stands for %dist; {build_prefix} in it is that of the build.
    release_suffix: Option<String>,
    /// Whether build requirements are generated, so that the package itself
    /// must say them while there is still a network.
    pub(crate) dynamic_requires: Option<bool>,
    /// How long rpmbuild may take.
    pub(crate) timeout: Option<Timeout>,
}

/// The config of a target, or of the handler.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
pub(crate) struct Document {
    #[serde(default)]
    mock: Recipe,
}

impl Recipe {
    /// What the target says, and where it says nothing the handler's own
    /// config.
    pub(crate) fn of(job: &BuildJob, local: &Local) -> Result<Self, Failure> {
        let target = format!("the config of target `{}`", job.target);
        let base = Self::parse(&job.handler_config, "the config of build handler `mock`")?;
        let recipe = Self::parse(&job.target_config, &target)?.over(base);
        recipe.check(job, local, &target)?;
        Ok(recipe)
    }

    /// One word is the name of a configuration; anything else is TOML.
    fn parse(text: &str, place: &str) -> Result<Self, Failure> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        if let Some(word) = schema::word(text) {
            return Ok(Self { config: Some(word.to_owned()), ..Self::default() });
        }
        let document: Document = toml::from_str(text).map_err(|error| {
            Failure::written(place, text, error.span().map(|span| span.start), error.message())
        })?;
        Ok(document.mock)
    }

    fn over(self, base: Self) -> Self {
        fn both<T>(base: Vec<T>, own: Vec<T>) -> Vec<T> {
            base.into_iter().chain(own).collect()
        }
        let own = self.config.is_some() || self.text.is_some();
        Self {
            config: if own { self.config } else { base.config },
            text: if own { self.text } else { base.text },
            with: both(base.with, self.with),
            without: both(base.without, self.without),
            define: base.define.into_iter().chain(self.define).collect(),
            enablerepo: both(base.enablerepo, self.enablerepo),
            disablerepo: both(base.disablerepo, self.disablerepo),
            addrepo: both(base.addrepo, self.addrepo),
            packages: both(base.packages, self.packages),
            check: self.check.or(base.check),
            forcearch: self.forcearch.or(base.forcearch),
            release_suffix: self.release_suffix.or(base.release_suffix),
            dynamic_requires: self.dynamic_requires.or(base.dynamic_requires),
            timeout: self.timeout.or(base.timeout),
        }
    }

    fn check(&self, job: &BuildJob, local: &Local, target: &str) -> Result<(), Failure> {
        let refuse = |why: String| Err(Failure::new(why));
        match (&self.config, &self.text) {
            (Some(_), Some(_)) => {
                return refuse(format!("{target} has both `config` and `text`: keep one of them"));
            }
            (None, None) => {
                return refuse(format!(
                    "{target} names no mock configuration: write the name of one that is \
                     installed on the worker, such as epel-9-x86_64"
                ));
            }
            (None, Some(_)) if !local.allow_config_text => {
                return refuse(format!(
                    "{target} has the `text` of a mock configuration, which mock would run as a \
                     program: name an installed one by `config`, or let the worker's \
                     administrator set allow_config_text in plugins.d/mock.toml"
                ));
            }
            _ => {}
        }
        let conditions = self.with.iter().chain(&self.without);
        conditions.chain(&self.forcearch).try_for_each(|w| word::name("the option", w))?;
        let named = self.enablerepo.iter().chain(&self.disablerepo);
        named.filter(|w| *w != "*").try_for_each(|w| word::name("the repository", w))?;
        self.packages.iter().try_for_each(|w| word::package(w))?;
        let rules = Rules { hosts: Vec::new(), ..local.download_rules(job) };
        self.addrepo.iter().try_for_each(|url| rules.check(url))?;
        for (name, value) in &self.define {
            word::macro_name(name)?;
            word::macro_value(name, value)?;
        }
        self.suffix(job).map(drop)
    }

    /// What the release ends in, in place of the distribution's own `%dist`.
    fn suffix(&self, job: &BuildJob) -> Result<Option<String>, Failure> {
        let prefix = &job.build_prefix;
        if !prefix.is_empty() {
            word::release("the build prefix", prefix)?;
        }
        let Some(suffix) = &self.release_suffix else { return Ok(None) };
        let whole = match prefix.as_str() {
            // Nothing, and no dot before it.
            "" => suffix.replace(&format!(".{PREFIX}"), "").replace(PREFIX, ""),
            prefix => suffix.replace(PREFIX, prefix),
        };
        word::release("the release_suffix", &whole)?;
        Ok(Some(whole))
    }

    /// The arguments of mock that it comes to, for every phase alike.
    pub(crate) fn arguments(&self, job: &BuildJob) -> Result<Vec<String>, Failure> {
        let mut arguments = Vec::new();
        let mut add = |option: &str, value: &str| arguments.push(format!("--{option}={value}"));
        self.with.iter().for_each(|word| add("with", word));
        self.without.iter().for_each(|word| add("without", word));
        self.enablerepo.iter().for_each(|word| add("enablerepo", word));
        self.disablerepo.iter().for_each(|word| add("disablerepo", word));
        self.packages.iter().for_each(|word| add("additional-package", word));
        let tags = job.repositories.iter().map(|repository| &repository.url);
        self.addrepo.iter().chain(tags).for_each(|url| add("addrepo", url));
        self.forcearch.iter().for_each(|word| add("forcearch", word));
        if !job.build_prefix.is_empty() {
            add("define", &format!("build_prefix {}", job.build_prefix));
        }
        if let Some(suffix) = self.suffix(job)? {
            add("define", &format!("dist {suffix}"));
        }
        self.define.iter().for_each(|(name, value)| add("define", &format!("{name} {value}")));
        if let Some(timeout) = &self.timeout {
            add("rpmbuild_timeout", &timeout.limit.as_secs().to_string());
        }
        if self.check == Some(false) {
            arguments.push("--nocheck".into());
        }
        Ok(arguments)
    }
}
