//! How the draft of a tag's repository is completed: the regulator uploads the
//! files of its index, and the hub puts everything in place.

use std::sync::Arc;

use axum::response::Response;
use mf_core::error::{Code, Error};
use mf_core::wire::Held;

use super::call::Call;
use super::envelope;
use super::worker::next;
use crate::hub::Hub;
use crate::params::Values;
use crate::store::Tx;
use crate::store::repository::{self, Blob};

/// `POST /util/upload_repository`: a file of an index.
///
/// # Errors
/// It is no draft any more; the path or the bytes are not right.
pub async fn upload(mut call: Call) -> Result<Response, Error> {
    let mut blocks = std::mem::take(&mut call.body).into_data_stream();
    let (generation, path, sha256) = file_of(&call.values)?;
    repository::check_index_path(&path)?;
    let arriving = call.hub.files.receive(&sha256).await?;
    // Its row comes first: a file that no row knows may be swept.
    let (place, hash) = (path.clone(), sha256);
    let reserve = move |tx: &Tx<'_>| repository::reserve(tx, generation, &place, &hash);
    let tag = call.hub.writer.run(&call.caller, reserve).await?;
    while let Some(block) = next(&mut blocks).await? {
        if !arriving.push(block).await {
            break;
        }
    }
    let size = arriving.keep_in_repository(&call.hub.files, tag).await?.size;
    let record = move |tx: &Tx<'_>| repository::record(tx, generation, &path, size);
    call.hub.writer.run(&call.caller, record).await?;
    Ok(envelope::empty())
}

fn file_of(values: &Values) -> Result<(i64, String, String), Error> {
    let generation = values.int("generation").unwrap_or_default();
    let sha256 = values.text("sha256").to_ascii_lowercase();
    Ok((generation, values.text("path").to_owned(), sha256))
}

/// Puts all files of the draft of a tag in place, on the disk for good, before
/// it becomes what clients see.
///
/// # Errors
/// One of them is gone: the sentence says which. The disk fails.
pub async fn gather(hub: &Arc<Hub>, tag: i64) -> Result<(), Error> {
    let hub = Arc::clone(hub);
    let gathered = tokio::task::spawn_blocking(move || {
        let blobs = hub.readers.read(|db| repository::blobs(db, tag))?;
        let wanted: Vec<(String, Option<Held>)> = blobs
            .iter()
            .map(|blob| (blob.sha256.clone(), blob.made_by.as_ref().map(|(of, _)| *of)))
            .collect();
        hub.files.gather(tag, &wanted).map_err(|(number, error)| gone(&blobs[number..], error))
    });
    gathered.await.unwrap_or_else(|error| {
        tracing::error!("repository of tag {tag}: {error}");
        Err(Error::new(Code::Internal, "the hub could not gather the repository"))
    })
}

/// Says which file the first of `blobs` is, when it is gone.
fn gone(blobs: &[Blob], error: Error) -> Error {
    if error.code != Code::Refused {
        return error;
    }
    let told = match blobs.first() {
        Some(Blob { path, made_by: Some((_, task)), .. }) if !task.is_empty() => format!(
            "{path} is gone from the hub's disk; untag the build of task {task}, or build it again"
        ),
        Some(Blob { path, .. }) => format!("{path} is gone from the hub's disk; begin anew"),
        None => return error,
    };
    Error::new(Code::Refused, told)
}
