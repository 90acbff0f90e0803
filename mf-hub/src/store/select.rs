//! The one SELECT of each resource: every field as one column, references
//! by their labels, lists as JSON arrays.

use std::collections::HashMap;
use std::sync::LazyLock;

use mf_core::resource::{self, ALL, Field, Kind, Resource, Scope, Who};

use super::sums;

/// Most entries of a list in an object that grows with the farm's age;
/// `<name>_more` says that there are more. What people set is shown whole: it
/// may be given back as it was read.
pub const LIST_LIMIT: usize = 1_000;
/// How many of such a list are read.
const CUT: usize = LIST_LIMIT + 1;

/// What a caller may know of.
///
/// It is part of every SELECT, so that a page has no holes and what may not
/// be known looks like what does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Everything: site admins, the regulator, the hub itself.
    All,
    /// What is not restricted, and the projects that this user administers or
    /// owns a package of, as its user or in its group.
    User(i64),
    /// What is not restricted.
    Public,
}

impl Sight {
    /// The condition on a row of `resource` called `t`; `None` for no condition.
    pub fn condition(self, resource: &Resource) -> Option<String> {
        let project = match (resource.scope, resource.name) {
            // Never by its index: what is asked for has a better one.
            (Scope::Project, _) => "+t.project_id",
            (_, "project") => "+t.id",
            _ => return None,
        };
        self.of_project(project)
    }

    /// The condition on a project's id; `None` for no condition. A project
    /// that is no more (in history) is nobody's to know.
    pub fn of_project(self, id: &str) -> Option<String> {
        let known = match self {
            Sight::All => return None,
            Sight::Public => known(None),
            Sight::User(user) => known(Some(&user.to_string())),
        };
        Some(format!("{id} IN (SELECT id FROM project WHERE {known})"))
    }
}

/// The condition on a row of `project` that nobody, or the user of this id,
/// may know of it.
fn known(user: Option<&str>) -> String {
    match user {
        None => "restricted = 0".to_owned(),
        Some(user) => format!(
            "(restricted = 0 OR admin_group_id IN \
             (SELECT group_id FROM group_user WHERE user_id = {user}) \
             OR project.id IN (SELECT project_id FROM package WHERE user_id = {user}) \
             OR project.id IN (SELECT k.project_id FROM group_user m \
             JOIN package k ON k.group_id = m.group_id WHERE m.user_id = {user}))"
        ),
    }
}

/// The statements of a resource, written once: who asks is a parameter.
#[derive(Debug)]
pub struct Select {
    /// The resource.
    pub resource: &'static Resource,
    /// The fields in the order of the columns; without secrets.
    pub fields: Vec<&'static Field>,
    /// What stands before each field's value in an object: `,"name":`.
    pub keys: Vec<String>,
    /// `SELECT …`, with every field.
    pub whole: String,
    /// The same, with NULL for fields that grow with the farm's age.
    pub brief: String,
    /// What follows `FROM`: the row `t`, and what it refers to.
    pub from: String,
    /// The whole object with a number.
    pub by_id: String,
    /// Whether everybody sees all that there is of what they may know of: then
    /// nobody's roles on an object need to be looked up to show it.
    pub open: bool,
    /// [`Select::by_label`], for each kind of sight.
    by_label: [String; 3],
}

static SELECTS: LazyLock<HashMap<&'static str, Select>> =
    LazyLock::new(|| ALL.iter().map(|resource| (resource.name, Select::new(resource))).collect());

/// The SELECT of a resource.
pub fn of(resource: &Resource) -> &'static Select {
    // The map is built from the same table that every `Resource` is from.
    &SELECTS[resource.name]
}

