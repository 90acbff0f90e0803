//! Finding many objects: filters, search, order, pages.

use mf_core::error::{Code, Error};
use mf_core::resource::shape::Find;
use mf_core::resource::{Field, Kind, Resource, Scope, Value, Who};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};

use super::cursor::{Cursor, invalid};
use super::select::{self, Sight, table};
use super::{Done, Fault, find, render};
use crate::params::{Given, Params};

/// Most objects in one page.
pub const PAGE_LIMIT: i64 = 1_000;
/// Longest word that is searched for, in bytes.
const SEARCH_LIMIT: usize = 200;
/// Longest text that lists are ordered by, in bytes.
const ORDER_LIMIT: usize = 1_000;

/// A question for a list.
#[derive(Clone, Debug)]
pub struct Query {
    resource: &'static Resource,
    filters: Vec<(&'static Field, Vec<Value>)>,
    search: Option<String>,
    order: &'static Field,
    descending: bool,
    /// How many objects at most; `None` for all.
    pub limit: Option<i64>,
    after: Option<Cursor>,
    lists: bool,
}

/// One page of a list.
#[derive(Debug, Default)]
pub struct Page {
    /// The objects as JSON, separated by commas.
    pub objects: Vec<u8>,
    /// What to give as `after` for the next page; `None` at the end.
    pub next: Option<String>,
}

impl Query {
    /// Reads a question from its parameters.
    ///
    /// # Errors
    /// A parameter is unknown or not what it should be.
    pub fn read(resource: &'static Resource, mut params: Params) -> Result<Self, Error> {
        if resource.scope != Scope::Project {
            params.take("project_label"); // Not scoped: said to be ignored.
        }
        let search = params.take_text("mf_search_query")?;
        if search.as_ref().is_some_and(|text| text.len() > SEARCH_LIMIT) {
            let told = format!("mf_search_query is longer than {SEARCH_LIMIT} bytes");
            return Err(Error::new(Code::InvalidValue, told));
        }
        let limit = params.take_text("limit")?.map(|text| limit(&text)).transpose()?;
        let lists = match params.take_text("lists")?.as_deref() {
            None | Some("") => false,
            Some("all") => true,
            Some(other) => return Err(invalid("lists", "all", other)),
        };
        let (order, descending) = order(resource, params.take_text("order")?.as_deref())?;
        let after = params.take_text("after")?.filter(|text| !text.is_empty());
        let after = after.map(|text| Cursor::read(&text, order)).transpose()?;
        let mut filters = Vec::new();
        for field in resource.fields().filter(|field| field.find != Find::No) {
            if let Some(given) = params.take(field.name) {
                filters.push((field, wanted(field, &given)?));
            }
        }
        let mut known: Vec<&str> =
            resource.fields().filter(|f| f.find != Find::No).map(|f| f.name).collect();
        known.extend(["mf_search_query", "order", "limit", "after", "lists"]);
        params.end(&format!("a list of {}", resource.plural()), &known)?;
        Ok(Self { resource, filters, search, order, descending, limit, after, lists })
    }

    /// Whether it may read much of the database.
    pub fn is_long(&self) -> bool {
        self.limit.is_none() || self.search.is_some() || !self.by_id()
    }

    /// The same question, from where a page ended.
    ///
    /// # Errors
    /// `after` is none that a page of this question gave.
    pub fn go_on(&mut self, after: &str) -> Result<(), Error> {
        self.after = Some(Cursor::read(after, self.order)?);
        Ok(())
    }

    /// Reads one page of at most `limit` objects, as somebody with this sight
    /// and these roles sees them.
    ///
    /// # Errors
    /// A filter names what does not exist, or SQLite would not.
    pub fn page(&self, db: &Connection, sight: Sight, roles: Who, limit: i64) -> Done<Page> {
        let select = select::of(self.resource);
        let (conditions, mut values) = self.conditions(db, sight)?;
        let base = if self.lists { &select.whole } else { &select.brief };
        values.push(Sql::Integer(limit + 1));
        let sql =
            format!("{base} WHERE {conditions} ORDER BY {} LIMIT ?{}", self.sort(), values.len());
        let mut statement = db.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut page = Page::default();
        let (mut count, mut last, mut more) = (0, 0, false);
        while let Some(row) = rows.next()? {
            if count == limit {
                more = true;
                break;
            }
            if count > 0 {
                page.objects.push(b',');
            }
            render::row(select, row, roles, &mut page.objects)?;
            last = row.get(0)?; // Every resource begins with its id.
            count += 1;
        }
        if more {
            page.next = Some(self.cursor(db, last)?);
        }
        Ok(page)
    }

    /// The order, which has no ties. That by id is the one in which rows lie:
    /// a page of it reads no more rows than it shows.
    fn sort(&self) -> String {
        let direction = if self.descending { "DESC" } else { "ASC" };
        match self.by_id() {
            true => format!("t.id {direction}"),
            false => format!("{} {direction}, t.id {direction}", self.key()),
        }
    }

    fn by_id(&self) -> bool {
        self.order.name == "id"
    }

    /// What the list is ordered by; never NULL, so that it compares.
    fn key(&self) -> String {
        format!("coalesce({}, '')", select::expression(self.resource, self.order))
    }

    fn cursor(&self, db: &Connection, id: i64) -> Done<String> {
        if self.by_id() {
            return Ok(id.to_string());
        }
        let sql =
            format!("SELECT {} FROM {} t WHERE t.id = ?1", self.key(), table(self.resource.name));
        let value: Sql = db.prepare_cached(&sql)?.query_row([id], |row| row.get(0))?;
        Ok(Cursor { id, value }.text())
    }

