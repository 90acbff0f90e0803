//! How source may come.

/// One way for source to come, by the name that a URL begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scheme {
    /// In lower case, without `://`.
    pub name: &'static str,
    /// The port that need not be written.
    pub port: &'static str,
    /// What its URLs may hold.
    pub kind: Kind,
}

/// What the URLs of a scheme may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A host, and before it perhaps a user and a password.
    Web,
    /// A host, and before it perhaps a login name.
    Ssh,
    /// A host, and no user: everybody may read.
    Open,
    /// A path on this host; allowed only where a host or the farm says so.
    File,
}

impl Scheme {
    /// `https`.
    pub const HTTPS: Self = Self { name: "https", port: "443", kind: Kind::Web };
    /// `http`.
    pub const HTTP: Self = Self { name: "http", port: "80", kind: Kind::Web };
    /// `ssh`.
    pub const SSH: Self = Self { name: "ssh", port: "22", kind: Kind::Ssh };
    /// `file`.
    pub const FILE: Self = Self { name: "file", port: "", kind: Kind::File };

    /// That one of `known` which people call `name`.
    pub fn named(name: &str, known: &[Self]) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        known.iter().copied().find(|scheme| scheme.name == name)
    }
}

/// `https, http and file`.
pub(crate) fn listed(schemes: &[Scheme]) -> String {
    let names: Vec<_> = schemes.iter().map(|scheme| scheme.name).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}
