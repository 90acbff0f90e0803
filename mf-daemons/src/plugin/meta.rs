//! What a plugin says of itself, in the bytes that its file carries.

use mf_core::label;
use mf_core::wire::HandlerKind;
use monkeyfarm_plugin_api::export::API_VERSION;
use serde::Deserialize;

/// A plugin's metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Id of the plugin, such as `generic`.
    pub id: String,
    /// Version of the plugin, as its author counts.
    pub version: String,
    /// Version of the plugin API that it was built for.
    pub api: String,
    /// Whether a panic in it can be contained; if not, it ends the process.
    pub unwinds: bool,
    /// Its handlers of the kinds that this host knows.
    pub handlers: Vec<Handler>,
    /// Its regulator hooks.
    pub hooks: Vec<Hook>,
}

/// One regulator hook of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Its name, for messages.
    pub label: String,
    /// What its author says about it; may be empty.
    pub about: String,
}

/// What the plugin API calls regulator hooks.
pub const HOOK: &str = "hook";

/// One handler of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handler {
    /// Its kind.
    pub kind: HandlerKind,
    /// Its id, which is its label on the hub.
    pub label: String,
    /// What its author says about it; may be empty.
    pub about: String,
}

/// What the plugin API calls a kind of handlers.
pub fn kind_name(kind: HandlerKind) -> &'static str {
    match kind {
        HandlerKind::BuildHandler => "build",
        HandlerKind::VcsHandler => "vcs",
        HandlerKind::BugHandler => "bug",
    }
}

/// The kinds that this host can call.
fn kind_of(name: &str) -> Option<HandlerKind> {
    [HandlerKind::BuildHandler, HandlerKind::VcsHandler, HandlerKind::BugHandler]
        .into_iter()
        .find(|kind| kind_name(*kind) == name)
}

/// The JSON as it is written; a newer plugin may say more.
#[derive(Deserialize)]
struct Written {
    id: String,
    version: String,
    api: String,
    panic: String,
    handlers: Vec<WrittenHandler>,
}

#[derive(Deserialize)]
struct WrittenHandler {
    kind: String,
    label: String,
    #[serde(default)]
    about: String,
}

impl Meta {
    /// Reads the JSON that a plugin carries.
    ///
    /// # Errors
    /// A sentence that goes on from the path of the file: the metadata is
    /// malformed, of another plugin API, or names no handler that this host
    /// could call.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let written: Written = serde_json::from_slice(json)
            .map_err(|error| format!("has metadata that cannot be read: {error}"))?;
        if major(&written.api) != major(API_VERSION) {
            return Err(format!(
                "was built for plugin API {}, and this host speaks {API_VERSION}; \
                 get the plugin for this version of MonkeyFarm",
                written.api
            ));
        }
        label::check(&written.id).map_err(|e| format!("has an id that cannot be one: {e}"))?;
        let (mut handlers, mut hooks) = (Vec::new(), Vec::new());
        for handler in &written.handlers {
            label::check(&handler.label)
                .map_err(|e| format!("has a {} handler without a name: {e}", handler.kind))?;
            let (label, about) = (handler.label.clone(), handler.about.trim().to_owned());
            if let Some(kind) = kind_of(&handler.kind) {
                handlers.push(Handler { kind, label, about });
            } else if handler.kind == HOOK {
                hooks.push(Hook { label, about });
            }
        }
        if handlers.is_empty() && hooks.is_empty() {
            return Err(
                "gives no handler of a kind that this host knows (build, vcs, bug, hook)".into()
            );
        }
        let Written { id, version, api, panic, .. } = written;
        Ok(Self { id, version, api, unwinds: panic == "unwind", handlers, hooks })
    }
}

impl Meta {
    /// Whether a host whose plugin API is `version` can use the plugin.
    ///
    /// # Errors
    /// A sentence that goes on from the path of the file.
    pub fn fits(&self, version: &str) -> Result<(), String> {
        if major(&self.api) == major(version) {
            return Ok(());
        }
        Err(format!(
            "was built for plugin API {}, and that host speaks {version}; get {} for it before \
             you upgrade",
            self.api, self.id
        ))
    }
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(id: &str, api: &str, kind: &str, label: &str) -> Vec<u8> {
        serde_json::to_vec(&serde_json::json!({
            "id": id, "version": "2.0", "api": api, "panic": "unwind", "news": 1,
            "handlers": [{"kind": kind, "label": label, "about": " Builds. "}],
        }))
        .unwrap()
    }

    #[test]
    fn what_a_newer_plugin_adds_is_passed_over() {
        let meta = Meta::parse(&json("git", "1.7", "vcs", "git")).unwrap();
        let (kind, label, about) = (HandlerKind::VcsHandler, "git".into(), "Builds.".into());
        assert_eq!(meta.handlers, [Handler { kind, label, about }]);
        assert!(meta.unwinds);
    }

    #[test]
    fn each_unusable_plugin_has_its_sentence() {
        let why = |json: &[u8]| Meta::parse(json).unwrap_err();
        assert!(why(b"{").starts_with("has metadata that cannot be read"));
        assert!(
            why(&json("a", "2.0", "vcs", "a"))
                .starts_with("was built for plugin API 2.0, and this host speaks 1.2")
        );
        assert!(why(&json("../a", "1.0", "vcs", "a")).contains("../a"));
        assert!(why(&json("a", "1.0", "vcs", "a/b")).contains("a/b"));
        assert!(why(&json("a", "1.0", "oracle", "a")).contains("no handler of a kind"));
    }
}
