//! The phases of a build, each a call of mock.

/// One call of mock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Reading the configuration, which nothing is made of yet.
    Configuration,
    /// Making the chroot, with the network.
    Root,
    /// Making the source RPM, without the network.
    SourcePackage,
    /// Installing what the build requires, with the network.
    Requirements,
    /// Building, without the network.
    Build,
    /// Removing the chroot.
    Clean,
}

impl Phase {
    /// Whether the phase runs code of the package, and so without a network.
    pub(crate) fn offline(self) -> bool {
        matches!(self, Self::SourcePackage | Self::Build)
    }

    /// What it does, for people: "cannot …" goes before it.
    pub(crate) fn aim(self) -> &'static str {
        match self {
            Self::Configuration => "read its configuration",
            Self::Root => "make the chroot",
            Self::SourcePackage => "make the source RPM",
            Self::Requirements => "install the build requirements",
            Self::Build => "build",
            Self::Clean => "remove the chroot",
        }
    }
}
