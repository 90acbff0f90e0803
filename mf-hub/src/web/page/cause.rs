//! The lines of a log that tell why a task failed.

use mf_core::error::Error;
use mf_core::wire::Held;

use super::log::{Row, rows, tail};
use crate::http::lines::{self, Wanted};
use crate::web::visit::Visit;

/// Lines before the first that looks like an error.
const BEFORE: u64 = 3;
/// Lines after it: what a compiler says about it.
const AFTER: u64 = 8;
/// Lines at the end, after others that are left out.
const END: usize = 4;

/// The lines around the first that looks like an error, and the last ones; where
/// nothing before the last ones does, only these.
///
/// What goes on after an error (other jobs of a parallel build, say) is seldom
/// what one wants to read first.
///
/// # Errors
/// There is no such log.
pub async fn cause(visit: &Visit, of: Held, name: &str) -> Result<Vec<Row>, Error> {
    let (mut end, _) = tail(visit, of, name).await?;
    let (found, _) = lines::search(&visit.hub, of, name, Wanted::Errors, (0, 1)).await?;
    let (Some(hit), Some(first)) = (found.first().copied(), end.first().map(|row| row.number))
    else {
        return Ok(end);
    };
    if hit >= first {
        end.iter_mut().for_each(|row| row.hit = row.number == hit);
        return Ok(end);
    }
    let from = hit.saturating_sub(BEFORE).max(1);
    let count = i64::try_from(hit + AFTER + 1 - from).unwrap_or(0);
    let begin = i64::try_from(from).ok();
    let mut told = rows(&lines::some(&visit.hub, of, name, begin, count).await?);
    told.iter_mut().for_each(|row| row.hit = row.number == hit);
    let last = told.last().map_or(0, |row| row.number);
    end.retain(|row| row.number > last);
    // Lines that go on from there need no gap.
    if end.first().is_some_and(|row| row.number > last + 1) {
        end.drain(..end.len().saturating_sub(END));
    }
    if let Some(row) = end.first_mut() {
        row.skipped = row.number - last - 1;
    }
    told.append(&mut end);
    Ok(told)
}
