//! Calls a handler against its stand-in.

use monkeyfarm_plugin_api::kit::Recorder;
use monkeyfarm_plugin_api::{Bug, BugAction, BugJob, Failure, LocalConfig};
use serde_json::json;

use super::World;

/// A handler and what it is called with.
pub struct Bench<'a> {
    world: &'a dyn World,
    /// Who hears what the handler says.
    pub farm: Recorder,
    /// What the host says to the plugin.
    pub local: serde_json::Value,
    /// What the hub keeps for the handler.
    pub config: String,
}

impl<'a> Bench<'a> {
    /// With the right key.
    pub fn new(world: &'a dyn World) -> Self {
        let (_, key) = world.key();
        Self::with_key(world, &key)
    }

    /// With this key.
    pub fn with_key(world: &'a dyn World, key: &str) -> Self {
        let farm = Recorder::new().with_secret(world.key().0, key);
        let local = json!({ "url": world.server().url() });
        Self { world, farm, local, config: world.config() }
    }

    /// Has the handler do something, with a comment under that marker.
    pub fn run(&self, action: BugAction, bug: &str, marker: &str) -> Result<Bug, Failure> {
        let comment = match action {
            BugAction::Show => String::new(),
            _ => "Build b1 of package p was tagged stable in project demo.".to_owned(),
        };
        let job = BugJob {
            action,
            bug: bug.to_owned(),
            comment,
            marker: marker.to_owned(),
            project: "demo".into(),
            package: "p".into(),
            build: "b1".into(),
            build_url: "https://farm.test/build/b1".into(),
            tag: "stable".into(),
            handler_config: self.config.clone(),
            local_config: LocalConfig::new("plugins.d/tracker.toml", self.local.clone()),
        };
        job.run(&*self.world.handler(), &self.farm.context())
    }

    /// The same, where nothing but success is expected.
    pub fn done(&self, action: BugAction, bug: &str, marker: &str) -> Bug {
        self.run(action, bug, marker).unwrap_or_else(|failure| panic!("{action:?}: {failure}"))
    }

    /// The same, where it is to fail.
    pub fn failed(&self, action: BugAction, bug: &str, marker: &str) -> Failure {
        self.run(action, bug, marker).expect_err("it should have failed")
    }
}
