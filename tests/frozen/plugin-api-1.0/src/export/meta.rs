//! The metadata bytes, which the compiler writes.

use super::{API_VERSION, META_MAGIC};

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