impl Select {
    fn new(resource: &'static Resource) -> Self {
        let fields: Vec<_> = resource.fields().filter(|f| f.kind != Kind::Secret).collect();
        let from = from(resource, &fields);
        let select = |lists: bool| {
            let column = |field: &&'static Field| match field.grows() && !lists {
                true => "NULL".to_owned(),
                false => shown(resource, field),
            };
            let columns: Vec<String> = fields.iter().map(column).collect();
            format!("SELECT {}", columns.join(", "))
        };
        let (whole, brief) = (select(true), select(false));
        let by_label = [Sight::All, Sight::User(0), Sight::Public]
            .map(|sight| format!("{whole} FROM {from} WHERE {}", is_called(resource, sight)));
        Self {
            resource,
            keys: fields.iter().map(|field| format!(",\"{}\":", field.name)).collect(),
            by_id: format!("{whole} FROM {from} WHERE t.id = ?1"),
            open: resource.readers() == Who::ANYONE
                && fields.iter().all(|field| field.read == Who::ANYONE),
            whole,
            brief,
            from,
            by_label,
            fields,
        }
    }

    /// The whole object of the label `?1`, in the project of the label `?2`
    /// where it is in one, if it may be known; for a user, whose id is `?3`.
    pub fn by_label(&self, sight: Sight) -> &str {
        &self.by_label[match sight {
            Sight::All => 0,
            Sight::User(_) => 1,
            Sight::Public => 2,
        }]
    }
}

