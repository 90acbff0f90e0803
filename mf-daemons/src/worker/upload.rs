//! Stores the files of a build on the hub.

use std::fs::File;
use std::path::Path;

use mf_client::Error;
use mf_core::task::Lease;

use super::end::End;
use super::halt::Halt;
use super::link::Link;
use super::outbox::{Item, Parcel};
use crate::digest;

/// Stores one file of a parcel.
///
/// # Errors
/// It cannot be read, or the hub does not take it.
pub async fn upload(
    link: &Link,
    lease: &Lease,
    halt: &Halt,
    parcel: &Parcel,
    item: &Item,
) -> Result<(), End> {
    let path = parcel.path(item);
    let (size, sha256) = examined(&path).await?;
    let call = || async {
        // Opened anew for every try: one that broke off may still be read.
        let opened = File::open(&path).map_err(|error| Error::Invalid(error.to_string()))?;
        link.hub().upload(lease, &item.kind, &item.name, &sha256, opened).await
    };
    tokio::select! {
        delivered = link.deliver(halt, call) => delivered?,
        reason = halt.wait_worthless() => return Err(reason.into()),
    }
    parcel.delivered(size);
    Ok(())
}

/// Size and SHA-256 of a file.
async fn examined(path: &Path) -> Result<(u64, String), End> {
    let file = path.to_path_buf();
    let examined = tokio::task::spawn_blocking(move || {
        let file = File::open(file)?;
        Ok((file.metadata()?.len(), digest::of(file)?))
    });
    let examined = examined.await.map_err(std::io::Error::other).and_then(|examined| examined);
    examined.map_err(|error| End::Failure(format!("it cannot be read: {error}")))
}
