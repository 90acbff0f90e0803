//! Who is in a group: joining, approving, leaving.

use mf_core::error::Code;
use mf_core::resource::GROUP;
use rusqlite::{OptionalExtension, params};

use super::roles::ADMIN_GROUP;
use super::{Done, Fault, Tx, edit, render, special};

/// A user, by id and label.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its id.
    pub id: i64,
    /// Its label.
    pub label: String,
}

impl Member {
    /// A user by its label.
    ///
    /// # Errors
    /// [`Code::UnknownReference`].
    pub fn named(tx: &Tx<'_>, label: &str) -> Done<Self> {
        let sql = "SELECT id FROM \"user\" WHERE label = ?1";
        let id = tx.prepare_cached(sql)?.query_row([label], |row| row.get(0)).optional()?;
        let id = id.ok_or_else(|| {
            let label: String = label.chars().take(80).collect();
            Fault::told(Code::UnknownReference, format!("user_label: there is no user {label:?}"))
        })?;
        Ok(Self { id, label: label.to_owned() })
    }
}

/// A user joins a group, or waits for the approval of a member. Said again it
/// changes nothing.
///
/// # Errors
/// SQLite fails.
pub fn join(tx: &Tx<'_>, group: i64, user: &Member) -> Done<()> {
    if is_in(tx, MEMBERS, group, user)? {
        return Ok(());
    }
    let to = if waits(tx, group)? { PENDING } else { MEMBERS };
    changed(tx, group, || add(tx, to, group, user))
}

/// A user who waits becomes a member.
///
/// # Errors
/// [`Code::Refused`] when it does not wait.
pub fn approve(tx: &Tx<'_>, group: i64, user: &Member) -> Done<()> {
    changed(tx, group, || {
        if !remove(tx, PENDING, group, user)? {
            let told =
                format!("{} does not wait to join; pending_users has those who do", user.label);
            return Err(Fault::told(Code::Refused, told));
        }
        add(tx, MEMBERS, group, user)
    })
}

/// A user leaves a group, or waits no longer to join it.
///
/// # Errors
/// [`Code::Refused`] when it is neither, or is the last admin of the site.
pub fn leave(tx: &Tx<'_>, group: i64, user: &Member) -> Done<()> {
    changed(tx, group, || {
        let was_member = remove(tx, MEMBERS, group, user)?;
        if !remove(tx, PENDING, group, user)? && !was_member {
            let told = format!("{} is no member, and does not wait to be one", user.label);
            return Err(Fault::told(Code::Refused, told));
        }
        special::admins_remain(tx)
    })
}

/// Whether a user is a member.
///
/// # Errors
/// SQLite fails.
pub fn is_member(tx: &Tx<'_>, group: i64, user: &Member) -> Done<bool> {
    is_in(tx, MEMBERS, group, user)
}

/// Nobody waits to become what he is.
///
/// # Errors
/// SQLite fails.
pub fn settle(tx: &Tx<'_>, group: i64) -> Done<()> {
    let sql = "DELETE FROM group_pending_user WHERE group_id = ?1 \
               AND user_id IN (SELECT user_id FROM group_user WHERE group_id = ?1)";
    tx.prepare_cached(sql)?.execute([group])?;
    Ok(())
}

const MEMBERS: &str = "group_user";
const PENDING: &str = "group_pending_user";

/// Whether who joins must wait: in a restricted group, and wherever being a
/// member means to administer the site or a project, or to know of a restricted
/// one. Nobody may make himself an admin, or let himself in, only because
/// somebody forgot to restrict a group.
fn waits(tx: &Tx<'_>, group: i64) -> Done<bool> {
    let sql = "SELECT restricted OR label = ?2 \
               OR EXISTS (SELECT 1 FROM project WHERE admin_group_id = ?1) \
               OR EXISTS (SELECT 1 FROM package k JOIN project p ON p.id = k.project_id \
                          WHERE k.group_id = ?1 AND p.restricted) \
               FROM \"group\" WHERE id = ?1";
    Ok(tx.prepare_cached(sql)?.query_row(params![group, ADMIN_GROUP], |row| row.get(0))?)
}

fn is_in(tx: &Tx<'_>, table: &str, group: i64, user: &Member) -> Done<bool> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE group_id = ?1 AND user_id = ?2)");
    Ok(tx.prepare_cached(&sql)?.query_row([group, user.id], |row| row.get(0))?)
}

fn add(tx: &Tx<'_>, table: &str, group: i64, user: &Member) -> Done<()> {
    let sql = format!("INSERT OR IGNORE INTO {table} (group_id, user_id) VALUES (?1, ?2)");
    tx.prepare_cached(&sql)?.execute([group, user.id])?;
    Ok(())
}

fn remove(tx: &Tx<'_>, table: &str, group: i64, user: &Member) -> Done<bool> {
    let sql = format!("DELETE FROM {table} WHERE group_id = ?1 AND user_id = ?2");
    Ok(tx.prepare_cached(&sql)?.execute([group, user.id])? == 1)
}

/// Changes a group's users, with history.
fn changed(tx: &Tx<'_>, group: i64, change: impl FnOnce() -> Done<()>) -> Done<()> {
    let before = render::map(tx, &GROUP, group)?;
    change()?;
    edit::record_update(tx, &GROUP, group, &before)?;
    Ok(())
}
