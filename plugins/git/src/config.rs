//! Which schemes source may come by.

use std::collections::BTreeSet;

use monkeyfarm_plugin_api::Failure;
use serde::Deserialize;

use crate::url::{Scheme, Url};

/// What the hub keeps for this handler: TOML.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Schemes beyond the usual four.
    #[serde(default)]
    allow_schemes: Vec<String>,
}

impl Config {
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .map_or(1, |span| text.get(..span.start).unwrap_or(text).matches('\n').count() + 1);
            let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
            Failure::new(format!("the config of vcs handler `git`, line {line}: {message}"))
        })?;
        // The worker's own list is for all handlers and may name others; this
        // one is ours, and a name that means nothing in it is a mistake.
        match config.allow_schemes.iter().find(|name| Scheme::named(name).is_none()) {
            Some(name) => Err(Failure::new(format!(
                "the config of vcs handler `git` allows the scheme `{}`, which is not known: \
                 https, http, git, ssh and file are",
                name.escape_debug()
            ))),
            None => Ok(config),
        }
    }

    /// The schemes that git may use for `url`: its own, and where a web
    /// server may lead on to, of those that are allowed here.
    pub(crate) fn allowed(&self, url: &Url, by_host: &[String]) -> Result<Vec<Scheme>, Failure> {
        let added = self.allow_schemes.iter().chain(by_host);
        let added = added.filter_map(|name| Scheme::named(name.trim()));
        let allowed: BTreeSet<Scheme> = Scheme::USUAL.into_iter().chain(added).collect();
        if !allowed.contains(&url.scheme) {
            let scheme = url.scheme.name();
            let names: Vec<_> = allowed.iter().map(Scheme::name).collect();
            return Err(Failure::new(format!(
                "source by `{scheme}` is not allowed here: {url}; allowed are {}; to allow it, \
                 start the worker with `--allow-scheme {scheme}`, or add it to `allow_schemes` of \
                 the worker's or the handler's configuration",
                names.join(", ")
            )));
        }
        let web = [Scheme::Http, Scheme::Https];
        Ok(if web.contains(&url.scheme) { web.to_vec() } else { vec![url.scheme] })
    }
}
