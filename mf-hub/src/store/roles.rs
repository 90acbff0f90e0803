//! Who a caller is, and which roles that gives on an object.

use mf_core::error::{Code, Error};
use mf_core::resource::{Resource, Who};
use rusqlite::{Connection, OptionalExtension, params};

use super::Done;
use super::key::{self, Holder};
use super::select::Sight;

/// The role that everybody has, with a key or without.
pub const EVERYBODY: Who = Who(1 << 15);

/// Group whose members are the site's admins.
pub const ADMIN_GROUP: &str = "admin";

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Whose key it is; `None` without a key.
    pub holder: Option<Holder>,
    /// The user's or system's label; `regulator`; empty without a key.
    pub label: String,
    /// The public id of the key; empty without one.
    pub key: String,
    /// Whether a member of the group `admin`.
    pub admin: bool,
    /// Whether somebody without a key who may register as a user.
    pub newcomer: bool,
}

impl Caller {
    /// Somebody without a key; `newcomer` where people may register.
    pub fn nobody(newcomer: bool) -> Self {
        let (label, key) = (String::new(), String::new());
        Self { holder: None, label, key, admin: false, newcomer }
    }

    /// The roles that do not depend on an object.
    pub fn roles(&self) -> Who {
        let own = match self.holder {
            None if self.newcomer => Who::NEWCOMER,
            None => Who::NOBODY,
            Some(Holder::User(_)) if self.admin => Who::SIGNED_IN.or(Who::ADMIN),
            Some(Holder::User(_)) => Who::SIGNED_IN,
            Some(Holder::System(_)) => Who::SYSTEM,
            Some(Holder::Regulator) => Who::REGULATOR,
        };
        EVERYBODY.or(own)
    }

    /// What the caller may know of.
    pub fn sight(&self) -> Sight {
        match self.holder {
            Some(Holder::Regulator) => Sight::All,
            Some(Holder::User(_)) if self.admin => Sight::All,
            Some(Holder::User(id)) => Sight::User(id),
            Some(Holder::System(_)) | None => Sight::Public,
        }
    }

    /// Who it is, for what is kept under a name that never changes; the same
    /// for everybody without a key.
    pub fn who(&self) -> String {
        match self.holder {
            None => String::new(),
            Some(Holder::User(id)) => format!("user {id}"),
            Some(Holder::System(id)) => format!("system {id}"),
            Some(Holder::Regulator) => "regulator".into(),
        }
    }

    /// The caller's id as a user.
    pub fn user(&self) -> Option<i64> {
        match self.holder {
            Some(Holder::User(id)) => Some(id),
            _ => None,
        }
    }

    /// The caller's id as a system.
    pub fn system(&self) -> Option<i64> {
        match self.holder {
            Some(Holder::System(id)) => Some(id),
            _ => None,
        }
    }

    /// Refuses unless one of the caller's `roles` is among the `wanted`.
    ///
    /// # Errors
    /// [`Code::Unauthorized`] without a key, else [`Code::Forbidden`].
    pub fn need(&self, roles: Who, wanted: Who, what: &str) -> Result<(), Error> {
        if wanted.meets(roles) {
            Ok(())
        } else if self.holder.is_none() {
            let told = format!("{what} needs a key: send `Authorization: Bearer <key>`");
            Err(Error::new(Code::Unauthorized, told))
        } else {
            let mut told = format!("{what} is not allowed to {}", self.label);
            if let Some((last, others)) = wanted.names().split_last() {
                let all = match others.join(", ") {
                    others if others.is_empty() => (*last).to_owned(),
                    others => format!("{others} or {last}"),
                };
                told += &format!("; it takes the role {all}");
            }
            Err(Error::new(Code::Forbidden, told))
        }
    }
}

/// Who has the key `text`, and the key's row; `None` when it is nobody's.
///
/// # Errors
/// [`Code::Unauthorized`] for an expired key, which only its holder is told.
pub fn by_key(db: &Connection, text: &str) -> Done<Option<(i64, Caller)>> {
    const SQL: &str = "SELECT k.hash, k.user_id, k.system_id, coalesce(u.label, s.label), \
         EXISTS (SELECT 1 FROM group_user m JOIN \"group\" g ON g.id = m.group_id \
                 WHERE m.user_id = k.user_id AND g.label = ?2), k.id, k.expire_date \
         FROM api_key k LEFT JOIN \"user\" u ON u.id = k.user_id \
         LEFT JOIN system s ON s.id = k.system_id WHERE k.public_id = ?1";
    let Some(public) = key::public_id(text) else { return Ok(None) };
    let mut statement = db.prepare_cached(SQL)?;
    let mut rows = statement.query(params![public, ADMIN_GROUP])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    if !key::is(text, row.get_ref(0)?.as_blob().unwrap_or_default()) {
        return Ok(None);
    }
    key::not_over(row.get_ref(6)?.as_str().unwrap_or_default())?;
    let holder = Holder::of((row.get(1)?, row.get(2)?));
    let label = match holder {
        Holder::Regulator => Some("regulator".to_owned()),
        _ => row.get(3)?,
    };
    let (key, admin, id) = (public.to_owned(), row.get(4)?, row.get(5)?);
    let caller = |label| Caller { holder: Some(holder), label, key, admin, newcomer: false };
    Ok(label.map(|label| (id, caller(label))))
}

