//! Headers that no `export!` makes, and what is said of them.

#![allow(dead_code, reason = "of a root that is refused, only the layout is looked at")]

use abi_stable::library::{
    __call_root_module_loader, CheckTypeLayout, LibHeader, RootModule, RootModuleResult,
};
use abi_stable::prefix_type::PrefixTypeTrait;
use abi_stable::sabi_types::VersionStrings;
use abi_stable::std_types::{ROption, RStr};
use abi_stable::{StableAbi, declare_root_module_statics};

use super::{Facet, Header, Loaded, Root, RootRef};

extern "C" fn nothing(_: RStr<'_>) -> ROption<Facet> {
    ROption::RNone
}

extern "C" fn root() -> RootModuleResult {
    __call_root_module_loader(|| Root { facet: nothing }.leak_into_prefix())
}

/// What is said of a header.
fn refusal(header: &'static Header) -> String {
    let address = std::ptr::from_ref(header).cast();
    // SAFETY: it is a header of this very program, which stays.
    unsafe { Loaded::from_symbol(address) }.err().map_or_else(String::new, |why| why.sentence)
}

// SAFETY: `root` makes a `RootRef`.
static UNDESCRIBED: Header =
    unsafe { LibHeader::from_constructor::<RootRef>(root, CheckTypeLayout::No) };
// SAFETY: the same.
static DESCRIBED: Header =
    unsafe { LibHeader::from_constructor::<RootRef>(root, CheckTypeLayout::Yes) };

#[test]
fn who_hides_the_layout_of_an_interface_is_not_called() {
    assert_eq!(refusal(&DESCRIBED), "");
    let said = refusal(&UNDESCRIBED);
    assert!(said.starts_with("it was built without a description of its interface"), "{said}");
}

/// The root as another major version may have it.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = LaterRef)))]
pub struct Later {
    #[sabi(last_prefix_field)]
    pub facet: extern "C" fn(kind: RStr<'_>) -> ROption<Facet>,
}

impl RootModule for LaterRef {
    declare_root_module_statics! {LaterRef}
    const BASE_NAME: &'static str = "monkeyfarm_plugin";
    const NAME: &'static str = "monkeyfarm_plugin";
    const VERSION_STRINGS: VersionStrings = VersionStrings::new("2.0.0");
}

extern "C" fn later() -> RootModuleResult {
    __call_root_module_loader(|| Later { facet: nothing }.leak_into_prefix())
}

// SAFETY: `later` makes a `LaterRef`.
static LATER: Header =
    unsafe { LibHeader::from_constructor::<LaterRef>(later, CheckTypeLayout::Yes) };

#[test]
fn another_major_version_is_refused_with_both_and_what_to_do() {
    let said = refusal(&LATER);
    assert!(
        said.starts_with("it was built for plugin API 2.0.0, and this host speaks 1."),
        "{said}"
    );
    assert!(said.ends_with("get the plugin for this version of MonkeyFarm"), "{said}");
}
