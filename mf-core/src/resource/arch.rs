//! Archs: what a target is built for and a system can build.

use serde::{Deserialize, Serialize};

use super::common::{COMMON, DISPLAY, HISTORY};
use super::shape::{Resource, Scope, Who};

/// An arch as it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field's meaning is in the table below.
pub struct Arch {
    pub id: i64,
    pub label: String,
    pub create_date: String,
    pub update_date: String,
    pub display_name: String,
}

/// The arch, in the table.
pub const ARCH: Resource = Resource {
    name: "arch",
    about: "what a target is built for: x86_64, i386, aarch64, noarch",
    scope: Scope::Site,
    fields: &[COMMON, DISPLAY],
    rights: [Who::ANYONE, Who::ADMIN, Who::ADMIN, Who::ADMIN],
    functions: &[HISTORY],
};
