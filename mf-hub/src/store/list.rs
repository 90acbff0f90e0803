//! Finding many objects: filters, search, order, pages. The first page of a
//! million rows costs what that of a few costs, as far as an index can help.

use mf_core::error::{Code, Error};
use mf_core::resource::shape::Find;
use mf_core::resource::{Field, Kind, Resource, Scope, Value, Who};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};

use super::cursor::{Cursor, invalid};
use super::filter::{self, Condition, FEW, Filter, RARE, SORTED};
use super::search::{self, Search};
use super::select::{self, Sight, table};
use super::{Done, render};
use crate::params::{Given, Params};

/// Most objects in one page.
pub const PAGE_LIMIT: i64 = 1_000;
/// Bytes that a page usually has: it is grown for the others.
const USUAL_BYTES: usize = 32 << 10;
/// Bytes after which a page ends even so: objects may have long texts, and
/// pages are held in memory.
const PAGE_BYTES: usize = 4 << 20;
/// Most values of one filter: each is a parameter of a statement, which has a
/// limit of its own.
const WANTED_LIMIT: usize = 1_000;
/// Longest text that lists are ordered by, in bytes.
const ORDER_LIMIT: usize = 1_000;

/// A question for a list.
#[derive(Clone, Debug)]
pub struct Query {
    resource: &'static Resource,
    filters: Vec<Filter>,
    search: Option<Search>,
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
        let search = search.map(|word| Search::new(resource, &word)).transpose()?;
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
                filters.push(Filter { field, wanted: wanted(field, &given)? });
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
        self.limit.is_none() || self.search.is_some() || !self.by_id() || self.filters.len() > 1
    }

    /// The same question, from where a page ended.
    ///
    /// # Errors
    /// `after` is none that a page of this question gave.
    pub fn go_on(&mut self, after: &str) -> Result<(), Error> {
        self.after = Some(Cursor::read(after, self.order)?);
        Ok(())
    }

    /// Reads one page of at most `limit` objects, fewer where they are large,
    /// as somebody with this sight and these roles sees them.
    ///
    /// # Errors
    /// A filter names what does not exist, or SQLite fails.
    pub fn page(&self, db: &Connection, sight: Sight, roles: Who, limit: i64) -> Done<Page> {
        let select = select::of(self.resource);
        let columns = if self.lists { &select.whole } else { &select.brief };
        let (sql, values) = self.statement(db, sight, (columns, &select.from), limit + 1)?;
        let mut statement = db.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut page = Page { objects: Vec::with_capacity(USUAL_BYTES), ..Page::default() };
        let (mut count, mut last, mut more) = (0, 0, false);
        while let Some(row) = rows.next()? {
            if count == limit || page.objects.len() > PAGE_BYTES {
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
    fn sort(&self, id: &str) -> String {
        let direction = if self.descending { "DESC" } else { "ASC" };
        match self.by_id() {
            true => format!("{id} {direction}"),
            false => format!("{} {direction}, t.id {direction}", self.key()),
        }
    }

    fn by_id(&self) -> bool {
        self.order.name == "id"
    }

    /// What the list is ordered by; never NULL, so that it compares. A column
    /// that has no NULL stands alone: its index is in this order.
    fn key(&self) -> String {
        let plain = matches!(
            self.order.kind,
            Kind::Label | Kind::Text(_) | Kind::Int(..) | Kind::Bool | Kind::Time
        );
        match (select::column(self.order), plain) {
            (Some(column), true) => format!("t.\"{column}\""),
            _ => format!("coalesce({}, '')", select::expression(self.resource, self.order)),
        }
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

    /// The SELECT of a page, and its parameters.
    fn statement(
        &self,
        db: &Connection,
        sight: Sight,
        (columns, from): (&str, &str),
        limit: i64,
    ) -> Done<(String, Vec<Sql>)> {
        let filters = self.filters(db, sight)?;
        let lead = self.lead(db, &filters)?;
        let mut values: Vec<Sql> = Vec::new();
        let mut conditions: Vec<String> = sight.condition(self.resource).into_iter().collect();
        for (n, filter) in filters.iter().enumerate() {
            conditions.push(filter.text(lead == Lead::Filter(n), &mut values));
        }
        if let Some(search) = &self.search {
            values.push(Sql::Text(search.pattern().to_owned()));
            conditions.push(Search::text(self.resource, values.len()));
        }
        let (mut first, mut id) = (String::new(), "t.id");
        if let (Lead::Search, Some(search)) = (lead, &self.search) {
            let index = search::index(self.resource);
            values.push(Sql::Text(search.parts().unwrap_or_default().to_owned()));
            conditions.push(format!("s.{index} MATCH ?{} AND t.id = s.rowid", values.len()));
            (first, id) = (format!("{index} s CROSS JOIN "), "s.rowid");
        }
        if let Some(after) = &self.after {
            let sign = if self.descending { '<' } else { '>' };
            values.push(Sql::Integer(after.id));
            let n = values.len();
            if self.by_id() {
                conditions.push(format!("{id} {sign} ?{n}"));
            } else {
                values.push(after.value.clone());
                conditions.push(format!("({}, t.id) {sign} (?{}, ?{n})", self.key(), n + 1));
            }
        }
        let conditions = match conditions.is_empty() {
            true => "1".to_owned(),
            false => conditions.join(" AND "),
        };
        values.push(Sql::Integer(limit));
        let (sort, n) = (self.sort(id), values.len());
        let sql =
            format!("{columns} FROM {first}{from} WHERE {conditions} ORDER BY {sort} LIMIT ?{n}");
        Ok((sql, values))
    }

    /// What SQLite plans for a page, as a statement.
    #[cfg(test)]
    pub(super) fn explained(&self, db: &Connection, sight: Sight) -> Done<(String, Vec<Sql>)> {
        let select = select::of(self.resource);
        let (sql, values) = self.statement(db, sight, (&select.brief, &select.from), 51)?;
        Ok((format!("EXPLAIN QUERY PLAN {sql}"), values))
    }

    fn filters(&self, db: &Connection, sight: Sight) -> Done<Vec<Condition>> {
        let (mut all, mut project) = (Vec::new(), None);
        // The project comes first in every table of fields.
        for filter in &self.filters {
            let condition = Condition::new(db, self.resource, filter, project, sight)?;
            if condition.is_of(PROJECT_COLUMN) {
                project = condition.only();
            }
            all.push(condition);
        }
        Ok(all)
    }

    /// The filter whose rows are sooner sorted than found along an index that
    /// has all of them in order; `None` for none.
    fn rarest(&self, db: &Connection, filters: &[Condition]) -> Done<Option<usize>> {
        if self.by_id() || filters.is_empty() {
            return Ok(None);
        }
        let rare = filter::largest(db, self.resource.name)? / RARE;
        let mut rarest = (rare.min(SORTED), None);
        for (n, filter) in filters.iter().enumerate() {
            let count = filter.count(db, self.resource, rarest.0)?;
            if count < rarest.0 {
                rarest = (count, Some(n));
            }
        }
        Ok(rarest.1)
    }

    /// Which condition's index the rows come from. The one that gives few
    /// rows; else one that gives them in the order that is asked for, and of
    /// those by id the one whose column has the most values.
    fn lead(&self, db: &Connection, filters: &[Condition]) -> Done<Lead> {
        if let ([filter], None, true) = (filters, &self.search, self.by_id())
            && filter.is_single()
        {
            return Ok(Lead::Filter(0));
        }
        let mut fewest = (FEW, Lead::Walk);
        for (n, filter) in filters.iter().enumerate() {
            let few = filter.count(db, self.resource, FEW)?;
            if few < fewest.0 {
                fewest = (few, Lead::Filter(n));
            }
        }
        if let Some(search) = &self.search {
            let few = search.few(db, self.resource)?;
            if few < fewest.0 {
                fewest = (few, Lead::Search);
            }
        }
        if fewest.0 < FEW {
            return Ok(fewest.1);
        }
        if let Some(rarest) = self.rarest(db, filters)? {
            return Ok(Lead::Filter(rarest));
        }
        let single = filters.iter().enumerate().filter(|(_, filter)| filter.is_single());
        let best = match self.by_id() {
            true if self.search.as_ref().is_some_and(|search| search.parts().is_some()) => {
                return Ok(Lead::Search);
            }
            true => single.max_by_key(|(_, filter)| filter.range()),
            false => single.into_iter().find(|(_, filter)| filter.is_of(PROJECT_COLUMN)),
        };
        Ok(best.map_or(Lead::Walk, |(n, _)| Lead::Filter(n)))
    }
}

/// Where the rows of a list come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lead {
    /// The rows themselves, in the order that is asked for.
    Walk,
    /// The index of a filter's column.
    Filter(usize),
    /// The index of labels' parts.
    Search,
}

/// The column that tells in which project a row is.
const PROJECT_COLUMN: &str = "project_id";

/// Values of a filter: any of them matches.
fn wanted(field: &Field, given: &Given) -> Result<Vec<Value>, Error> {
    let wanted = values(field, given)?;
    if wanted.len() > WANTED_LIMIT {
        let told = format!("{} takes at most {WANTED_LIMIT} values in a filter", field.name);
        return Err(Error::new(Code::InvalidValue, told));
    }
    Ok(wanted)
}

fn values(field: &Field, given: &Given) -> Result<Vec<Value>, Error> {
    match given {
        // Neither a label nor a word of a choice has a comma in it.
        Given::Texts(texts)
            if matches!(field.kind, Kind::Label | Kind::Choice(_) | Kind::Ref { .. }) =>
        {
            texts.iter().flat_map(|text| text.split(',')).map(|one| field.parse_text(one)).collect()
        }
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
