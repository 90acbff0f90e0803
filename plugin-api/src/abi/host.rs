//! The host's side of the border: checks what a plugin exports, and calls it.

use std::ffi::c_void;
use std::sync::Arc;

use abi_stable::library::AbiHeaderRef;
use abi_stable::prefix_type::PrefixRefTrait;
use abi_stable::std_types::{ROption, RSlice, RStr, RString, RVec};
use abi_stable::{StableAbi, sabi_trait};

use serde_json::Value;

use super::{
    BugFacetRef, BuildFacetRef, Entry, HookEntry, HookFacetRef, HostAbi, HostAbi_TO, HubAbi,
    HubAbi_TO, Refusal, RootRef, SchemaFacetRef, VcsFacetRef, compatible,
};
use crate::export::API_VERSION;
use crate::farm::{Ask, Hub};
use crate::{Failure, Host};

/// What a handler can be called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Build,
    Index,
    Sweep,
    Checkout,
    Head,
    Heads,
    Changes,
    Bug,
}

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
                "it was built for plugin API {}, and this host speaks {API_VERSION}; get the \
                 plugin for this version of MonkeyFarm",
                theirs.version
            );
            return Err(Refusal::new(sentence, ""));
        }
        let layout = header.layout().ok_or_else(|| {
            let sentence = format!(
                "it was built without a description of its interface, which a host of plugin API \
                 {API_VERSION} checks; build it with monkeyfarm-plugin-api's export!"
            );
            Refusal::new(sentence, "")
        })?;
        compatible::<RootRef>("root", layout)?;
        // SAFETY: the layout has just been checked.
        let root = unsafe { header.unchecked_layout::<RootRef>() }
            .map_err(|error| Refusal::new("it fails when it is loaded", error))?;
        Ok(Self { root })
    }

    /// A plugin whose root is at hand.
    #[cfg(test)]
    pub(super) fn from_root(root: RootRef) -> Self {
        Self { root }
    }

    /// Checks that the plugin can be called for handlers of `kind`.
    ///
    /// # Errors
    /// It gives none, or its idea of the kind differs from this host's.
    pub fn check(&self, kind: &str) -> Result<(), Refusal> {
        match kind {
            "build" => self.facet::<BuildFacetRef>(kind).map(drop),
            "vcs" => self.facet::<VcsFacetRef>(kind).map(drop),
            "bug" => self.facet::<BugFacetRef>(kind).map(drop),
            "hook" => self.facet::<HookFacetRef>(kind).map(drop),
            _ => Err(Refusal::new(format!("this host does not know handlers of kind {kind}"), "")),
        }
    }

    /// Whether the plugin is not older than a call.
    pub fn knows(&self, call: Call) -> bool {
        self.entry(call).is_ok()
    }

    /// Calls one handler; job and answer are JSON.
    ///
    /// # Errors
    /// As [`Loaded::check`], and when the plugin is older than the call.
    pub fn call(
        &self,
        call: Call,
        label: &str,
        job: &[u8],
        host: Arc<dyn Host>,
    ) -> Result<Vec<u8>, Refusal> {
        let Entry(entry) = self.entry(call)?;
        let host = HostAbi_TO::from_value(Inside(host), sabi_trait::TD_Opaque);
        Ok(entry(label.into(), job.into(), host).into_vec())
    }

    /// Runs one hook, which may ask `hub`; job and answer are JSON.
    ///
    /// # Errors
    /// As [`Loaded::check`].
    pub fn run_hook(
        &self,
        label: &str,
        job: &[u8],
        host: Arc<dyn Host>,
        hub: Arc<dyn Hub>,
    ) -> Result<Vec<u8>, Refusal> {
        let HookEntry(entry) = self.facet::<HookFacetRef>("hook")?.run();
        let host = HostAbi_TO::from_value(Inside(host), sabi_trait::TD_Opaque);
        let hub = HubAbi_TO::from_value(InsideHub(hub), sabi_trait::TD_Opaque);
        Ok(entry(label.into(), job.into(), host, hub).into_vec())
    }

    /// Asks what the configuration of one handler may hold; the answer is
    /// JSON, and there is none from a plugin older than plugin API 1.2.
    ///
    /// # Errors
    /// The plugin's idea of the question differs from this host's.
    pub fn schemas(
        &self,
        kind: &str,
        label: &str,
        host: Arc<dyn Host>,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        if self.root.facet()("schema".into()).is_none() {
            return Ok(None);
        }
        let Entry(entry) = self.facet::<SchemaFacetRef>("schema")?.schemas();
        let host = HostAbi_TO::from_value(Inside(host), sabi_trait::TD_Opaque);
        // The name of a kind is plain letters.
        let kind = format!("\"{kind}\"");
        Ok(Some(entry(label.into(), kind.as_bytes().into(), host).into_vec()))
    }

    fn entry(&self, call: Call) -> Result<Entry, Refusal> {
        let vcs = || self.facet::<VcsFacetRef>("vcs");
        let build = || self.facet::<BuildFacetRef>("build");
        // What was there from the start is there; what came later may not be.
        let (entry, name, since) = match call {
            Call::Build => return Ok(build()?.build()),
            Call::Index => (build()?.index(), "the index of a repository", "1.2"),
            Call::Sweep => (build()?.sweep(), "what builds have left", "1.2"),
            Call::Checkout => return Ok(vcs()?.checkout()),
            Call::Bug => return Ok(self.facet::<BugFacetRef>("bug")?.act()),
            Call::Head => (vcs()?.head(), "the head of a branch", "1.1"),
            Call::Heads => (vcs()?.heads(), "the heads of several branches", "1.2"),
            Call::Changes => (vcs()?.changes(), "what has changed", "1.1"),
        };
        entry.ok_or_else(|| {
            let sentence = format!(
                "it is older than plugin API {since} and cannot be asked for {name}; \
                 get a newer version of it"
            );
            Refusal::new(sentence, "")
        })
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

/// The hub, as it is handed to a hook.
struct InsideHub(Arc<dyn Hub>);

impl HubAbi for InsideHub {
    fn ask(&self, ask: RSlice<'_, u8>) -> RVec<u8> {
        let answer: Result<Value, Failure> = match serde_json::from_slice::<Ask>(&ask) {
            Ok(ask) => self.0.ask(&ask),
            Err(error) => {
                let told = "this host does not know what the hook asks for, or is older than it";
                Err(Failure::new(format!("{told}: {error}")))
            }
        };
        // Values and sentences are JSON by themselves.
        serde_json::to_vec(&answer).unwrap_or_default().into()
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
