//! The conditions of a list, and which of them leads.
//!
//! A list of a million rows is found quickly when one index gives few rows, or
//! rows in the order that is asked for. SQLite knows no numbers of rows; here
//! they are looked up, as far as they matter, and every condition but the one
//! that leads is kept from its index (a `+` before the column says so).

use mf_core::error::Code;
use mf_core::resource::{Field, Kind, Resource, Scope, Value};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};

use super::select::{self, Sight, table};
use super::{Done, Fault, find};

/// So few rows are sorted as quickly as they are read.
pub(super) const FEW: i64 = 256;
/// So many are sorted in tens of milliseconds.
pub(super) const SORTED: i64 = 20_000;
/// Where less than one row in so many is wanted, going along all of them in
/// order may find the first of those only at the end.
pub(super) const RARE: i64 = 8;

/// A filter as it was asked for: any of these values.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) field: &'static Field,
    pub(super) wanted: Vec<Value>,
}

/// A column of the row `t`, and what it may be.
#[derive(Debug)]
pub(super) struct Condition {
    column: String,
    values: Vec<Sql>,
    /// Whether it may refer to nothing, too.
    none: bool,
    /// How many values the column can have at most: the more, the fewer rows
    /// have one of them.
    range: i64,
}

impl Condition {
    /// What a filter says of a column. Labels of what is in a project are
    /// those of `project`, if that is given, and else of any.
    pub(super) fn new(
        db: &Connection,
        resource: &Resource,
        filter: &Filter,
        project: Option<i64>,
        sight: Sight,
    ) -> Done<Self> {
        let field = filter.field;
        let broken = || Fault::Broken(format!("{} cannot be filtered by", field.name));
        let column = select::column(field).ok_or_else(broken)?;
        let mut condition = Self { column, values: Vec::new(), none: false, range: i64::MAX };
        for value in &filter.wanted {
            match (field.kind, value) {
                (Kind::Ref { .. }, Value::Text(label)) if label.is_empty() => condition.none = true,
                (Kind::Ref { to, .. }, Value::Text(label)) => {
                    let ids = referred(db, field, to, label, project, sight)?;
                    condition.values.extend(ids.into_iter().map(Sql::Integer));
                }
                (kind, Value::Text(text)) => {
                    condition.values.push(Sql::Text(text.clone()));
                    let is_task = resource.name == "task" && matches!(kind, Kind::Choice(_));
                    // A task that is being cancelled is shown as Building.
                    if is_task && text == "Building" {
                        condition.values.push(Sql::Text("Cancelling".into()));
                    }
                }
                (_, Value::Int(number)) => condition.values.push(Sql::Integer(*number)),
                (_, Value::Bool(flag)) => condition.values.push(Sql::Integer(i64::from(*flag))),
                (_, Value::List(_)) => return Err(broken()),
            }
        }
        condition.range = match field.kind {
            Kind::Ref { to, .. } => largest(db, to)?,
            Kind::Choice(words) => words.len() as i64,
            Kind::Bool => 2,
            _ => i64::MAX,
        };
        Ok(condition)
    }

    /// The number that it asks for, if that is just one.
    pub(super) fn only(&self) -> Option<i64> {
        match (self.values.as_slice(), self.none) {
            ([Sql::Integer(number)], false) => Some(*number),
            _ => None,
        }
    }

    /// Whether one value is asked for: an index of the column then gives the
    /// rows in the order of their ids.
    pub(super) fn is_single(&self) -> bool {
        self.values.len() + usize::from(self.none) == 1
    }

    /// Whether the column is this one.
    pub(super) fn is_of(&self, column: &str) -> bool {
        self.column == column
    }

    /// How many values the column can have.
    pub(super) fn range(&self) -> i64 {
        self.range
    }

    /// How many rows there are, counted no further than `most`.
    pub(super) fn count(&self, db: &Connection, resource: &Resource, most: i64) -> Done<i64> {
        let mut values = Vec::new();
        let condition = self.text(true, &mut values);
        values.push(Sql::Integer(most));
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM {} t WHERE {condition} LIMIT ?{})",
            table(resource.name),
            values.len()
        );
        Ok(db.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))?)
    }

    /// As it stands in a statement whose parameters are `values`; its index
    /// may be used when it `leads`.
    pub(super) fn text(&self, leads: bool, values: &mut Vec<Sql>) -> String {
        let column = format!("{}t.\"{}\"", if leads { "" } else { "+" }, self.column);
        let marks: Vec<String> = self
            .values
            .iter()
            .map(|value| {
                values.push(value.clone());
                format!("?{}", values.len())
            })
            .collect();
        let among = match marks.as_slice() {
            [] => "0".to_owned(),
            [mark] => format!("{column} = {mark}"),
            marks => format!("{column} IN ({})", marks.join(", ")),
        };
        match (self.none, marks.is_empty()) {
            (false, _) => among,
            (true, true) => format!("{column} IS NULL"),
            (true, false) => format!("({among} OR {column} IS NULL)"),
        }
    }
}

/// The ids of what a filter names. One by what does not exist is refused;
/// labels in projects may be known in several, and only filter.
fn referred(
    db: &Connection,
    field: &Field,
    to: &str,
    label: &str,
    project: Option<i64>,
    sight: Sight,
) -> Done<Vec<i64>> {
    if let Some(to) = mf_core::resource::find(to).filter(|to| to.scope == Scope::Site) {
        let id = find::id(db, to, label, sight)?.ok_or_else(|| {
            let label: String = label.chars().take(80).collect();
            let told = format!("{}: there is no {} {label:?}", field.name, to.name);
            Fault::told(Code::UnknownReference, told)
        })?;
        return Ok(vec![id]);
    }
    let table = table(to);
    let (sql, values) = match project {
        Some(project) => (
            format!("SELECT id FROM {table} WHERE label = ?1 AND project_id = ?2"),
            vec![Sql::Text(label.to_owned()), Sql::Integer(project)],
        ),
        // By project, since that is how the index of labels is.
        None => (
            format!(
                "SELECT id FROM {table} WHERE label = ?1 \
                 AND project_id IN (SELECT id FROM project)"
            ),
            vec![Sql::Text(label.to_owned())],
        ),
    };
    let mut statement = db.prepare_cached(&sql)?;
    let ids = statement.query_map(params_from_iter(values), |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// The largest id of a resource: about as many as there are.
pub(super) fn largest(db: &Connection, resource: &str) -> Done<i64> {
    let sql = format!("SELECT max(id) FROM {}", table(resource));
    let largest: Option<i64> = db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
    Ok(largest.unwrap_or(0))
}