/// The row `t`, and what it refers to: a row that many refer to is found at
/// once when it is asked for again, as those of a list do.
fn from(resource: &Resource, fields: &[&'static Field]) -> String {
    let mut from = format!("{} t", table(resource.name));
    for field in fields {
        if let (Kind::Ref { to, .. }, Some(column)) = (field.kind, column(field)) {
            let (to, name) = (table(to), field.name);
            from += &format!(" LEFT JOIN {to} \"{name}\" ON \"{name}\".id = t.\"{column}\"");
        }
    }
    from
}

/// The condition of [`Select::by_label`].
fn is_called(resource: &Resource, sight: Sight) -> String {
    let known = match sight {
        Sight::All => None,
        Sight::Public => Some(known(None)),
        Sight::User(_) => Some(known(Some("?3"))),
    };
    match (resource.scope, known) {
        (Scope::Project, known) => {
            let known = known.map_or(String::new(), |known| format!(" AND {known}"));
            format!(
                "t.label = ?1 AND t.project_id = (SELECT id FROM project WHERE label = ?2{known})"
            )
        }
        (_, Some(known)) if resource.name == "project" => {
            format!("t.label = ?1 AND t.id IN (SELECT id FROM project WHERE {known})")
        }
        _ => "t.label = ?1".to_owned(),
    }
}

/// A field's value among the columns of a SELECT: [`expression`], but for what
/// [`from`] has joined.
fn shown(resource: &Resource, field: &Field) -> String {
    match field.kind {
        Kind::Ref { .. } => format!("\"{}\".label", field.name),
        _ => expression(resource, field),
    }
}

/// Name of the column that stores a field; `None` for what has no column.
pub fn column(field: &Field) -> Option<String> {
    match field.kind {
        Kind::Ref { .. } => Some(field.name.replace("_label", "_id")),
        Kind::Choice(_) => Some(field.name.trim_end_matches("_label").to_owned()),
        Kind::Secret => Some(format!("{}_hash", field.name)),
        Kind::Refs { .. } | Kind::Back { .. } | Kind::Computed(_) => None,
        _ => Some(field.name.to_owned()),
    }
}

/// Table of a resource by its name, quoted.
pub fn table(name: &str) -> String {
    format!("\"{}\"", name.replace('-', "_"))
}

/// A field's value as it is shown, over the row `t`.
pub fn expression(resource: &Resource, field: &Field) -> String {
    let stored = || format!("t.\"{}\"", column(field).unwrap_or_default());
    match field.kind {
        Kind::Ref { to, .. } => {
            format!("(SELECT label FROM {} WHERE id = {})", table(to), stored())
        }
        Kind::Refs { to, via } => {
            let (mine, theirs) = ends(resource, to);
            let rows = format!(
                "SELECT r.label FROM {via} v JOIN {} r ON r.id = v.{theirs} WHERE v.{mine} = t.id",
                table(to)
            );
            let sorted = match field.grows() {
                // Of what may be a million the newest, which the link table
                // has in order.
                true => format!(
                    "SELECT label FROM ({rows} ORDER BY v.{theirs} DESC LIMIT {CUT}) ORDER BY label"
                ),
                false => format!("{rows} ORDER BY r.label"),
            };
            list(&rows, &sorted)
        }
        Kind::Back { of, by } => {
            let by = resource::find(of).and_then(|of| of.field(by)).and_then(column);
            let by = by.unwrap_or_default();
            let rows = format!("SELECT r.label FROM {} r WHERE r.{by} = t.id", table(of));
            list(&rows, &format!("{rows} ORDER BY r.label LIMIT {CUT}"))
        }
        Kind::Computed(_) => {
            sums::expression(&resource.key(), field.name).unwrap_or("NULL").to_owned()
        }
        // The state machine has a state that is shown as another.
        Kind::Choice(_) if resource.name == "task" => {
            format!("replace({}, 'Cancelling', 'Building')", stored())
        }
        _ => stored(),
    }
}

/// The columns of a link table: this resource's end, and the other.
pub fn ends(resource: &Resource, to: &str) -> (String, String) {
    (format!("{}_id", resource.key()), format!("{}_id", to.replace('-', "_")))
}

/// The labels of `rows`, as they are `sorted`. That takes a table of its own,
/// and most lists are empty.
fn list(rows: &str, sorted: &str) -> String {
    format!(
        "CASE WHEN EXISTS ({rows}) THEN (SELECT json_group_array(label) FROM ({sorted})) \
         ELSE '[]' END"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::open;

    /// Columns that are no field: what a computed field is read from.
    const INNER: &[(&str, &str)] = &[
        ("system", "last_seen"),
        ("build_handler", "schemas"),
        ("vcs_handler", "schemas"),
        ("bug_handler", "schemas"),
    ];

    #[test]
    fn columns_and_fields_are_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let (_lock, db) = open::open(dir.path()).unwrap();
        for resource in ALL.iter().filter(|resource| resource.scope != Scope::NoRows) {
            let key = resource.key();
            let mut wanted: BTreeSet<String> = resource.fields().filter_map(column).collect();
            wanted.extend(INNER.iter().filter(|(of, _)| *of == key).map(|(_, c)| (*c).to_owned()));
            let mut statement = db.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
            let found: BTreeSet<String> = statement
                .query_map([&key], |row| row.get(0))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            assert_eq!(found, wanted, "{key}");
            let select = of(resource);
            db.prepare(&format!("{} FROM {}", select.brief, select.from)).unwrap();
            db.prepare(&of(resource).by_id).unwrap();
            for sight in [Sight::All, Sight::User(7), Sight::Public] {
                db.prepare(of(resource).by_label(sight)).unwrap();
            }
        }
    }

    #[test]
    fn what_lists_are_filtered_by_and_what_refers_has_an_index() {
        let dir = tempfile::tempdir().unwrap();
        let (_lock, db) = open::open(dir.path()).unwrap();
        for resource in ALL.iter().filter(|resource| resource.scope != Scope::NoRows) {
            for field in resource.fields() {
                let wants =
                    field.find == resource::Find::Filter || matches!(field.kind, Kind::Ref { .. });
                let (true, Some(column)) = (wants, column(field)) else { continue };
                let plan: String = db
                    .query_row(
                        &format!(
                            "EXPLAIN QUERY PLAN SELECT id FROM {} WHERE \"{column}\" = 1",
                            table(resource.name)
                        ),
                        [],
                        |row| row.get(3),
                    )
                    .unwrap();
                assert!(plan.contains("USING"), "{}.{}: {plan}", resource.name, field.name);
            }
        }
    }

    #[test]
    fn lists_can_be_read_and_filtered_as_they_are() {
        for resource in ALL.iter().filter(|resource| resource.scope != Scope::NoRows) {
            assert_eq!(of(resource).fields[0].name, "id", "{}: pages go by it", resource.name);
            for field in resource.fields().filter(|field| field.find != resource::Find::No) {
                let name = format!("{}.{}", resource.name, field.name);
                assert_eq!(field.read, Who::ANYONE, "{name}: a filter would tell it");
                assert!(column(field).is_some(), "{name}: nothing to filter by");
            }
        }
    }
}
