//! Does the errands that update tags' repositories: gathers the files, has the
//! build handlers write their indexes, and uploads those to the hub, which
//! switches to the new state when the errand is done.

use std::fs;
use std::path::Path;
use std::time::Duration;

use mf_core::errand::{self, Ended, Kind, Work};
use mf_core::wire::{HandlerKind, RepositoryDraft, RepositoryFile, RepositoryPart};
use monkeyfarm_plugin_api::{IndexFile, IndexJob};

use super::super::errands;
use super::super::gather::Gather;
use super::super::handlers::Handlers;
use super::super::tree;
use super::{Hook, HookContext};
use crate::plugin::{self, Job};

/// How long one index may take.
const INDEX_TIME: Duration = Duration::from_secs(30 * 60);

inventory::submit! {
    Hook { name: "repositories", wakes: &[errand::NAME, "build_handler"], run }
}

fn run(context: &HookContext) -> anyhow::Result<()> {
    let mut handlers = None;
    let done = errands::each(context, &[Kind::Repository], |claim| {
        let Work::Repository(draft) = &claim.work else { return errands::other_kind() };
        match handlers_once(context, &mut handlers).and_then(|known| make(context, known, draft)) {
            Ok(()) => Ended::Done(errand::Done::default()),
            Err(why) => {
                context.warn(format!("repository of tag {}/{}: {why}", draft.project, draft.tag));
                errands::later(why)
            }
        }
    });
    if let Some(handlers) = &handlers {
        handlers.report(context)?;
    }
    done
}

/// The handlers of this host, once one of them is to write an index.
fn handlers_once<'a>(
    context: &HookContext,
    known: &'a mut Option<Handlers>,
) -> Result<&'a Handlers, String> {
    Ok(match known {
        Some(handlers) => handlers,
        none => none.insert(Handlers::new(context).map_err(|error| format!("{error:#}"))?),
    })
}

fn make(context: &HookContext, handlers: &Handlers, draft: &RepositoryDraft) -> Result<(), String> {
    let gather = Gather::new(context, draft).map_err(|error| format!("{error:#}"))?;
    for (number, part) in draft.parts.iter().enumerate() {
        let place = gather.part(number, part)?;
        let job = |local_config, cache_dir| {
            Job::Index(Box::new(IndexJob {
                project: draft.project.clone(),
                tag: draft.tag.clone(),
                path: part.path.clone(),
                handler_config: part.handler.config.clone(),
                local_config,
                cache_dir,
                files: part.files.iter().map(described).collect(),
                files_dir: place.files.clone(),
                index_dir: place.index.clone(),
            }))
        };
        let kind = HandlerKind::BuildHandler;
        let told = |why: String| format!("{}: {why}", part.path);
        match handlers.call(kind, &part.handler, &place.work, INDEX_TIME, job) {
            Err(failure) => return Err(told(failure.sentence)),
            Ok(plugin::Ended::Indexed(_)) => {}
            Ok(other) => return Err(told(format!("an answer to another question: {other:?}"))),
        }
        upload(context, draft.generation, part, &place.index)?;
    }
    gather.forget_others();
    Ok(())
}

fn described(file: &RepositoryFile) -> IndexFile {
    let size = u64::try_from(file.size).unwrap_or_default();
    IndexFile { name: file.name.clone(), size, sha256: file.sha256.clone() }
}

/// Stores all that a handler wrote.
fn upload(
    context: &HookContext,
    generation: i64,
    part: &RepositoryPart,
    index: &Path,
) -> Result<(), String> {
    let files = tree::files(index).map_err(|why| format!("{}: its index {why}", part.path))?;
    for file in files {
        let path = format!("{}/{}", part.path, file.place);
        let unread = |error: std::io::Error| format!("{path}: {error}");
        let opened = fs::File::open(&file.path).map_err(unread)?;
        let sha256 = opened.try_clone().and_then(crate::digest::of).map_err(unread)?;
        let opened = fs::File::open(&file.path).map_err(unread)?;
        let uploaded = context.hub().upload_index(generation, &path, &sha256, opened);
        context.wait(uploaded).map_err(|error| error.to_string())?;
    }
    Ok(())
}
