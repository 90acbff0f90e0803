//! What single resources do beyond the table, before and after it: one named
//! function each.

use mf_core::error::{Code, Error};
use mf_core::resource::{Resource, Who};
use rusqlite::{OptionalExtension, params};

use super::draft::Draft;
use super::roles::{ADMIN_GROUP, Caller};
use super::{
    Done, Fault, Tx, bug, build, declared, drain, group, head, ready, repository, system, tag,
    tagging, target, user,
};

/// What such a function may use.
pub struct Context<'a> {
    /// The transaction.
    pub tx: &'a Tx<'a>,
    /// Who wants it.
    pub caller: &'a Caller,
    /// The caller's roles on the object, or where it will be.
    pub roles: Who,
    /// The object's project, where it is in one.
    pub project: Option<i64>,
}

/// Makes up what a new object was not given.
///
/// # Errors
/// The draft cannot become an object.
pub fn before_create(context: &Context<'_>, resource: &Resource, draft: &mut Draft) -> Done<()> {
    match resource.key().as_str() {
        "package" => package(context, draft),
        "package_branch" => package_branch(context, draft)?,
        "build" => build::before_create(context, draft)?,
        "target" => target::check_tag_path(draft.text("tag_path").unwrap_or_default())?,
        "user" => user::before_create(context, draft)?,
        _ => {}
    }
    Ok(())
}

/// Does what a new object brings with it.
///
/// # Errors
/// It cannot be done, and so the object is not made.
pub fn after_create(context: &Context<'_>, resource: &Resource, id: i64) -> Done<()> {
    match resource.name {
        "build" => {
            build::fan_out(context.tx, id)?;
            bug::named(context.tx, id)
        }
        "group" => admins_remain(context.tx),
        "system" => drain::settle(context.tx, id, ""),
        "tag" => repository::settle(context.tx, id),
        "target" => declared::target(context.tx, id),
        _ => Ok(()),
    }
}

/// Looks at a change before it is made.
///
/// # Errors
/// It is refused.
pub fn before_update(
    context: &Context<'_>,
    resource: &Resource,
    id: i64,
    draft: &mut Draft,
) -> Done<()> {
    if resource.name == "target" {
        target::check_tag_path(draft.text("tag_path").unwrap_or_default())?;
    }
    if resource.name == "user" {
        user::check_label(draft)?;
    }
    if let Some(text) = draft.text("config").filter(|_| resource.name.ends_with("_handler")) {
        declared::handler(context.tx, resource, id, text)?;
    }
    if resource.name == "package" && draft.text("source_name") == Some("") {
        let label: String =
            context.tx.query_row("SELECT label FROM package WHERE id = ?1", [id], |r| r.get(0))?;
        let label = draft.text("label").unwrap_or(&label).to_owned();
        draft.set_text("source_name", label);
    }
    Ok(())
}

/// Looks at what a change has made.
///
/// # Errors
/// It is refused after all.
pub fn after_update(context: &Context<'_>, resource: &Resource, id: i64) -> Done<()> {
    match resource.name {
        "group" => {
            group::settle(context.tx, id)?;
            admins_remain(context.tx)
        }
        "system" => drain::settle(context.tx, id, ""),
        "tag" => repository::settle(context.tx, id),
        "package-branch" => head::settle(context.tx, id),
        "target" => declared::target(context.tx, id),
        _ => Ok(()),
    }
}

/// Looks at an object before it is deleted.
///
/// # Errors
/// It must stay.
pub fn before_delete(tx: &Tx<'_>, resource: &Resource, id: i64, label: &str) -> Done<()> {
    match resource.name {
        "build" => build::before_delete(tx, id, label),
        "system" => system::before_delete(tx, id, label),
        "tag" => {
            let tag = tag::of_id(tx, id)?;
            tag.check_open()?;
            tagging::empty(tx, &tag)
        }
        _ => Ok(()),
    }
}

/// Looks at what a delete has left.
///
/// # Errors
/// It is refused after all.
pub fn after_delete(tx: &Tx<'_>, resource: &Resource) -> Done<()> {
    match resource.name {
        "group" | "user" => admins_remain(tx),
        _ => Ok(()),
    }
}

/// Lets dispatch follow an object that was made.
///
/// # Errors
/// SQLite fails.
pub fn follow_made(tx: &Tx<'_>, resource: &Resource, id: i64) -> Done<()> {
    match resource.name {
        "task" => ready::follow(tx, id),
        "system" => system::follow(tx, id),
        _ => Ok(()),
    }
}