/// A user who came without a key.
///
/// # Errors
/// There is no such user any more, or SQLite fails.
pub fn user(db: &Connection, id: i64) -> Done<Caller> {
    let sql = "SELECT label, EXISTS (SELECT 1 FROM group_user m JOIN \"group\" g \
               ON g.id = m.group_id WHERE m.user_id = u.id AND g.label = ?2) \
               FROM \"user\" u WHERE id = ?1";
    let (label, admin) = db
        .prepare_cached(sql)?
        .query_row(params![id, ADMIN_GROUP], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let holder = Some(Holder::User(id));
    Ok(Caller { holder, label, key: String::new(), admin, newcomer: false })
}

/// All roles of the caller on an object.
///
/// # Errors
/// SQLite fails.
pub fn on(db: &Connection, caller: &Caller, resource: &Resource, id: i64) -> Done<Who> {
    let mut roles = caller.roles();
    if resource.name == "system" && caller.system() == Some(id) {
        return Ok(roles.or(Who::OWNER));
    }
    let Some(user) = caller.user() else { return Ok(roles) };
    let key = resource.key();
    if let Some(owned) = owned(&key) {
        let sql =
            format!("SELECT EXISTS (SELECT 1 FROM \"{key}\" t WHERE t.id = ?1 AND ({owned}))");
        if db.prepare_cached(&sql)?.query_row([id, user], |row| row.get(0))? {
            roles = roles.or(Who::OWNER);
        }
    }
    if let Some(project) = project_of(db, resource, id)? {
        roles = roles.or(in_project(db, caller, project)?);
    }
    Ok(roles)
}

/// All roles of the caller on what is yet to be made in a project.
///
/// # Errors
/// SQLite fails.
pub fn in_project(db: &Connection, caller: &Caller, project: i64) -> Done<Who> {
    let roles = caller.roles();
    let Some(user) = caller.user() else { return Ok(roles) };
    let sql = "SELECT EXISTS (SELECT 1 FROM project p JOIN group_user m \
               ON m.group_id = p.admin_group_id WHERE p.id = ?1 AND m.user_id = ?2)";
    let member: bool = db.prepare_cached(sql)?.query_row([project, user], |row| row.get(0))?;
    Ok(if member { roles.or(Who::PROJECT) } else { roles })
}

/// The project that an object is, or is in.
fn project_of(db: &Connection, resource: &Resource, id: i64) -> Done<Option<i64>> {
    if resource.name == "project" {
        return Ok(Some(id));
    }
    if resource.field("project_label").is_none() {
        return Ok(None);
    }
    let sql = format!("SELECT project_id FROM \"{}\" WHERE id = ?1", resource.key());
    Ok(db.prepare_cached(&sql)?.query_row([id], |row| row.get(0)).optional()?)
}

/// The condition under which user `?2` owns row `t`.
fn owned(key: &str) -> Option<&'static str> {
    const PACKAGE: &str = "EXISTS (SELECT 1 FROM package k WHERE k.id = t.package_id \
        AND (k.user_id = ?2 OR k.group_id IN (SELECT group_id FROM group_user WHERE user_id = ?2)))";
    Some(match key {
        "user" => "t.id = ?2",
        "group" => "t.id IN (SELECT group_id FROM group_user WHERE user_id = ?2)",
        "package" => {
            "t.user_id = ?2 OR t.group_id IN (SELECT group_id FROM group_user WHERE user_id = ?2)"
        }
        "package_branch" => PACKAGE,
        "build" => {
            "t.user_id = ?2 OR EXISTS (SELECT 1 FROM package k WHERE k.id = t.package_id \
             AND (k.user_id = ?2 OR k.group_id IN \
             (SELECT group_id FROM group_user WHERE user_id = ?2)))"
        }
        "task" => {
            "EXISTS (SELECT 1 FROM build b JOIN package k ON k.id = b.package_id \
             WHERE b.id = t.build_id AND (b.user_id = ?2 OR k.user_id = ?2 OR k.group_id IN \
             (SELECT group_id FROM group_user WHERE user_id = ?2)))"
        }
        _ => return None,
    })
}
