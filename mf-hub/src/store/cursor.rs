//! Where a page ended, as text that a caller gives back.

use mf_core::error::{Code, Error};
use mf_core::resource::{Field, Kind};
use rusqlite::types::Value as Sql;

/// Where a page ended: the id of its last object, and what it is ordered by.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cursor {
    /// The last object's id.
    pub(super) id: i64,
    /// What the list is ordered by, of that object.
    pub(super) value: Sql,
}

impl Cursor {
    /// Reads what [`Cursor::text`] gave.
    pub(super) fn read(text: &str, order: &Field) -> Result<Self, Error> {
        let wrong = || invalid("after", "what the page before gave", text);
        let (id, value) = match text.split_once('.') {
            Some((id, value)) => (id, Some(value)),
            None => (text, None),
        };
        let id: i64 = id.parse().map_err(|_| wrong())?;
        let value = match (order.kind, value) {
            _ if order.name == "id" => Sql::Integer(id),
            (Kind::Int(..) | Kind::Bool, Some(value)) => {
                Sql::Integer(value.parse().map_err(|_| wrong())?)
            }
            (_, value) => Sql::Text(value.ok_or_else(wrong)?.to_owned()),
        };
        Ok(Self { id, value })
    }

    /// As text.
    pub(super) fn text(&self) -> String {
        match &self.value {
            Sql::Integer(number) => format!("{}.{number}", self.id),
            Sql::Text(text) => format!("{}.{text}", self.id),
            _ => self.id.to_string(),
        }
    }
}

/// A parameter that is not what it should be.
pub(super) fn invalid(name: &str, takes: &str, given: &str) -> Error {
    let given: String = given.chars().take(80).collect();
    Error::new(Code::InvalidValue, format!("{name} takes {takes}, not {given:?}"))
}
