//! The border between a host and a plugin: the only module that names
//! abi_stable.
//!
//! The root that a plugin exports is tiny and never changes; it leads to one
//! facet per kind of handler. Each facet's layout is checked on its own and in
//! either direction, so that a plugin that is newer in one kind and older in
//! another still works. Jobs and answers cross as JSON: they grow by fields
//! with defaults, which needs no new layout at all.
#![allow(missing_docs, non_local_definitions, non_camel_case_types, clippy::needless_lifetimes)]
#![allow(unused_qualifications)] // abi_stable's macros write whole paths.

#[cfg(test)]
mod headers;
mod host;
mod plugin;

use abi_stable::abi_stability::abi_checking::check_layout_compatibility;
use abi_stable::library::{LibHeader, RootModule};
use abi_stable::marker_type::ErasedPrefix;
use abi_stable::prefix_type::PrefixRef;
use abi_stable::sabi_types::VersionStrings;
use abi_stable::std_types::{RBox, ROption, RSlice, RStr, RString, RVec};
use abi_stable::type_layout::TypeLayout;
use abi_stable::{StableAbi, declare_root_module_statics, sabi_trait};

pub use host::{Call, Loaded};
pub use plugin::header;

use crate::export::API_VERSION;

/// What a plugin exports under [`HEADER_SYMBOL`].
pub type Header = LibHeader;

/// Name of the symbol that holds the [`Header`].
pub const HEADER_SYMBOL: &str = abi_stable::library::ROOT_MODULE_LOADER_NAME;

