//! `export!`: what makes a library a plugin.
//!
//! A plugin exports two symbols: a header through which the host reaches its
//! handlers, and a few bytes of JSON that say what it is. The host reads the
//! bytes out of the file, before any of its code runs.

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

/// What the metadata says; written out by the compiler.
#[doc(hidden)]
pub struct Meta<'a> {
    pub id: &'a str,
    pub version: &'a str,
    pub unwinds: bool,
    pub handlers: &'a [Handler<'a>],
}

/// One handler in the metadata.
#[doc(hidden)]
pub struct Handler<'a> {
    pub kind: &'a str,
    pub label: &'a str,
    pub about: &'a [&'a str],
}

impl Meta<'_> {
    /// How many bytes the metadata has.
    pub const fn length(&self) -> usize {
        self.write(Writer::<0> { bytes: [], at: 0 }).at
    }

    /// The metadata bytes; `N` is what [`Meta::length`] says.
    pub const fn bytes<const N: usize>(&self) -> [u8; N] {
        self.write(Writer { bytes: [0; N], at: 0 }).bytes
    }

    const fn write<const N: usize>(&self, out: Writer<N>) -> Writer<N> {
        let out = out.raw(META_MAGIC).raw(b"{\"id\":").text(&[self.id]);
        let out = out.raw(b",\"version\":").text(&[self.version]);
        let out = out.raw(b",\"api\":").text(&[API_VERSION]).raw(b",\"panic\":");
        let out = out.text(&[if self.unwinds { "unwind" } else { "abort" }]);
        let mut out = out.raw(b",\"handlers\":[");
        let mut i = 0;
        while i < self.handlers.len() {
            let handler = &self.handlers[i];
            out = out.raw(if i == 0 { b"{\"kind\":" } else { b",{\"kind\":" });
            out = out.text(&[handler.kind]).raw(b",\"label\":").text(&[handler.label]);
            out = out.raw(b",\"about\":").text(handler.about).raw(b"}");
            i += 1;
        }
        out.raw(b"]}")
    }
}

/// Writes JSON while compiling; with no room (`N` = 0) it only counts.
struct Writer<const N: usize> {
    bytes: [u8; N],
    at: usize,
}

impl<const N: usize> Writer<N> {
    const fn byte(mut self, byte: u8) -> Self {
        if N > 0 {
            self.bytes[self.at] = byte;
        }
        self.at += 1;
        self
    }

    const fn raw(mut self, bytes: &[u8]) -> Self {
        let mut i = 0;
        while i < bytes.len() {
            self = self.byte(bytes[i]);
            i += 1;
        }
        self
    }

    /// One JSON string out of several pieces. Control characters become
    /// spaces: none belongs into a name or a sentence.
    const fn text(mut self, pieces: &[&str]) -> Self {
        self = self.byte(b'"');
        let mut p = 0;
        while p < pieces.len() {
            let piece = pieces[p].as_bytes();
            let mut i = 0;
            while i < piece.len() {
                self = match piece[i] {
                    b'"' | b'\\' => self.byte(b'\\').byte(piece[i]),
                    0..0x20 => self.byte(b' '),
                    byte => self.byte(byte),
                };
                i += 1;
            }
            p += 1;
        }
        self.byte(b'"')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: Meta<'static> = Meta {
        id: "quo\"te\\d",
        version: "1.2.3",
        unwinds: true,
        handlers: &[
            Handler { kind: "build", label: "a", about: &[" One line", " and another."] },
            Handler { kind: "vcs", label: "b", about: &[] },
        ],
    };
    static BYTES: [u8; META.length()] = META.bytes();

    #[test]
    fn the_metadata_is_json_behind_a_magic() {
        let json = BYTES.strip_prefix(META_MAGIC).unwrap();
        let read: serde_json::Value = serde_json::from_slice(json).unwrap();
        let expected = serde_json::json!({
            "id": "quo\"te\\d", "version": "1.2.3", "api": API_VERSION, "panic": "unwind",
            "handlers": [
                {"kind": "build", "label": "a", "about": " One line and another."},
                {"kind": "vcs", "label": "b", "about": ""},
            ],
        });
        assert_eq!(read, expected);
    }
}
