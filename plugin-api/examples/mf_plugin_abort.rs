//! Dies before it can be asked anything: in a constructor, which the loader
//! runs. Only a process of its own contains that.

use monkeyfarm_plugin_api::{Checkout, CheckoutJob, Context, Failure, VcsHandler};

struct Never;

impl VcsHandler for Never {
    fn checkout(&self, _: &CheckoutJob, _: &Context) -> Result<Checkout, Failure> {
        Err(Failure::new("nobody comes this far"))
    }
}

extern "C" fn construct() {
    std::process::abort();
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = construct;

monkeyfarm_plugin_api::export! {
    plugin: "abort",
    version: "1",
    vcs: { "abort" => || Never },
}
