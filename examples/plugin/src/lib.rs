//! Two handlers of two kinds from one library.

use std::fs;

use monkeyfarm_plugin_api::schemars::JsonSchema;
use monkeyfarm_plugin_api::{BuildHandler, BuildJob, Built, Context, Failure, Schemas};
use monkeyfarm_plugin_api::{Farm, Hook, HookJob, Hooked};
use serde::Deserialize;

/// What a host's administrator may say, in `plugins.d/shout.toml`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
struct Config {
    /// What is put behind each text.
    mark: String,
}

/// Writes every `.txt` file of the source in capitals.
#[derive(Default)]
struct Shout;

impl BuildHandler for Shout {
    fn build(&self, job: &BuildJob, cx: &Context) -> Result<Built, Failure> {
        let config: Config = job.local_config.read()?;
        let reading = || Failure::io("cannot read the source");
        for entry in fs::read_dir(&job.source_dir).map_err(reading())? {
            cx.check()?;
            let path = entry.map_err(reading())?.path();
            let Some(name) = path.file_name().filter(|_| path.extension().is_some_and(|e| e == "txt"))
            else {
                continue;
            };
            let text = fs::read_to_string(&path).map_err(reading())?;
            cx.log(format!("shouting {}", name.display()));
            let text = format!("{}{}\n", text.trim_end().to_uppercase(), config.mark);
            fs::write(job.result_dir.join(name), text).map_err(Failure::io("cannot write"))?;
        }
        Ok(Built::default())
    }

    fn schemas() -> Schemas {
        Schemas::default().local::<Config>()
    }
}

/// Counts the farm's packages, and warns of a farm that has none.
#[derive(Default)]
struct Count;

impl Hook for Count {
    fn run(&self, job: &HookJob, farm: &Farm, cx: &Context) -> Result<Hooked, Failure> {
        let packages = farm.get_all("package", &[("limit", "50")])?.len();
        if job.memory::<Option<usize>>() != Some(packages) {
            cx.log(format!("the farm has {packages} packages"));
        }
        let warnings = if packages == 0 { vec!["nothing to shout".into()] } else { Vec::new() };
        Ok(Hooked { memory: packages.into(), warnings })
    }
}

monkeyfarm_plugin_api::export! {
    plugin: "shout",
    version: env!("CARGO_PKG_VERSION"),
    build: {
        /// Writes the source's texts in capitals.
        "shout" => Shout::default,
    },
    hook: {
        /// Counts the farm's packages.
        "count" => Count::default,
    },
}
