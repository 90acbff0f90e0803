//! What is to be done: the `[build]` table of `.monkeyfarm.toml`, or of the
//! target's config.

use std::fs;
use std::io::ErrorKind;

use monkeyfarm_plugin_api::schemars::JsonSchema;
use monkeyfarm_plugin_api::{BuildJob, Context, Failure, Timeout};
use serde::Deserialize;

use crate::pattern::Pattern;

/// The file's name, at the top of a checkout.
const FILE: &str = ".monkeyfarm.toml";

/// A larger file is not a recipe.
const LARGEST: u64 = 256 * 1024;

/// What is to be done.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
pub(crate) struct Recipe {
    /// Shell commands, run one after the other in the source.
    #[serde(deserialize_with = "commands")]
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub(crate) commands: Vec<String>,
    /// Results to keep: patterns such as `*.tar.gz`, below the source.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) files: Vec<Pattern>,
    /// Source packages to keep, by the same kind of patterns.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) sources: Vec<Pattern>,
    /// How long all commands may take together, such as `90m`.
    pub(crate) timeout: Option<Timeout>,
}

/// A recipe where it is written: `.monkeyfarm.toml`, or a target's config.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
pub(crate) struct Document {
    build: Option<Recipe>,
}

impl Recipe {
    /// The checkout's own recipe; without one, the target's.
    pub(crate) fn find(job: &BuildJob, cx: &Context) -> Result<Self, Failure> {
        if job.has_source
            && let Some(text) = read(job)?
        {
            return Self::parse(&text, FILE);
        }
        if !job.source_url.is_empty() {
            return Err(Failure::new(format!(
                "{} is a source package, and this handler builds what a vcs handler checks out: \
                 give the url of a repository",
                job.source_url
            )));
        }
        let config = &job.target_config;
        let target = format!("the config of target `{}`", job.target);
        if config.trim().is_empty() {
            return Err(Failure::new(if job.has_source {
                format!(
                    "the source has no {FILE}, and {target} is empty: \
                     one of them must say in `[build] commands` how to build it"
                )
            } else {
                format!(
                    "there is no source, and {target} is empty: \
                     it must say in `[build] commands` what to do"
                )
            }));
        }
        cx.log(format!("building by {target}"));
        Self::parse(config, &target)
    }

    fn parse(text: &str, place: &str) -> Result<Self, Failure> {
        let document: Document = toml::from_str(text).map_err(|error| {
            Failure::written(place, text, error.span().map(|span| span.start), error.message())
        })?;
        document.build.ok_or_else(|| {
            Failure::new(format!("{place} has no `[build]` table: write `commands = [...]` in one"))
        })
    }
}

/// The file's text, or nothing when there is no such file. It is the
/// project's word: a link could make it somebody else's.
fn read(job: &BuildJob) -> Result<Option<String>, Failure> {
    let path = job.source_dir.join(FILE);
    let found = match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        found => found.map_err(Failure::io(format!("cannot read {FILE}")))?,
    };
    if found.is_symlink() {
        return Err(Failure::new(format!(
            "{FILE} is a symbolic link, which is not followed: put the file itself there"
        )));
    }
    if !found.is_file() {
        return Err(Failure::new(format!("{FILE} is not a regular file")));
    }
    if found.len() > LARGEST {
        return Err(Failure::new(format!(
            "{FILE} has {} bytes: more than {LARGEST} are not read",
            found.len()
        )));
    }
    let bytes = fs::read(&path).map_err(Failure::io(format!("cannot read {FILE}")))?;
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let byte = error.utf8_error().valid_up_to();
        Failure::new(format!("{FILE} is not UTF-8 text (byte {byte})"))
    })
}

/// At least one command, and none that does nothing.
fn commands<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    use serde::de::Error;
    let commands = Vec::<String>::deserialize(from)?;
    if commands.is_empty() {
        return Err(D::Error::custom("`commands` is empty: name at least one command"));
    }
    for (index, command) in commands.iter().enumerate() {
        if command.trim().is_empty() {
            return Err(D::Error::custom(format!("command {} is empty", index + 1)));
        }
        if command.contains('\0') {
            return Err(D::Error::custom(format!("command {} contains a NUL", index + 1)));
        }
    }
    Ok(commands)
}
