//! A plugin of the year one.

use monkeyfarm_plugin_api::{
    BuildHandler, BuildJob, Built, Checkout, CheckoutJob, Context, Failure, VcsHandler,
};

struct Old;

impl BuildHandler for Old {
    fn build(&self, job: &BuildJob, cx: &Context) -> Result<Built, Failure> {
        cx.log(format!("building {} as ever", job.package));
        if job.package == "bad" {
            return Err(Failure::new("it was bad then"));
        }
        if job.package == "panic" {
            panic!("as ever");
        }
        Ok(Built::default())
    }
}

impl VcsHandler for Old {
    fn checkout(&self, job: &CheckoutJob, _: &Context) -> Result<Checkout, Failure> {
        Ok(Checkout { revision: format!("{} as ever", job.url) })
    }
}

monkeyfarm_plugin_api::export! {
    plugin: "frozen",
    version: "1.0.0",
    build: {
        /// Builds as ever.
        "old" => || Old,
    },
    vcs: {
        "old" => || Old,
    },
}
