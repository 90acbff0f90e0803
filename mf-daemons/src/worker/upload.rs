//! Stores the files of a build on the hub.

use std::path::PathBuf;
use std::sync::Arc;

use mf_client::Error;
use mf_core::task::Lease;
use monkeyfarm_plugin_api::ArtifactKind;

use super::artifact::{Beneath, Found};
use super::end::End;
use super::halt::Halt;
use super::link::Link;

/// Stores one file.
///
/// # Errors
/// It cannot be read, or the hub does not take it.
pub async fn upload(
    link: &Link,
    lease: &Lease,
    halt: &Halt,
    beneath: &Arc<Beneath>,
    file: &Found,
) -> Result<(), End> {
    let digest = digest(beneath.clone(), file.path.clone()).await?;
    let call = || async {
        // Opened anew for every try: one that broke off may still be read.
        let opened = beneath.open(&file.path).map_err(Error::Invalid)?;
        link.hub().upload(lease, kind(file.kind), &file.name, &digest, opened).await
    };
    tokio::select! {
        delivered = link.deliver(halt, call) => Ok(delivered?),
        reason = halt.wait_worthless() => Err(reason.into()),
    }
}

async fn digest(beneath: Arc<Beneath>, path: PathBuf) -> Result<String, End> {
    let digest = tokio::task::spawn_blocking(move || beneath.digest(&path)).await;
    match digest {
        Ok(digest) => digest.map_err(End::Failure),
        Err(error) => Err(End::Failure(format!("a file cannot be hashed: {error}"))),
    }
}

fn kind(kind: ArtifactKind) -> &'static str {
    match kind {
        ArtifactKind::File => "file",
        ArtifactKind::Source => "source",
        ArtifactKind::Log => "log",
        ArtifactKind::Config => "config",
    }
}
