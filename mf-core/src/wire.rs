//! Messages between workers, the regulator and the hub.
//!
//! Both halves compile these same types. The sender may be newer than the
//! receiver: unknown keys are tolerated, missing ones have defaults.

use std::time::Duration;

use serde::{Deserialize, Serialize};

mod head;
mod plugin;
mod repository;

pub use head::{HeadSeen, HeadSource};
pub use plugin::{Called, Crash, HandlerKind, HookOffer, Offer, RegisterHandlers, ReportCalls};
pub use repository::{RepositoryDraft, RepositoryFile, RepositoryPart};

/// The longest that the hub holds back an answer: well within the patience of
/// proxies. A caller that wants to wait longer asks again.
pub const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// `POST /system/enrol`: a host has a one-time token, and has made a key for
/// itself. The key never travels: the hub is told its hash.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Enrol {
    /// The token that an admin made.
    pub token: String,
    /// The part of the key by which it is found: 16 hexadecimal digits.
    pub key_id: String,
    /// SHA-256 of the whole key, `mf_<key_id>_<secret>`, in hexadecimal.
    pub key_sha256: String,
}

impl std::fmt::Debug for Enrol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Enrol").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// The answer to [`Enrol`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Enrolled {
    /// Label of the system that the host is from now on.
    pub label: String,
}

/// `POST /system/register`: a worker starts, or what it offers has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Register {
    /// Number of CPUs; the system's capacity until an admin sets another.
    pub cpus: i64,
    /// Archs that it serves.
    pub archs: Vec<String>,
    /// Handlers that its plugins provide.
    pub handlers: Vec<Offer>,
    /// Tasks that it still holds, as in a heartbeat. What the hub believes
    /// it to hold beyond these is queued again at once.
    pub held: Vec<Held>,
    /// Plugins that crashed while it loaded them, and that it does not use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub crashed: Vec<Crash>,
}

/// Answer to [`Register`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Registered {
    /// Label of the system that the key belongs to.
    pub label: String,
    /// How long an attempt lives without a heartbeat, in seconds.
    pub lease_seconds: u64,
    /// Attempts that it named and no longer has.
    pub stop: Vec<Held>,
}

/// One attempt of one task.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub struct Held {
    /// The task's id.
    pub task: i64,
    /// Number of the attempt, from 1.
    pub attempt: i64,
}

/// `POST /system/claim`: asks for one task, and waits for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimRequest {
    /// Random text, new for every task: asked again with the same one, the
    /// hub gives the same task again.
    pub nonce: String,
    /// How long to wait, in seconds; at most [`LONGEST_WAIT`].
    pub wait: u64,
}

/// Answer to [`ClaimRequest`]: `{"claim": null}` when nothing came in time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Claim {
    /// The task's id.
    pub task_id: i64,
    /// Number of the attempt, from 1.
    pub attempt: i64,
    /// Secret that every write for this attempt carries.
    pub token: String,
    /// The stage that the hub has written down for its beginning; a worker
    /// need not say it again.
    pub stage: String,
    /// What is to be done.
    pub job: Job,
}

/// Name of the log that every attempt has: that of its build.
pub const BUILD_LOG: &str = "build.log";

impl Job {
    /// The stage that work on it begins with.
    pub fn first_stage(&self) -> &'static str {
        if self.url.is_empty() { "build" } else { "checkout" }
    }

    /// The plugins that it is done with, a line each, for people and programs.
    pub fn plugins(&self) -> String {
        let handlers = [("vcs", &self.vcs_handler), ("build", &self.build_handler)];
        let lines = handlers.into_iter().filter(|(_, handler)| !handler.label.is_empty());
        let line = |(kind, handler): (&str, &Handler)| {
            let Handler { label, plugin, version, digest, .. } = handler;
            format!("{kind} {label}: plugin {plugin} {version}, sha256 {digest}")
        };
        lines.map(line).collect::<Vec<_>>().join("\n")
    }
}