    fn conditions(&self, db: &Connection, sight: Sight) -> Done<(String, Vec<Sql>)> {
        let mut conditions = vec!["1".to_owned()];
        let mut values: Vec<Sql> = Vec::new();
        conditions.extend(sight.condition(self.resource));
        for (field, wanted) in &self.filters {
            let mut any = Vec::new();
            for value in wanted {
                any.push(self.condition(db, field, value, sight, &mut values)?);
            }
            conditions.push(format!("({})", any.join(" OR ")));
        }
        if let Some(word) = &self.search {
            values.push(Sql::Text(like(word)));
            let n = values.len();
            let any: Vec<String> = self
                .resource
                .fields()
                .filter(|field| field.find == Find::Search)
                .filter_map(select::column)
                .map(|column| format!("t.\"{column}\" LIKE ?{n} ESCAPE '\\'"))
                .collect();
            conditions.push(format!("({})", any.join(" OR ")));
        }
        if let Some(after) = &self.after {
            let sign = if self.descending { '<' } else { '>' };
            values.push(Sql::Integer(after.id));
            let n = values.len();
            if self.by_id() {
                conditions.push(format!("t.id {sign} ?{n}"));
            } else {
                values.push(after.value.clone());
                conditions.push(format!("({}, t.id) {sign} (?{}, ?{n})", self.key(), n + 1));
            }
        }
        Ok((conditions.join(" AND "), values))
    }

    /// One value of one filter.
    fn condition(
        &self,
        db: &Connection,
        field: &Field,
        value: &Value,
        sight: Sight,
        values: &mut Vec<Sql>,
    ) -> Done<String> {
        let column = select::column(field)
            .ok_or_else(|| Fault::Broken(format!("{} has no column", field.name)))?;
        let (value, of) = match (field.kind, value) {
            (Kind::Ref { .. }, Value::Text(label)) if label.is_empty() => {
                return Ok(format!("t.\"{column}\" IS NULL"));
            }
            (Kind::Ref { to, .. }, Value::Text(label)) => {
                if let Some(id) = known(db, field, to, label, sight)? {
                    values.push(Sql::Integer(id));
                    return Ok(format!("t.\"{column}\" = ?{}", values.len()));
                }
                (Sql::Text(label.clone()), Some(to))
            }
            (_, Value::Text(text)) => (Sql::Text(text.clone()), None),
            (_, Value::Int(number)) => (Sql::Integer(*number), None),
            (_, Value::Bool(flag)) => (Sql::Integer(i64::from(*flag)), None),
            (_, Value::List(_)) => {
                return Err(Fault::Broken(format!("{} cannot be filtered by", field.name)));
            }
        };
        values.push(value);
        let n = values.len();
        Ok(match (field.kind, of) {
            (_, Some(to)) => {
                format!("t.\"{column}\" IN (SELECT id FROM {} WHERE label = ?{n})", table(to))
            }
            // A task that is being cancelled is shown as Building.
            (Kind::Choice(_), _) if self.resource.name == "task" => {
                format!("(t.status = ?{n} OR (?{n} = 'Building' AND t.status = 'Cancelling'))")
            }
            _ => format!("t.\"{column}\" = ?{n}"),
        })
    }
}

/// The id of what a filter names, so that an index gives the rows in their
/// order; one by what does not exist is refused. Labels in projects may be
/// known in several, and only filter.
fn known(db: &Connection, field: &Field, to: &str, label: &str, sight: Sight) -> Done<Option<i64>> {
    let Some(to) = mf_core::resource::find(to).filter(|to| to.scope == Scope::Site) else {
        return Ok(None);
    };
    let id = find::id(db, to, label, sight)?;
    if id.is_none() {
        let label: String = label.chars().take(80).collect();
        let told = format!("{}: there is no {} {label:?}", field.name, to.name);
        return Err(Fault::told(Code::UnknownReference, told));
    }
    Ok(id)
}

/// Values of a filter: any of them matches.
fn wanted(field: &Field, given: &Given) -> Result<Vec<Value>, Error> {
    match given {
        Given::Texts(texts) => texts.iter().map(|text| field.parse_text(text)).collect(),
        Given::Json(serde_json::Value::Array(items)) => {
            items.iter().map(|item| field.parse(mf_core::resource::Input::Json(item))).collect()
        }
        Given::Json(_) => Ok(vec![field.parse(given.input())?]),
    }
}

fn order(resource: &'static Resource, text: Option<&str>) -> Result<(&'static Field, bool), Error> {
    let text = text.filter(|text| !text.is_empty()).unwrap_or("id");
    let (name, descending) = match text.strip_prefix('-') {
        Some(name) => (name, true),
        None => (text, false),
    };
    match resource.field(name) {
        Some(field) if orders(field) => Ok((field, descending)),
        _ => {
            let known: Vec<_> = resource.fields().filter(|f| orders(f)).map(|f| f.name).collect();
            Err(invalid(
                "order",
                &format!("one of {}, or -… for descending", known.join(", ")),
                name,
            ))
        }
    }
}

/// Whether lists can be ordered by a field.
pub fn orders(field: &Field) -> bool {
    field.read == Who::ANYONE
        && select::column(field).is_some()
        && field.kind != Kind::Secret
        && !matches!(field.kind, Kind::Text(limit) if limit > ORDER_LIMIT)
}

fn limit(text: &str) -> Result<i64, Error> {
    text.parse()
        .ok()
        .filter(|limit| (1..=PAGE_LIMIT).contains(limit))
        .ok_or_else(|| invalid("limit", &format!("a whole number from 1 to {PAGE_LIMIT}"), text))
}

/// A LIKE pattern for what contains `word`.
fn like(word: &str) -> String {
    let mut pattern = String::from("%");
    for letter in word.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern + "%"
}
