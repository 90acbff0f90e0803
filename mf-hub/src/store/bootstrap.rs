//! What the first start makes.

use mf_core::error::Error;

use crate::hub::Hub;

/// Makes what is missing.
///
/// # Errors
/// The database would not.
pub async fn run(_hub: &Hub) -> Result<(), Error> {
    Ok(())
}
