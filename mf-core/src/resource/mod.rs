//! The resource table: every resource, declared once.
//!
//! Routes, storage, permissions, command line, documentation and pages all
//! loop over [`ALL`].

pub mod common;
pub mod permissions;
pub mod shape;
pub mod value;

mod arch;
mod bug_handler;
mod build;
mod build_handler;
mod build_type;
mod distro;
mod group;
mod object;
mod package;
mod package_branch;
mod project;
mod release;
mod system;
mod tag;
mod target;
mod task;
mod user;
mod util;
mod vcs_handler;

pub use arch::{ARCH, Arch};
pub use bug_handler::{BUG_HANDLER, BugHandler};
pub use build::{BUILD, Build};
pub use build_handler::{BUILD_HANDLER, BuildHandler};
pub use build_type::{BUILD_TYPE, BuildType};
pub use distro::{DISTRO, Distro};
pub use group::{GROUP, Group};
pub use object::Object;
pub use package::{PACKAGE, Package};
pub use package_branch::{PACKAGE_BRANCH, PackageBranch};
pub use project::{PROJECT, Project};
pub use release::{RELEASE, Release};
pub use shape::{Answer, Field, Find, Function, Gives, Kind, Need, On, Resource, Scope, Who};
pub use system::{SYSTEM, System};
pub use tag::{TAG, Tag};
pub use target::{TARGET, Target};
pub use task::{TASK, Task};
pub use user::{USER, User};
pub use util::UTIL;
pub use value::{Input, Value};
pub use vcs_handler::{VCS_HANDLER, VcsHandler};

/// Every resource of the farm, by name.
pub const ALL: &[&Resource] = &[
    &ARCH,
    &BUG_HANDLER,
    &BUILD,
    &BUILD_HANDLER,
    &BUILD_TYPE,
    &DISTRO,
    &GROUP,
    &PACKAGE,
    &PACKAGE_BRANCH,
    &PROJECT,
    &RELEASE,
    &SYSTEM,
    &TAG,
    &TARGET,
    &TASK,
    &USER,
    &UTIL,
    &VCS_HANDLER,
];

/// The verbs that every resource answers; like the names of functions they
/// cannot be labels, because `/user/get_all` is a path.
pub const VERBS: &[&str] = &["get_one", "get_all", "post", "put", "delete"];

/// A resource by its name, in either spelling (`package-branch`, `package_branch`).
pub fn find(name: &str) -> Option<&'static Resource> {
    ALL.iter().copied().find(|r| r.name == name || same_but_for_dashes(r.name, name))
}

fn same_but_for_dashes(a: &str, b: &str) -> bool {
    a.len() == b.len()
        && a.bytes()
            .zip(b.bytes())
            .all(|(a, b)| a == b || (b"-_".contains(&a) && b"-_".contains(&b)))
}

/// Whether a word is a verb or a function of any resource, and so no label.
pub fn is_reserved(word: &str) -> bool {
    VERBS.contains(&word) || ALL.iter().any(|r| r.function(word).is_some())
}

#[cfg(test)]
mod tests;