/// Lets dispatch follow an object that was changed.
///
/// # Errors
/// SQLite fails.
pub fn follow_changed(tx: &Tx<'_>, resource: &Resource, id: i64) -> Done<()> {
    match resource.key().as_str() {
        "task" => ready::follow(tx, id),
        "system" => system::follow(tx, id),
        "package" => ready::follow_of(tx, "b.package_id", id),
        "package_branch" => ready::follow_of(tx, "b.package_branch_id", id),
        "build_type" => ready::follow_of(tx, "b.build_type_id", id),
        "build" => ready::follow_of(tx, "b.id", id),
        "target" => {
            repository::target_moved(tx, id)?;
            ready::follow_of(tx, "k.target_id", id)
        }
        "arch" | "build_handler" | "vcs_handler" => ready::follow_all(tx),
        _ => Ok(()),
    }
}

/// The farm can always be administered.
///
/// # Errors
/// [`Code::Refused`] when the group `admin` is gone or has no member.
pub fn admins_remain(tx: &Tx<'_>) -> Done<()> {
    let sql = "SELECT EXISTS (SELECT 1 FROM group_user m JOIN \"group\" g ON g.id = m.group_id \
               WHERE g.label = ?1)";
    if tx.query_row(sql, [ADMIN_GROUP], |row| row.get(0))? {
        return Ok(());
    }
    let told = "the group \"admin\" keeps its name and a member: without one nobody could administer the farm";
    Err(Fault::told(Code::Refused, told))
}

fn package(context: &Context<'_>, draft: &mut Draft) {
    if draft.text("source_name").is_none_or(str::is_empty) {
        let label = draft.text("label").unwrap_or_default().to_owned();
        draft.set_text("source_name", label);
    }
    if draft.text("user_label").is_none() && context.caller.user().is_some() {
        draft.set_text("user_label", context.caller.label.clone());
    }
}

/// The vcs handler comes from the project, and the url from its template.
fn package_branch(context: &Context<'_>, draft: &mut Draft) -> Done<()> {
    if draft.text("vcs_handler_label").is_none() {
        let sql = "SELECT h.label FROM project p JOIN vcs_handler h ON h.id = p.vcs_handler_id \
                   WHERE p.id = ?1";
        let handler: Option<String> =
            context.tx.query_row(sql, [context.project], |row| row.get(0)).optional()?;
        draft.set_text("vcs_handler_label", handler.unwrap_or_default());
    }
    if draft.text("url").is_none() {
        let handler = draft.text("vcs_handler_label").unwrap_or_default();
        let sql = "SELECT h.url_template, p.label FROM vcs_handler h, project p \
                   WHERE h.label = ?1 AND p.id = ?2 AND h.url_template <> ''";
        let found: Option<(String, String)> = context
            .tx
            .query_row(sql, params![handler, context.project], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((template, project)) = found {
            let named = |name| draft.text(name).filter(|text| !text.is_empty());
            let package = named("package_label").unwrap_or_default();
            // Where every branch has an address of its own, it needs a name.
            let branch = named("vcs_branch").or(named("label")).unwrap_or_default();
            let url =
                fill(&template, &[("project", &project), ("package", package), ("branch", branch)]);
            draft.set_text("url", url);
        }
    }
    Ok(())
}

/// Puts values into a template's `{names}`. What is put in is not looked at
/// again, so that a value with braces stays as it is.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        let found = values.iter().find_map(|(name, value)| {
            let after = rest[1..].strip_prefix(name)?.strip_prefix('}')?;
            Some((*value, after))
        });
        match found {
            Some((value, after)) => {
                text.push_str(value);
                rest = after;
            }
            None => {
                text.push('{');
                rest = &rest[1..];
            }
        }
    }
    text + rest
}

/// Refuses to name somebody else, unless the caller is an admin.
///
/// # Errors
/// [`Code::Forbidden`].
pub fn own_name(context: &Context<'_>, label: &str) -> Result<(), Error> {
    let admins = Who::PROJECT.or(Who::ADMIN);
    if label == context.caller.label || admins.meets(context.roles) {
        return Ok(());
    }
    let told = format!("{} may not submit in the name of {label:?}", context.caller.label);
    Err(Error::new(Code::Forbidden, told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_once() {
        let values = [("project", "p{package}"), ("package", "k")];
        assert_eq!(fill("git://h/{project}/{package}.git", &values), "git://h/p{package}/k.git");
        assert_eq!(fill("{other} {", &values), "{other} {");
    }
}