/// The host's side of a call, as it crosses the border.
#[sabi_trait]
pub trait HostAbi: Send + Sync {
    fn log(&self, line: RStr<'_>);
    fn progress(&self, what: RStr<'_>);
    fn cancelled(&self) -> bool;
    fn secret(&self, name: RStr<'_>) -> ROption<RString>;
    #[sabi(last_prefix_field)]
    fn panicked(&self, report: RStr<'_>);
}

type HostBox = HostAbi_TO<'static, RBox<()>>;

/// Where a call enters the plugin: label of the handler, job, and the host.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy)]
pub struct Entry(pub extern "C" fn(RStr<'_>, RSlice<'_, u8>, HostBox) -> RVec<u8>);

/// The hub, as a hook may ask it; question and answer are JSON. Since plugin
/// API 1.2.
#[sabi_trait]
pub trait HubAbi: Send + Sync {
    #[sabi(last_prefix_field)]
    fn ask(&self, ask: RSlice<'_, u8>) -> RVec<u8>;
}

type HubBox = HubAbi_TO<'static, RBox<()>>;

/// Where the run of a hook enters the plugin.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy)]
pub struct HookEntry(pub extern "C" fn(RStr<'_>, RSlice<'_, u8>, HostBox, HubBox) -> RVec<u8>);

/// All that a host may rely on in any plugin.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = RootRef)))]
pub struct Root {
    /// The facet for one kind of handler, by the kind's name.
    #[sabi(last_prefix_field)]
    pub facet: extern "C" fn(kind: RStr<'_>) -> ROption<Facet>,
}

impl RootModule for RootRef {
    declare_root_module_statics! {RootRef}
    const BASE_NAME: &'static str = "monkeyfarm_plugin";
    const NAME: &'static str = "monkeyfarm_plugin";
    const VERSION_STRINGS: VersionStrings = VersionStrings::new("1.0.0");
}

/// One kind's part of a plugin: its layout, and the part itself.
#[repr(C)]
#[derive(StableAbi)]
pub struct Facet {
    pub layout: &'static TypeLayout,
    pub module: PrefixRef<ErasedPrefix>,
}

/// What a plugin with build handlers gives.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = BuildFacetRef)))]
pub struct BuildFacet {
    #[sabi(last_prefix_field)]
    pub build: Entry,
    // Since plugin API 1.2.
    pub index: Entry,
    pub sweep: Entry,
}

/// What a plugin with VCS handlers gives.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = VcsFacetRef)))]
pub struct VcsFacet {
    #[sabi(last_prefix_field)]
    pub checkout: Entry,
    // Since plugin API 1.1.
    pub head: Entry,
    pub changes: Entry,
    // Since plugin API 1.2.
    pub heads: Entry,
}

/// What a plugin with regulator hooks gives. Since plugin API 1.2.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = HookFacetRef)))]
pub struct HookFacet {
    #[sabi(last_prefix_field)]
    pub run: HookEntry,
}

/// What a plugin says of the configuration of its handlers. Since plugin API
/// 1.2; the label is a handler's, and the job its kind.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = SchemaFacetRef)))]
pub struct SchemaFacet {
    #[sabi(last_prefix_field)]
    pub schemas: Entry,
}

/// What a plugin with bug handlers gives, since plugin API 1.2.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = BugFacetRef)))]
pub struct BugFacet {
    /// Does what the job says.
    #[sabi(last_prefix_field)]
    pub act: Entry,
}

/// Why a library cannot be used as a plugin.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// For people, in one sentence.
    pub sentence: String,
    /// What exactly differs, for who has to find out; it may be long.
    pub details: String,
}

impl Refusal {
    fn new(sentence: impl Into<String>, details: impl ToString) -> Self {
        Self { sentence: sentence.into(), details: details.to_string() }
    }
}

/// Whether the host's interface is a prefix of the plugin's, or the other way
/// round: either side may be the older one.
fn compatible<M: StableAbi>(part: &str, theirs: &'static TypeLayout) -> Result<(), Refusal> {
    let Err(differs) = check_layout_compatibility(M::LAYOUT, theirs) else { return Ok(()) };
    check_layout_compatibility(theirs, M::LAYOUT).map_err(|_| {
        let sentence = format!(
            "its {part} interface is laid out in another way than in this host's plugin API \
             {API_VERSION}; build it again with this host's monkeyfarm-plugin-api \
             (`mf-plugin-host check --load` shows the difference)"
        );
        Refusal::new(sentence, differs)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi_stable::prefix_type::PrefixTypeTrait;

    /// The same facet as a later minor version may have it.
    #[allow(dead_code)]
    mod newer {
        use super::*;

        #[repr(C)]
        #[derive(StableAbi)]
        #[sabi(kind(Prefix(prefix_ref = BuildFacetRef)))]
        pub struct BuildFacet {
            #[sabi(last_prefix_field)]
            pub build: Entry,
            pub index: Entry,
            pub sweep: Entry,
            pub estimate: Entry,
        }
    }

    /// What no version may make of it.
    #[allow(dead_code)]
    mod other {
        use super::*;

        #[repr(C)]
        #[derive(StableAbi)]
        #[sabi(kind(Prefix(prefix_ref = BuildFacetRef)))]
        pub struct BuildFacet {
            #[sabi(last_prefix_field)]
            pub build: extern "C" fn(RStr<'_>, HostBox) -> RVec<u8>,
        }
    }

    #[test]
    fn either_side_may_be_the_older_one() {
        let (old, new) = (BuildFacetRef::LAYOUT, newer::BuildFacetRef::LAYOUT);
        compatible::<BuildFacetRef>("build", old).unwrap();
        compatible::<BuildFacetRef>("build", new).unwrap();
        compatible::<newer::BuildFacetRef>("build", old).unwrap();
    }

    /// The VCS facet as plugin API 1.0 had it.
    #[allow(dead_code)]
    mod older {
        use super::*;

        #[repr(C)]
        #[derive(StableAbi)]
        #[sabi(kind(Prefix(prefix_ref = VcsFacetRef)))]
        pub struct VcsFacet {
            #[sabi(last_prefix_field)]
            pub checkout: Entry,
        }
    }

    extern "C" fn echo(label: RStr<'_>, _: RSlice<'_, u8>, _: HostBox) -> RVec<u8> {
        label.as_str().as_bytes().into()
    }

    extern "C" fn older_facet(_: RStr<'_>) -> ROption<Facet> {
        plugin::erase(older::VcsFacet { checkout: Entry(echo) }.leak_into_prefix())
    }

    #[test]
    fn an_older_plugin_does_what_it_can_and_is_told_apart_for_the_rest() {
        let root = Root { facet: older_facet }.leak_into_prefix();
        let plugin = Loaded::from_root(root);
        let farm = std::sync::Arc::new(crate::kit::Recorder::new());
        let call = |what| plugin.call(what, "git", b"{}", farm.clone());
        plugin.check("vcs").unwrap();
        assert_eq!(call(Call::Checkout).unwrap(), b"git");
        for what in [Call::Head, Call::Changes] {
            let refusal = call(what).unwrap_err();
            let sentence = "it is older than plugin API 1.1 and cannot be asked for ";
            assert!(refusal.sentence.starts_with(sentence), "{}", refusal.sentence);
        }
        assert!(plugin.knows(Call::Checkout) && !plugin.knows(Call::Heads));
    }

    /// The build facet as plugin API 1.1 had it.
    #[allow(dead_code)]
    mod elder {
        use super::*;

        #[repr(C)]
        #[derive(StableAbi)]
        #[sabi(kind(Prefix(prefix_ref = BuildFacetRef)))]
        pub struct BuildFacet {
            #[sabi(last_prefix_field)]
            pub build: Entry,
        }
    }

    extern "C" fn elder_facet(_: RStr<'_>) -> ROption<Facet> {
        plugin::erase(elder::BuildFacet { build: Entry(echo) }.leak_into_prefix())
    }

    #[test]
    fn a_plugin_that_knows_no_index_still_builds() {
        let plugin = Loaded::from_root(Root { facet: elder_facet }.leak_into_prefix());
        let farm = std::sync::Arc::new(crate::kit::Recorder::new());
        plugin.check("build").unwrap();
        assert_eq!(plugin.call(Call::Build, "rpm", b"{}", farm.clone()).unwrap(), b"rpm");
        let refusal = plugin.call(Call::Index, "rpm", b"{}", farm).unwrap_err();
        let sentence = "it is older than plugin API 1.2 and cannot be asked for the index";
        assert!(refusal.sentence.starts_with(sentence), "{}", refusal.sentence);
    }

    #[test]
    fn another_layout_is_refused_with_a_sentence_and_the_difference() {
        let refusal =
            compatible::<BuildFacetRef>("build", other::BuildFacetRef::LAYOUT).unwrap_err();
        assert!(refusal.sentence.starts_with("its build interface is laid out in another way"));
        assert!(refusal.sentence.len() < 250, "{}", refusal.sentence);
        assert!(refusal.details.contains("build"), "{}", refusal.details);
        assert!(compatible::<RootRef>("root", BuildFacetRef::LAYOUT).is_err());
    }

    #[test]
    fn the_crate_has_the_version_of_the_api() {
        // abi_stable refuses layouts of another major version of their crate.
        assert_eq!(env!("CARGO_PKG_VERSION"), format!("{API_VERSION}.0"));
    }

    #[test]
    fn export_names_the_header_as_abi_stable_does() {
        let exported = include_str!("export.rs");
        assert!(exported.contains(&format!("export_name = \"{}\"", super::HEADER_SYMBOL)));
    }
}