/// All that a worker needs to know of a task. Names are labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // They are the labels of what they are named after.
pub struct Job {
    pub project: String,
    pub package: String,
    pub package_branch: String,
    pub build: String,
    pub task: String,
    pub target: String,
    pub arch: String,
    pub distro: String,
    pub release: String,
    /// The package-branch's `build_prefix`.
    pub build_prefix: String,
    /// The target's `config`.
    pub target_config: String,
    /// How to build it.
    pub build_handler: Handler,
    /// How to fetch its source; without a URL there is nothing to fetch.
    pub vcs_handler: Handler,
    /// Where its source is; empty: built from nothing.
    pub url: String,
    /// Branch, tag or revision; empty: the default branch.
    pub vcs_branch: String,
    /// The revision that the build is of, by its full name; empty until the
    /// first of its tasks has found it out.
    pub revision: String,
    /// Repositories of earlier builds that this one may use.
    pub repositories: Vec<Repository>,
}

/// A repository that a tag keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Repository {
    /// The tag's label.
    pub tag: String,
    /// Path of its URL on the hub: `/repo/<project>/<tag>/<tag_path>/`.
    pub path: String,
}

/// A handler that a job wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Handler {
    /// Its label; empty: none.
    pub label: String,
    /// Plugin that provides it.
    pub plugin: String,
    /// Version of that plugin.
    pub version: String,
    /// SHA-256 of the plugin's file.
    pub digest: String,
    /// Text that the hub keeps for it.
    pub config: String,
}

/// `POST /system/heartbeat`: the attempts that the worker holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Heartbeat {
    /// All of them.
    pub held: Vec<Held>,
    /// How long the hub may hold back the answer until there is something to
    /// stop, in seconds, at most [`LONGEST_WAIT`]: a cancel then arrives at
    /// once. A connection that breaks before the answer means that the worker
    /// has died, unless it sends another heartbeat within a second.
    pub wait: u64,
}

/// Answer to [`Heartbeat`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HeartbeatReply {
    /// Attempts that must be stopped: cancelled, or no longer the worker's.
    /// A cancelled one is still to be completed, as [`Outcome::Stopped`].
    pub stop: Vec<Held>,
}

/// `POST /task/advance`: the stage that an attempt has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Advance {
    /// `checkout`, `build`, `upload`, or what the handler says of its progress.
    pub stage: String,
    /// Revision of the source, once it is known.
    pub revision: String,
    /// What keeps the handler from the rest of its host, once it is known.
    pub isolation: String,
}

/// Answer to [`Advance`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Advanced {
    /// The revision that the build is of, which is the first that one of its
    /// tasks said: all others build the same. Empty while none has.
    pub revision: String,
}

/// `POST /task/complete`: how an attempt ended. Nothing of it is left on the
/// worker's host. Said again with the same outcome it changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Complete {
    /// How it ended.
    pub outcome: Outcome,
    /// Why, in a sentence for people; empty for success.
    pub message: String,
    /// What kept the handlers from the rest of their host, as [`Advance`] says
    /// it: an attempt that ends soon says it only here.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub isolation: String,
    /// The plugin that crashed, if it was that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crash: Option<Crash>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is built.
    Success,
    /// It cannot be built as it is.
    #[default]
    Failure,
    /// The worker was told to stop it, and did.
    Stopped,
    /// The worker goes away, and gives it back unbuilt.
    HandedBack,
}

/// One event of `GET /util/events`; its id is the event's number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Event {
    /// Number of the event: grows by the order of commits.
    pub id: i64,
    /// When, UTC.
    pub date: String,
    /// Who did it: a user's, system's or daemon's name.
    pub actor: String,
    /// `create`, `update` or `delete`.
    pub verb: String,
    /// Key of the resource, such as `package_branch`.
    pub resource: String,
    /// The object's id.
    pub object: i64,
    /// The object's label.
    pub label: String,
    /// The object's project; empty where it has none.
    pub project_label: String,
    /// Label of the build, for builds and tasks.
    pub build_label: String,
    /// New values of what changed; secrets as `***`. A new file of a task is
    /// `added`: its kind, name and size.
    pub changes: serde_json::Map<String, serde_json::Value>,
}

/// One file in the answer of `GET /task/LABEL/list_files`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskFile {
    /// `file`, `source`, `log` or `config`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: i64,
    /// Its SHA-256; empty for a log, which may still grow.
    pub sha256: String,
    /// The attempt that made it.
    pub attempt: i64,
}

/// First frame from a child to its parent on the lifeline, once it is ready
/// to do its work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ready {
    /// Where the API is; only the hub says it.
    pub url: String,
    /// Label of the worker's system; only the worker says it.
    pub system: String,
}

/// First frame from a parent to its child on the lifeline; the hub's comes
/// with the listening socket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Start {
    /// Whether a listening socket comes with it.
    pub listener: bool,
}
