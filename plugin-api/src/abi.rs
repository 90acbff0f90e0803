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

use std::ffi::c_void;
use std::sync::Arc;

use abi_stable::abi_stability::abi_checking::check_layout_compatibility;
use abi_stable::library::{
    __call_root_module_loader, AbiHeaderRef, CheckTypeLayout, LibHeader, LibraryError, RootModule,
    RootModuleResult,
};
use abi_stable::marker_type::ErasedPrefix;
use abi_stable::prefix_type::{PrefixRef, PrefixRefTrait, PrefixTypeTrait};
use abi_stable::sabi_types::VersionStrings;
use abi_stable::std_types::{RBox, ROption, RSlice, RStr, RString, RVec};
use abi_stable::type_layout::TypeLayout;
use abi_stable::{StableAbi, declare_root_module_statics, sabi_trait};

use crate::export::{API_VERSION, Library};
use crate::{Host, guard};

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
}

/// What a plugin with VCS handlers gives.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = VcsFacetRef)))]
pub struct VcsFacet {
    #[sabi(last_prefix_field)]
    pub checkout: Entry,
}

// The plugin's side.

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

// The host's side.

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

/// A plugin that has been loaded.
pub struct Loaded {
    root: RootRef,
}

impl Loaded {
    /// Takes what was found under [`HEADER_SYMBOL`], and checks the root.
    ///
    /// # Errors
    /// The library was built for another plugin API, or its root fails.
    ///
    /// # Safety
    /// `header` is that symbol's address, in a library that is never unloaded.
    pub unsafe fn from_symbol(header: *const c_void) -> Result<Self, Refusal> {
        // SAFETY: the caller's promise; the reference is read only after its
        // magic has been compared, in `upgrade`.
        let header: AbiHeaderRef = unsafe { std::mem::transmute(header) };
        let header = header
            .upgrade()
            .map_err(|error| Refusal::new("it was built with another abi_stable", error))?;
        let theirs = header.version_strings();
        let major = |version: &str| version.split('.').next().unwrap_or_default().to_owned();
        if major(theirs.version.as_str()) != major(API_VERSION) {
            let sentence = format!(
                "it was built for plugin API {}, and this host speaks {API_VERSION}",
                theirs.version
            );
            return Err(Refusal::new(sentence, ""));
        }
        let layout = header
            .layout()
            .ok_or_else(|| Refusal::new("it was built without a layout to check", ""))?;
        compatible::<RootRef>("root", layout)?;
        // SAFETY: the layout has just been checked.
        let root = unsafe { header.unchecked_layout::<RootRef>() }
            .map_err(|error| Refusal::new("it fails when it is loaded", error))?;
        Ok(Self { root })
    }

    /// Checks that the plugin can be called for handlers of `kind`.
    ///
    /// # Errors
    /// It gives none, or its idea of the kind differs from this host's.
    pub fn check(&self, kind: &str) -> Result<(), Refusal> {
        match kind {
            "build" => self.facet::<BuildFacetRef>(kind).map(drop),
            "vcs" => self.facet::<VcsFacetRef>(kind).map(drop),
            _ => Err(Refusal::new(format!("this host does not know handlers of kind {kind}"), "")),
        }
    }

    /// Calls one handler; job and answer are JSON.
    ///
    /// # Errors
    /// As [`Loaded::check`].
    pub fn call(
        &self,
        kind: &str,
        label: &str,
        job: &[u8],
        host: Arc<dyn Host>,
    ) -> Result<Vec<u8>, Refusal> {
        let Entry(entry) = match kind {
            "build" => self.facet::<BuildFacetRef>(kind)?.build(),
            "vcs" => self.facet::<VcsFacetRef>(kind)?.checkout(),
            _ => return self.check(kind).map(|()| Vec::new()),
        };
        let host = HostAbi_TO::from_value(Inside(host), sabi_trait::TD_Opaque);
        Ok(entry(label.into(), job.into(), host).into_vec())
    }

    fn facet<M: PrefixRefTrait + StableAbi>(&self, kind: &str) -> Result<M, Refusal> {
        let facet = self.root.facet()(kind.into()).into_option();
        let facet = facet.ok_or_else(|| {
            Refusal::new(format!("its library knows nothing of {kind} handlers"), "")
        })?;
        compatible::<M>(kind, facet.layout)?;
        // SAFETY: the layout that travels beside the module was just checked.
        Ok(unsafe { M::from_prefix_ref(facet.module.cast::<M::PrefixFields>()) })
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
             (`mf-plugin-host check` shows the difference)"
        );
        Refusal::new(sentence, differs)
    })
}

/// The host, as it is handed to a plugin.
struct Inside(Arc<dyn Host>);

impl HostAbi for Inside {
    fn log(&self, line: RStr<'_>) {
        self.0.log(&line);
    }
    fn progress(&self, what: RStr<'_>) {
        self.0.progress(&what);
    }
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
    fn secret(&self, name: RStr<'_>) -> ROption<RString> {
        self.0.secret(&name).map(RString::from).into()
    }
    fn panicked(&self, report: RStr<'_>) {
        self.0.panicked(&report);
    }
}

impl From<LibraryError> for Refusal {
    fn from(error: LibraryError) -> Self {
        Self::new("it cannot be loaded", error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn export_names_the_header_as_abi_stable_does() {
        let exported = include_str!("export.rs");
        assert!(exported.contains(&format!("export_name = \"{}\"", super::HEADER_SYMBOL)));
    }
}
