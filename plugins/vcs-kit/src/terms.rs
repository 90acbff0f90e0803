//! On which terms source is fetched: what the farm and the host say.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use monkeyfarm_plugin_api::schemars::JsonSchema;
use monkeyfarm_plugin_api::{Context, Failure, Schemas, Source};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::cache::Cache;
use crate::home::Home;
use crate::login::{Credentials, Login};
use crate::scheme::{Kind, Scheme, listed};
use crate::ssh::Ssh;
use crate::url::Url;

/// What a vcs handler says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    /// Its label on the hub.
    pub label: &'static str,
    /// How source may come; all but files are allowed from the start.
    pub schemes: &'static [Scheme],
}

/// What the hub keeps for a vcs handler: TOML.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, bound = "T: DeserializeOwned + Default")]
#[schemars(crate = "monkeyfarm_plugin_api::schemars", bound = "T: JsonSchema + Default")]
struct Farm<T> {
    /// Schemes that source may come from beyond the usual ones, such as file.
    allow_schemes: Vec<String>,
    /// How source is checked out.
    checkout: T,
}

/// `plugins.d/<plugin>.toml` of a host, but for its secrets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
struct Local {
    /// Schemes that source may come from beyond the usual ones, such as file.
    allow_schemes: Vec<String>,
    /// Places that source may come from, with all that is below; none: any.
    allow_urls: Vec<String>,
    /// PEM file of certificate authorities to believe beside the usual ones.
    #[schemars(with = "Option<String>")]
    ca_file: Option<PathBuf>,
    /// How much the mirrors may take of the disk, in MiB.
    cache_mib: u64,
    /// Who this host is to which server.
    login: Vec<Login>,
    /// How ssh is used.
    ssh: Ssh,
}

impl Default for Local {
    fn default() -> Self {
        Self {
            allow_schemes: Vec::new(),
            allow_urls: Vec::new(),
            ca_file: None,
            cache_mib: 20 * 1024,
            login: Vec::new(),
            ssh: Ssh::default(),
        }
    }
}

/// A handler's options of its own that has none.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
pub struct NoOptions {}

/// What the configuration of a vcs handler may hold whose own options are `T`.
pub fn schemas<T: JsonSchema + Default>() -> Schemas {
    Schemas::default().handler::<Farm<T>>().local::<Local>()
}

/// The terms of one call. `T` is the table `[checkout]` of what the hub keeps
/// for the handler.
#[derive(Debug)]
pub struct Terms<T> {
    /// Where the source is.
    pub url: Url,
    /// The handler's own options.
    pub options: T,
    /// The mirrors of this plugin on this host.
    pub cache: Cache,
    handler: Handler,
    allowed: BTreeSet<Scheme>,
    local: Local,
    file: String,
}

impl<T: DeserializeOwned + Default> Terms<T> {
    /// Reads all of it.
    ///
    /// # Errors
    /// A configuration or the URL is not as it should be, or source may not
    /// come from there; nothing has been done then.
    pub fn new(source: &Source, handler: Handler) -> Result<Self, Failure> {
        let farm: Farm<T> = read_farm(&source.handler_config, handler)?;
        let local = source.local_config.read::<Local>()?;
        let file = source.local_config.file.clone();
        let url = Url::parse(&source.url, handler.schemes)?;
        // The worker's list is for all handlers and may name others' schemes;
        // these two are ours, and a name that means nothing is a mistake.
        let label = handler.label;
        for (names, whose) in [
            (&farm.allow_schemes, format!("the config of vcs handler `{label}`")),
            (&local.allow_schemes, format!("{file} of this host")),
        ] {
            let strange = names.iter().find(|name| Scheme::named(name, handler.schemes).is_none());
            if let Some(name) = strange {
                let name = name.escape_debug();
                return Err(Failure::new(format!(
                    "{whose} allows the scheme `{name}`, which is not known: {} are",
                    listed(handler.schemes)
                )));
            }
        }
        let added = [&farm.allow_schemes, &local.allow_schemes, &source.allow_schemes];
        let added = added.into_iter().flatten();
        let added = added.filter_map(|name| Scheme::named(name, handler.schemes));
        let usual = handler.schemes.iter().copied().filter(|scheme| scheme.kind != Kind::File);
        let allowed = usual.chain(added).collect();
        let cache = Cache::open(&source.cache_dir, local.cache_mib.saturating_mul(1 << 20))?;
        let terms = Self { url, options: farm.checkout, cache, handler, allowed, local, file };
        terms.check(&terms.url)?;
        Ok(terms)
    }
}

impl<T> Terms<T> {
    /// Reads a URL of this handler, such as one that the source itself names.
    ///
    /// # Errors
    /// It is none, or source may not come from there.
    pub fn other(&self, url: &str) -> Result<Url, Failure> {
        let url = Url::parse(url, self.handler.schemes)?;
        self.check(&url)?;
        Ok(url)
    }

