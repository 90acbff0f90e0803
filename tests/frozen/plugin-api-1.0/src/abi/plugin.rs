//! The plugin's side of the border: what `export!` leads to.

use std::sync::Arc;

use abi_stable::StableAbi;
use abi_stable::library::{
    __call_root_module_loader, CheckTypeLayout, LibHeader, RootModuleResult,
};
use abi_stable::marker_type::ErasedPrefix;
use abi_stable::prefix_type::{PrefixRefTrait, PrefixTypeTrait};
use abi_stable::std_types::{ROption, RSlice, RStr, RString, RVec};

use super::{BuildFacet, Entry, Facet, Header, HostBox, Root, RootRef, VcsFacet};
use crate::export::Library;
use crate::{Host, guard};

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
        "build" => erase(BuildFacet { build: Entry(build::<L>) }.leak_into_prefix()),
        "vcs" => erase(VcsFacet { checkout: Entry(checkout::<L>) }.leak_into_prefix()),
        _ => ROption::RNone,
    }
}

fn erase<M: PrefixRefTrait + StableAbi>(module: M) -> ROption<Facet> {
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
