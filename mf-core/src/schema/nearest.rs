//! What is wrong with a value that may be one of several: what keeps it from
//! the one that its author most likely meant.

use serde_json::Value;

use super::place::{What, Wrong};

/// Whether a table has, for every key that the schema knows one value of, that
/// value: it is the one that the schema is of, whatever else is wrong.
pub fn is_tagged(schema: &Value, value: &Value) -> bool {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().all(|(name, schema)| {
        match (schema.get("const"), value.get(name)) {
            (Some(tag), Some(value)) => tag == value,
            _ => true,
        }
    })
}

/// Of what keeps a value from each of several schemas, that which tells most:
/// where the value says itself which it is, and where it was found deepest.
/// What could stand in the same place is told together.
pub fn nearest(wrongs: Vec<(bool, Wrong)>) -> Option<Wrong> {
    let rank = |(tagged, wrong): &(bool, Wrong)| (*tagged, wrong.depth());
    let best = wrongs.iter().map(rank).max()?;
    let mut all = wrongs.into_iter().filter(|one| rank(one) == best).map(|(_, wrong)| wrong);
    let first = all.next()?;
    Some(all.fold(first, together))
}

fn together(one: Wrong, other: Wrong) -> Wrong {
    match (one.what, &other.what) {
        (What::Takes(wanted, is), What::Takes(more, _)) if one.place == other.place => {
            Wrong { place: one.place, what: What::Takes(wanted.or(more), is) }
        }
        (what, _) => Wrong { place: one.place, what },
    }
}
