//! Who may do what, as a page for people, made from the table.

use std::fmt::Write;

use super::ALL;
use super::shape::{Field, Function, Kind, On, Resource, Scope, Who};

const HEAD: &str = "\
# Permissions

Generated from the resource table, by which the hub decides.

| role | who |
| --- | --- |
| anyone | everybody, with a key or without |
| newcomer | anybody without a key, if `hub.toml` says `registration = true` |
| user | anybody with a user's key |
| owner | of a user: itself; of a system: its own worker; of a group: its members; of a package, its branches, builds and tasks: the package's user and the members of its group, and for a build and its tasks also the one who submitted it |
| project admin | a member of the project's admin group |
| site admin | a member of the group `admin`, whose last member cannot be removed |
| system | a worker, with its own key |
| regulator | the regulator, with its own key |

A call that is not allowed is answered 401 without a key and 403 with one. Only its
admins, the owners of its packages, the site's admins and the regulator may know of a
restricted project and everything in it. For all others it does not exist: the answer is
404, and lists, searches, events and counts leave it out. One thing cannot be hidden:
labels of projects are unique, so a project's admin who renames it to the very label of
a restricted one is told that the label is taken. That a system is busy is no secret,
but what it is busy with is.

A password, sent by Basic with the user's label, is accepted only for `create_key` and
`change_password` of that user. Joining a group needs a member's approval if the group is
restricted, is `admin`, administers a project, or owns packages of a restricted one.

## Verbs

| resource | read | create | update | delete |
| --- | --- | --- | --- | --- |
";

/// The page.
pub fn text() -> String {
    let mut page = HEAD.to_owned();
    for resource in ALL.iter().filter(|resource| resource.scope != Scope::NoRows) {
        let [read, create, update, delete] = resource.rights.map(names);
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| {} | {read} | {create} | {update} | {delete} |", resource.name);
    }
    page += "\n## Functions\n\n| call | who |\n| --- | --- |\n";
    for resource in ALL {
        for function in resource.functions {
            let _ = writeln!(page, "| {} | {} |", call(resource, function), names(function.who));
        }
    }
    page += "\n## Fields with rules of their own\n\n";
    page +=
        "All other fields can be read by whoever may read the object and, unless only the hub\n";
    page += "sets them, written by whoever may create or update it.\n\n| field | read | write |\n| --- | --- | --- |\n";
    for resource in ALL {
        for field in resource.fields().filter(|field| is_special(resource, field)) {
            let read = if field.kind == Kind::Secret { Who::NOBODY } else { field.read };
            let (read, write) = (names(read), names(field.write));
            let _ = writeln!(page, "| {}.{} | {read} | {write} |", resource.name, field.name);
        }
    }
    page
}

fn call(resource: &Resource, function: &Function) -> String {
    let method = if function.writes { "POST" } else { "GET" };
    match function.on {
        On::All => format!("{method} /{}/{}", resource.name, function.name),
        On::One => format!("{method} /{}/LABEL/{}", resource.name, function.name),
        On::Part => format!("{method} /{}/LABEL/{}/NAME", resource.name, function.name),
    }
}

/// Fields that somebody who may change the object may not set, or that not
/// everybody reads; those that are read-only for all are in the API's chapter.
fn is_special(resource: &Resource, field: &Field) -> bool {
    let narrower = resource.updaters().0 & !field.write.0 != 0;
    field.read != Who::ANYONE || (!field.read_only() && narrower)
}

fn names(who: Who) -> String {
    match who.names() {
        none if none.is_empty() => "-".to_owned(),
        names => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_and_verb_has_its_row() {
        let page = text();
        for resource in ALL.iter().filter(|resource| resource.scope != Scope::NoRows) {
            assert!(page.contains(&format!("\n| {} | ", resource.name)), "{}", resource.name);
        }
        assert!(page.contains("| user.email | user, owner, site admin |"), "{page}");
    }
}
