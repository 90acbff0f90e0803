//! The API keys of a user or a system: which there are, and forms that make
//! and end them.

use mf_core::error::Error;
use mf_core::resource::Resource;

use super::cell::Moment;
use super::form::{self, Form};
use super::visit::{Seen, Visit};
use crate::store::key::{self, Holder, Listed};

/// The keys of somebody.
#[derive(Debug)]
pub struct Keys {
    /// Those that there are.
    pub all: Vec<Key>,
    /// What makes another, or what makes one.
    pub make: Vec<Form>,
}

/// One key; its secret is nowhere.
#[derive(Debug)]
pub struct Key {
    /// How it is called.
    pub name: String,
    /// When it was made.
    pub made: Moment,
    /// When it was last used.
    pub used: Moment,
    /// When it ends.
    pub ends: Moment,
    /// Whether this session ends with it.
    pub is_mine: bool,
    /// What ends it.
    pub revoke: Option<Form>,
}

/// The keys of an object; `None` where it has none, or the visitor may not
/// know of them.
///
/// # Errors
/// The database would not.
pub fn of(visit: &Visit, resource: &'static Resource, seen: &Seen) -> Result<Option<Keys>, Error> {
    let holder = match resource.name {
        "user" => Holder::User(seen.object.id),
        "system" => Holder::System(seen.object.id),
        _ => return Ok(None),
    };
    let may = resource.function("list_keys").is_some_and(|list| list.who.meets(seen.roles));
    if !may {
        return Ok(None);
    }
    let all = visit.read(|db| key::list(db, holder))?;
    let form = |name: &str, given: &[(&str, &str)]| {
        resource.function(name).and_then(|found| form::one(visit, resource, seen, found, given))
    };
    let shown = |key: Listed| Key {
        revoke: form("revoke_key", &[("key", &key.key_id)]),
        is_mine: key.key_id == visit.caller.key,
        name: key.name,
        made: Moment::new(&key.create_date),
        used: Moment::new(&key.last_use_date),
        ends: Moment::new(&key.expire_date),
    };
    Ok(Some(Keys {
        all: all.into_iter().map(shown).collect(),
        make: ["create_key", "create_token"].iter().filter_map(|name| form(name, &[])).collect(),
    }))
}
