//! `mf_search_query`: objects that contain a word.
//!
//! Labels of resources that grow with the farm have a trigram index; for a
//! shorter word, or another resource, all rows are scanned.

use std::collections::BTreeSet;

use mf_core::error::{Code, Error};
use mf_core::resource::Resource;
use mf_core::resource::shape::Find;
use rusqlite::Connection;

use super::filter::FEW;
use super::{Done, select};

/// Longest word that is searched for, in bytes.
const LIMIT: usize = 200;
/// How many letters the parts have that are in the index.
const PART: usize = 3;
/// Resources whose labels are in an index: `<name>_search`.
const INDEXED: [&str; 2] = ["build", "task"];

/// A word that is searched for.
#[derive(Clone, Debug)]
pub(super) struct Search {
    /// A LIKE pattern for what contains it.
    pattern: String,
    /// What the index is asked for, where there is one.
    parts: Option<String>,
}

impl Search {
    /// A search for `word`.
    ///
    /// # Errors
    /// [`Code::InvalidValue`]: it is too long, or no text.
    pub(super) fn new(resource: &Resource, word: &str) -> Result<Self, Error> {
        let refuse = |told: String| Err(Error::new(Code::InvalidValue, told));
        if word.len() > LIMIT {
            return refuse(format!("mf_search_query is longer than {LIMIT} bytes"));
        }
        if word.contains('\0') {
            return refuse("mf_search_query takes text; a NUL is in none".into());
        }
        let parts = INDEXED.contains(&resource.name).then(|| parts(word)).flatten();
        Ok(Self { pattern: like(word), parts })
    }

    /// A LIKE pattern for what contains the word.
    pub(super) fn pattern(&self) -> &str {
        &self.pattern
    }

    /// What the index is asked for; `None` where it is of no use.
    pub(super) fn parts(&self) -> Option<&str> {
        self.parts.as_deref()
    }

    /// The condition on a row `t`, where the pattern is the parameter `n`.
    pub(super) fn text(resource: &Resource, n: usize) -> String {
        let any: Vec<String> = resource
            .fields()
            .filter(|field| field.find == Find::Search)
            .filter_map(select::column)
            .map(|column| format!("t.\"{column}\" LIKE ?{n} ESCAPE '\\'"))
            .collect();
        format!("({})", any.join(" OR "))
    }

    /// How many rows the index gives, counted no further than [`FEW`]; as if
    /// there were many, where there is no index.
    pub(super) fn few(&self, db: &Connection, resource: &Resource) -> Done<i64> {
        let Some(parts) = &self.parts else { return Ok(FEW) };
        let index = index(resource);
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM {index} WHERE {index} MATCH ?1 LIMIT {FEW})"
        );
        Ok(db.prepare_cached(&sql)?.query_row([parts], |row| row.get(0))?)
    }
}

/// Name of a resource's index of parts.
pub(super) fn index(resource: &Resource) -> String {
    format!("{}_search", resource.key())
}

/// All parts of a word, as the index is asked for them; `None` when it has none.
fn parts(word: &str) -> Option<String> {
    let letters: Vec<char> = word.chars().collect();
    let parts: BTreeSet<String> = letters
        .windows(PART)
        .map(|part| format!("\"{}\"", part.iter().collect::<String>().replace('"', "\"\"")))
        .collect();
    let parts: Vec<String> = parts.into_iter().collect();
    (!parts.is_empty()).then(|| parts.join(" AND "))
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

#[cfg(test)]
mod tests {
    use mf_core::resource::{BUILD, TASK};

    use super::*;

    #[test]
    fn the_index_has_all_that_is_searched() {
        for resource in [&BUILD, &TASK] {
            let searched = resource.fields().filter(|field| field.find == Find::Search);
            assert_eq!(searched.map(|field| field.name).collect::<Vec<_>>(), ["label"]);
        }
    }

    #[test]
    fn a_word_has_parts_of_three_letters() {
        assert_eq!(parts("abcab").unwrap(), r#""abc" AND "bca" AND "cab""#);
        assert_eq!(parts("a\"é").unwrap(), "\"a\"\"é\"");
        assert_eq!(parts("ab"), None);
        assert!(Search::new(&BUILD, "a\0b").is_err());
    }
}
