//! The plugin's side of the border: what `export!` leads to.

use std::sync::Arc;

use abi_stable::StableAbi;
use abi_stable::library::{
    __call_root_module_loader, CheckTypeLayout, LibHeader, RootModuleResult,
};
use abi_stable::marker_type::ErasedPrefix;
use abi_stable::prefix_type::{PrefixRefTrait, PrefixTypeTrait};
use abi_stable::std_types::{ROption, RSlice, RStr, RString, RVec};

use serde_json::Value;

use super::{
    BugFacet, BuildFacet, Entry, Facet, Header, HookEntry, HookFacet, HostBox, HubBox, Root,
    RootRef, SchemaFacet, VcsFacet,
};
use crate::export::Library;
use crate::farm::{Ask, Farm, Hub};
use crate::{BugJob, ChangesJob, Failure, Host, guard};

/// The header of the library `L`.
pub const fn header<L: Library>() -> Header {
    // SAFETY: `construct` makes a `RootRef`, which is what it is said to make.
    unsafe { LibHeader::from_constructor::<RootRef>(construct::<L>, CheckTypeLayout::Yes) }
}

extern "C" fn construct<L: Library>() -> RootModuleResult {
    __call_root_module_loader(|| Root { facet: facet::<L> }.leak_into_prefix())
}

extern "C" fn facet<L: Library>(kind: RStr<'_>) -> ROption<Facet> {
    match kind.as_str() {
        "build" => erase(build_facet::<L>().leak_into_prefix()),
        "vcs" => erase(vcs_facet::<L>().leak_into_prefix()),
        "hook" => erase(HookFacet { run: HookEntry(hook::<L>) }.leak_into_prefix()),
        "bug" => erase(BugFacet { act: Entry(act::<L>) }.leak_into_prefix()),
        "schema" => erase(SchemaFacet { schemas: Entry(schemas::<L>) }.leak_into_prefix()),
        _ => ROption::RNone,
    }
}

pub(super) fn erase<M: PrefixRefTrait + StableAbi>(module: M) -> ROption<Facet> {
    // SAFETY: every pointer to a prefix type may be held erased; it is only
    // read again as the type whose layout travels beside it.
    let module = unsafe { module.to_prefix_ref().cast::<ErasedPrefix>() };
    ROption::RSome(Facet { layout: M::LAYOUT, module })
}

extern "C" fn build<L: Library>(label: RStr<'_>, job: RSlice<'_, u8>, host: HostBox) -> RVec<u8> {
    guard::enter(&label, &job, Arc::new(Outside(host)), |job, cx| {
        L::build(&label).map(|handler| handler.build(job, cx))
    })
    .into()
}

extern "C" fn index<L: Library>(label: RStr<'_>, job: RSlice<'_, u8>, host: HostBox) -> RVec<u8> {
    guard::enter(&label, &job, Arc::new(Outside(host)), |job, cx| {
        L::build(&label).map(|handler| handler.index(job, cx))
    })
    .into()
}

extern "C" fn sweep<L: Library>(label: RStr<'_>, job: RSlice<'_, u8>, host: HostBox) -> RVec<u8> {
    guard::enter(&label, &job, Arc::new(Outside(host)), |job, cx| {
        L::build(&label).map(|handler| handler.sweep(job, cx))
    })
    .into()
}

extern "C" fn checkout<L: Library>(
    label: RStr<'_>,
    job: RSlice<'_, u8>,
    host: HostBox,
) -> RVec<u8> {
    guard::enter(&label, &job, Arc::new(Outside(host)), |job, cx| {
        L::vcs(&label).map(|handler| handler.checkout(job, cx))
    })
    .into()
}

extern "C" fn head<L: Library>(label: RStr<'_>, job: RSlice<'_, u8>, host: HostBox) -> RVec<u8> {
    guard::enter(&label, &job, Arc::new(Outside(host)), |job, cx| {
        L::vcs(&label).map(|handler| handler.head(job, cx))
    })
    .into()
}

extern "C" fn heads<L: Library>(label: RStr<'_>, job: RSlice<'_, u8>, host: HostBox) -> RVec<u8> {
    guard::enter(&label, &job, Arc::new(Outside(host)), |job, cx| {
        L::vcs(&label).map(|handler| handler.heads(job, cx))
    })
    .into()
}

extern "C" fn changes<L: Library>(label: RStr<'_>, job: RSlice<'_, u8>, host: HostBox) -> RVec<u8> {
    guard::enter(&label, &job, Arc::new(Outside(host)), |job: &ChangesJob, cx| {
        let changes = L::vcs(&label).map(|handler| handler.changes(job, cx));
        changes.map(|changes| changes.map(|changes| changes.within(job.limit())))
    })
    .into()
}

extern "C" fn hook<L: Library>(
    label: RStr<'_>,
    job: RSlice<'_, u8>,
    host: HostBox,
    hub: HubBox,
) -> RVec<u8> {
    let farm = Farm::new(Box::new(OutsideHub(hub)));
    guard::enter(&label, &job, Arc::new(Outside(host)), |job, cx| {
        L::hook(&label).map(|hook| hook.run(job, &farm, cx))
    })
    .into()
}

extern "C" fn act<L: Library>(label: RStr<'_>, job: RSlice<'_, u8>, host: HostBox) -> RVec<u8> {
    guard::enter(&label, &job, Arc::new(Outside(host)), |job: &BugJob, cx| {
        L::bug(&label).map(|handler| job.run(&*handler, cx))
    })
    .into()
}

extern "C" fn schemas<L: Library>(label: RStr<'_>, job: RSlice<'_, u8>, host: HostBox) -> RVec<u8> {
    guard::enter(&label, &job, Arc::new(Outside(host)), |kind: &String, _| {
        L::schemas(kind, &label).map(Ok)
    })
    .into()
}

fn build_facet<L: Library>() -> BuildFacet {
    BuildFacet { build: Entry(build::<L>), index: Entry(index::<L>), sweep: Entry(sweep::<L>) }
}

fn vcs_facet<L: Library>() -> VcsFacet {
    VcsFacet {
        checkout: Entry(checkout::<L>),
        head: Entry(head::<L>),
        changes: Entry(changes::<L>),
        heads: Entry(heads::<L>),
    }
}

/// The hub, as seen from within a plugin.
struct OutsideHub(HubBox);

impl Hub for OutsideHub {
    fn ask(&self, ask: &Ask) -> Result<Value, Failure> {
        let wrong = |what: &str, error| Failure::new(format!("{what}: {error}"));
        let ask = serde_json::to_vec(ask).map_err(|e| wrong("the question is no JSON", e))?;
        let answer = self.0.ask(ask.as_slice().into());
        let answer: Result<Value, Failure> = serde_json::from_slice(&answer)
            .map_err(|e| wrong("the hub's answer cannot be understood", e))?;
        answer
    }
}

/// The host, as seen from within a plugin.
struct Outside(HostBox);

impl Host for Outside {
    fn log(&self, line: &str) {
        self.0.log(line.into());
    }
    fn progress(&self, what: &str) {
        self.0.progress(what.into());
    }
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
    fn secret(&self, name: &str) -> Option<String> {
        self.0.secret(name.into()).map(RString::into_string).into_option()
    }
    fn panicked(&self, report: &str) {
        self.0.panicked(report.into());
    }
}
