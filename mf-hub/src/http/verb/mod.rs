//! The five verbs, for every resource alike: one file each.

mod change;
mod delete;
mod get_all;
mod get_one;
mod post;
mod put;

pub use delete::delete;
pub use get_all::get_all;
pub use get_one::get_one;
use mf_core::error::Error;
use mf_core::resource::{Resource, Scope};
pub use post::post;
pub use put::put;

use crate::params::Params;
use crate::store::edit::Address;

/// Whether a resource has rows, and so answers the five verbs.
pub fn has_rows(resource: &Resource) -> bool {
    resource.scope != Scope::NoRows
}

/// Which object is meant. The project is part of that, and no field to change.
fn address(label: String, params: &mut Params) -> Result<Address, Error> {
    Ok(Address { label, project: params.take_text("project_label")? })
}