    /// Checks that source may come from `url`.
    ///
    /// # Errors
    /// It may not.
    pub fn check(&self, url: &Url) -> Result<(), Failure> {
        if !self.allowed.contains(&url.scheme) {
            let scheme = url.scheme.name;
            let names: Vec<_> = self.schemes().iter().map(|scheme| scheme.name).collect();
            return Err(Failure::new(format!(
                "source by `{scheme}` is not allowed here: {url}; allowed are {}; to allow it, \
                 start the worker with `--allow-scheme {scheme}`, or add it to `allow_schemes` of \
                 the worker's or the handler's configuration",
                names.join(", ")
            )));
        }
        let places = self.allow_urls()?;
        if places.is_empty() || places.iter().any(|place| url.is_within(place)) {
            return Ok(());
        }
        let places: Vec<_> = places.iter().map(Url::to_string).collect();
        Err(Failure::new(format!(
            "source from {url} is not allowed on this host: `allow_urls` of {} has {}",
            self.file,
            places.join(", ")
        )))
    }

    fn allow_urls(&self) -> Result<Vec<Url>, Failure> {
        let parse = |text: &String| {
            Url::parse(text, self.handler.schemes).map_err(|failure| {
                Failure::new(format!("{} of this host, `allow_urls`: {failure}", self.file))
            })
        };
        self.local.allow_urls.iter().map(parse).collect()
    }

    /// What a program that was called for `url` may open, each with all that
    /// is below: the places that the host allows, else those of the same
    /// server, as the program knows them.
    ///
    /// # Errors
    /// `allow_urls` has something that is no URL.
    pub fn places(&self, url: &Url) -> Result<Vec<String>, Failure> {
        let mut places: Vec<_> = self.allow_urls()?.iter().map(Url::for_program).collect();
        let whole = url.for_program();
        if places.is_empty() {
            let server = whole.strip_suffix(url.path()).unwrap_or(&whole);
            // Of this host's own disk not all is at hand.
            let file = url.scheme.kind == Kind::File;
            places.push(if file { whole.clone() } else { server.to_owned() });
        }
        Ok(places)
    }

    /// The certificates that servers may show beside the usual ones' own.
    ///
    /// # Errors
    /// There is no such file.
    pub fn ca_file(&self) -> Result<Option<&Path>, Failure> {
        match self.local.ca_file.as_deref() {
            Some(path) if !path.is_absolute() || !path.is_file() => Err(Failure::new(format!(
                "{} of this host, `ca_file`: {} is no file of this host, or not its whole path",
                self.file,
                path.display().to_string().escape_debug()
            ))),
            file => Ok(file),
        }
    }

    /// All schemes that are allowed, in the handler's order.
    pub fn schemes(&self) -> Vec<Scheme> {
        let all = self.handler.schemes.iter();
        all.copied().filter(|scheme| self.allowed.contains(scheme)).collect()
    }

    /// The schemes that a program may use for `url`: its own, and those that a
    /// web server may lead on to.
    pub fn leads_on(&self, url: &Url) -> Vec<Scheme> {
        match url.scheme.kind {
            Kind::Web => {
                self.schemes().into_iter().filter(|scheme| scheme.kind == Kind::Web).collect()
            }
            _ => vec![url.scheme],
        }
    }

    /// The credentials for `url`: those in it, and those that the host keeps.
    ///
    /// # Errors
    /// The host's configuration names a secret that it does not have.
    pub fn credentials(&self, url: &Url, cx: &Context) -> Result<Vec<Credentials>, Failure> {
        let mut all: Vec<_> = Credentials::in_url(url).into_iter().collect();
        for login in &self.local.login {
            all.push(login.credentials(self.handler.schemes, &self.file, cx)?);
        }
        Ok(all)
    }

    /// A home for one call, with the program `ssh` in it.
    ///
    /// # Errors
    /// It cannot be made, or the host's configuration names a file that is
    /// not there.
    pub fn home(&self, url: &Url) -> Result<Home, Failure> {
        let home = Home::new(&self.cache)?;
        if url.scheme.kind == Kind::Ssh {
            self.local.ssh.write(&home, url, &self.file)?;
        }
        Ok(home)
    }
}

fn read_farm<T: DeserializeOwned + Default>(
    text: &str,
    handler: Handler,
) -> Result<Farm<T>, Failure> {
    toml::from_str(text).map_err(|error| {
        let line = error
            .span()
            .map_or(1, |span| text.get(..span.start).unwrap_or(text).matches('\n').count() + 1);
        let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        let label = handler.label;
        Failure::new(format!("the config of vcs handler `{label}`, line {line}: {message}"))
    })
}
