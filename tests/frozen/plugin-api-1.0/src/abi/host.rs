//! The host's side of the border: checks what a plugin exports, and calls it.

use std::ffi::c_void;
use std::sync::Arc;

use abi_stable::library::AbiHeaderRef;
use abi_stable::prefix_type::PrefixRefTrait;
use abi_stable::std_types::{ROption, RStr, RString};
use abi_stable::{StableAbi, sabi_trait};

use super::{BuildFacetRef, Entry, HostAbi, HostAbi_TO, Refusal, RootRef, VcsFacetRef, compatible};
use crate::Host;
use crate::export::API_VERSION;

/// A plugin that has been loaded.
pub struct Loaded {
    root: RootRef,
}

impl Loaded {
    /// Takes what was found under [`HEADER_SYMBOL`](super::HEADER_SYMBOL), and checks the root.
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
