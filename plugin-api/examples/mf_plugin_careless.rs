//! A plugin that does wrong what the farm relies on, each in a way of its own:
//! `mf plugin test` must find all of it.

use std::fs;
use std::process::Command;
use std::time::Duration;

use monkeyfarm_plugin_api::{Bug, BugHandler, BugJob, Schemas, SweepJob, Swept};
use monkeyfarm_plugin_api::{BuildHandler, BuildJob, Built, Context, Failure, IndexJob, Indexed};
use monkeyfarm_plugin_api::{
    Changes, ChangesJob, Checkout, CheckoutJob, Head, Heads, HeadsJob, Source, VcsHandler,
};

/// Has a shell read what anybody wrote.
struct Shell;

impl BuildHandler for Shell {
    fn build(&self, job: &BuildJob, cx: &Context) -> Result<Built, Failure> {
        let line = format!("echo building {}", job.package);
        Command::new("sh").args(["-c", &line]).status().map_err(Failure::io("cannot run sh"))?;
        // Hears that it is to stop, and does not care.
        while cx.check().is_err() {
            std::thread::sleep(Duration::from_secs(1000));
        }
        Ok(Built::default())
    }

    /// Writes where the farm's own files are.
    fn index(&self, job: &IndexJob, _: &Context) -> Result<Indexed, Failure> {
        for file in &job.files {
            let path = job.files_dir.join(&file.name);
            fs::write(path, "signed").map_err(Failure::io("cannot sign"))?;
        }
        Ok(Indexed {})
    }

    /// Removes whatever it finds.
    fn sweep(&self, job: &SweepJob, _: &Context) -> Result<Swept, Failure> {
        let all = fs::read_dir(&job.cache_dir).map_err(Failure::io("cannot look"))?;
        for path in all.flatten().filter_map(|left| left.path().canonicalize().ok()) {
            let _ = fs::remove_dir_all(path);
        }
        Err(Failure::new("there is always something left"))
    }

    /// Declares what it does not read, and what nobody reads.
    fn schemas() -> Schemas {
        let schema = serde_json::json!({ "type": "object", "additionalProperties": false,
            "properties": { "word": { "type": "string", "pattern": "(?=x)", "minlength": 1 } } });
        Schemas { local: Some(schema.clone()), handler: Some(schema), target: None }
    }
}

/// Says another thing each time.
struct Fickle;

impl VcsHandler for Fickle {
    fn checkout(&self, job: &CheckoutJob, _: &Context) -> Result<Checkout, Failure> {
        let once = job.cache_dir.join("once");
        let revision = if once.exists() { "2" } else { "1" };
        fs::write(once, "").map_err(Failure::io("cannot write into the cache"))?;
        Ok(Checkout { revision: revision.into() })
    }

    fn head(&self, _: &Source, _: &Context) -> Result<Head, Failure> {
        Ok(Head { revision: "3".into() })
    }

    /// However many are asked for.
    fn heads(&self, _: &HeadsJob, _: &Context) -> Result<Heads, Failure> {
        Ok(Heads { heads: vec![Ok(Head { revision: "3".into() })] })
    }

    fn changes(&self, _: &ChangesJob, _: &Context) -> Result<Changes, Failure> {
        Ok(Changes { rewritten: true, ..Changes::default() })
    }
}

/// Panics at what it did not expect.
struct Brittle;

impl BugHandler for Brittle {
    fn show(&self, job: &BugJob, _: &Context) -> Result<Bug, Failure> {
        let number: u32 = job.bug.parse().expect("a bug is a number");
        Ok(Bug { title: format!("bug {number}"), ..Bug::default() })
    }
}

monkeyfarm_plugin_api::export! {
    plugin: "careless",
    version: "1",
    build: { "shell" => || Shell },
    vcs: { "fickle" => || Fickle },
    bug: { "brittle" => || Brittle },
}
