//! The lines of a log that tell why a task failed, as rows.

use mf_core::error::Error;
use mf_core::wire::Held;

use super::log::{Row, rows};
use crate::http::cause;
use crate::web::visit::Visit;

/// What [`cause::cause`] finds, with the numbers of lines that are left out.
///
/// # Errors
/// There is no such log.
pub async fn cause(visit: &Visit, of: Held, name: &str) -> Result<Vec<Row>, Error> {
    let found = cause::cause(&visit.hub, of, name).await?;
    let mut told: Vec<Row> = Vec::new();
    for part in &found.parts {
        let mut lines = rows(part.first, &part.text, &part.times);
        if let (Some(last), Some(row)) = (told.last(), lines.first_mut()) {
            row.skipped = row.number - last.number - 1;
        }
        told.append(&mut lines);
    }
    told.iter_mut().for_each(|row| row.hit = row.number == found.hit);
    Ok(told)
}
