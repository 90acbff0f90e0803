//! A plugin that dies in the middle of a build: what a farm must survive.

use monkeyfarm_plugin_api::{BuildHandler, BuildJob, Built, Context, Failure};

#[derive(Default)]
struct Crash;

impl BuildHandler for Crash {
    fn build(&self, job: &BuildJob, cx: &Context) -> Result<Built, Failure> {
        cx.log(format!("about to read address zero for {}", job.task));
        // SAFETY: none: to die of it is what this plugin is for.
        let nothing = unsafe { std::hint::black_box(std::ptr::null::<u8>()).read_volatile() };
        Err(Failure::new(format!("address zero holds {nothing}")))
    }
}

monkeyfarm_plugin_api::export! {
    plugin: "crash",
    version: env!("CARGO_PKG_VERSION"),
    build: {
        /// Dies by SIGSEGV in every build.
        "crash" => Crash::default,
    },
}
