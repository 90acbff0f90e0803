//! Which resource a struct is of.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;

/// An object of the table, as it is read.
pub trait Object: Serialize + DeserializeOwned + Default + Send + Sync + 'static {
    /// Its resource.
    const RESOURCE: &'static Resource;
}

/// A struct and its resource, side by side.
macro_rules! objects {
    ($($object:ident $resource:ident,)+) => {
        $(impl Object for $object {
            const RESOURCE: &'static Resource = &$resource;
        })+
    };
}

objects! {
    Arch ARCH,
    BugHandler BUG_HANDLER,
    Build BUILD,
    BuildHandler BUILD_HANDLER,
    BuildType BUILD_TYPE,
    Distro DISTRO,
    Group GROUP,
    Package PACKAGE,
    PackageBranch PACKAGE_BRANCH,
    Project PROJECT,
    Release RELEASE,
    System SYSTEM,
    Tag TAG,
    Target TARGET,
    Task TASK,
    User USER,
    VcsHandler VCS_HANDLER,
}
