//! `export!`: what makes a library a plugin.
//!
//! A plugin exports two symbols: a header through which the host reaches its
//! handlers, and a few bytes of JSON that say what it is. The host reads the
//! bytes out of the file, before any of its code runs.

mod meta;

#[doc(hidden)]
pub use meta::{Handler, Meta};

use crate::{BuildHandler, VcsHandler};

/// Name of the symbol that holds the metadata bytes.
pub const META_SYMBOL: &str = "monkeyfarm_plugin_meta";

/// What the metadata bytes start with; the rest is JSON. The last byte is the
/// version of this format.
pub const META_MAGIC: &[u8] = b"MFPLUGIN\x01";

/// The version of the plugin API, `major.minor`, that this crate speaks. A
/// plugin and a host of the same major version understand one another,
/// whichever of them is older.
pub const API_VERSION: &str = "1.0";

/// Makes a library a plugin: names it, and says which handlers it gives.
///
/// One library may give several handlers of several kinds (`build`, `vcs`).
/// Each is a label, as it will be registered on the hub, and a function that
/// makes the handler; it is called once for every call of the handler. A
/// documentation comment above a label is what people read about it.
///
/// ```
/// use monkeyfarm_plugin_api::{BuildHandler, BuildJob, Built, Context, Failure};
///
/// #[derive(Default)]
/// struct Hello;
///
/// impl BuildHandler for Hello {
///     fn build(&self, job: &BuildJob, cx: &Context) -> Result<Built, Failure> {
///         cx.log(format!("hello {}", job.package));
///         Ok(Built::default())
///     }
/// }
///
/// monkeyfarm_plugin_api::export! {
///     plugin: "hello",
///     version: env!("CARGO_PKG_VERSION"),
///     build: {
///         /// Greets the package and succeeds.
///         "hello" => Hello::default,
///     },
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! export {
    (
        plugin: $id:expr,
        version: $version:expr
        $(, $kind:ident: {
            $( $(#[doc = $about:expr])* $label:literal => $make:expr ),* $(,)?
        } )*
        $(,)?
    ) => {
        const _: () = {
            struct Exported;

            impl $crate::export::Library for Exported {
                $( $crate::__export_kind! { $kind { $( $label => $make, )* } } )*
            }

            const META: $crate::export::Meta<'static> = $crate::export::Meta {
                id: $id,
                version: $version,
                unwinds: cfg!(panic = "unwind"),
                handlers: &[ $( $( $crate::export::Handler {
                    kind: ::core::stringify!($kind),
                    label: $label,
                    about: &[ $( $about ),* ],
                }, )* )* ],
            };

            #[unsafe(no_mangle)]
            #[allow(non_upper_case_globals)]
            static monkeyfarm_plugin_meta: [u8; META.length()] = META.bytes();

            // The name that abi_stable gives its header: a test holds the two together.
            #[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
            static HEADER: $crate::abi::Header = $crate::abi::header::<Exported>();
        };
    };
}

/// The method of [`Library`](export::Library) that makes one kind's handlers.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_kind {
    (build { $( $label:literal => $make:expr, )* }) => {
        fn build(label: &str) -> Option<Box<dyn $crate::BuildHandler>> {
            match label {
                $( $label => Some(Box::new(($make)())), )*
                _ => None,
            }
        }
    };
    (vcs { $( $label:literal => $make:expr, )* }) => {
        fn vcs(label: &str) -> Option<Box<dyn $crate::VcsHandler>> {
            match label {
                $( $label => Some(Box::new(($make)())), )*
                _ => None,
            }
        }
    };
    ($kind:ident { $( $rest:tt )* }) => {
        ::core::compile_error!(::core::concat!(
            "a plugin cannot give handlers of the kind `", ::core::stringify!($kind),
            "`: the kinds are `build` and `vcs`"
        ));
    };
}

/// What [`export!`](crate::export!) makes of a plugin: its handlers, by label.
/// A kind that the plugin does not name has none.
#[doc(hidden)]
pub trait Library: 'static {
    /// A new build handler.
    fn build(_label: &str) -> Option<Box<dyn BuildHandler>> {
        None
    }
    /// A new VCS handler.
    fn vcs(_label: &str) -> Option<Box<dyn VcsHandler>> {
        None
    }
}
