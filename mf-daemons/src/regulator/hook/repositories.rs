//! Makes tags' repositories follow their tags: gathers the files of each that
//! lags, has the build handlers write their indexes, and stores those on the
//! hub, which then switches to the whole.

use std::fs;
use std::time::Duration;

use mf_client::Error;
use mf_core::error::Code;
use mf_core::wire::{
    HandlerKind, RepositoryDraft, RepositoryFailure, RepositoryPart, RepositorySwitch,
};
use monkeyfarm_plugin_api::{IndexFile, IndexJob};
use serde_json::{Value, json};

use super::super::gather::Gather;
use super::super::handlers::Handlers;
use super::super::tree;
use super::{Hook, HookContext};
use crate::plugin::{Ended, Job};

/// How long one index may take.
const INDEX_TIME: Duration = Duration::from_secs(30 * 60);

inventory::submit! {
    Hook { name: "repositories", wakes: &["tag", "target"], run }
}

/// Why a draft came to nothing.
enum Trouble {
    /// The hub is away, or has another draft by now: nobody's fault.
    Hub(Error),
    /// A sentence for who looks at the tag.
    Told(String),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused { .. } if !error.retryable() && !error.is(Code::NotFound) => {
                Trouble::Told(error.to_string())
            }
            error => Trouble::Hub(error),
        }
    }
}

impl From<String> for Trouble {
    fn from(told: String) -> Self {
        Trouble::Told(told)
    }
}

fn run(context: &HookContext) -> anyhow::Result<()> {
    let mut handlers = None;
    loop {
        let begun: Value = context.post("/util/begin_repository.json", &json!({}))?;
        let begun = begun.get("repository").cloned().unwrap_or_default();
        let Some(draft) = serde_json::from_value::<Option<RepositoryDraft>>(begun)? else {
            return Ok(());
        };
        let handlers: &Handlers = match &mut handlers {
            Some(handlers) => handlers,
            none => none.insert(Handlers::new(context)?),
        };
        let generation = draft.generation;
        let made = make(context, handlers, &draft);
        handlers.report(context)?;
        match made {
            Ok(()) => {}
            // The tag has changed, or another regulator was first.
            Err(Trouble::Hub(error)) if error.is(Code::NotFound) => {}
            Err(Trouble::Hub(error)) => return Err(error.into()),
            Err(Trouble::Told(why)) => {
                let RepositoryDraft { project, tag, .. } = &draft;
                context.warn(format!("repository of tag {project}/{tag}: {why}"));
                let failure = RepositoryFailure { generation, why };
                match context.post::<Value>("/util/fail_repository.json", &failure) {
                    Err(error) if !error.is(Code::NotFound) => return Err(error.into()),
                    _ => {}
                }
            }
        }
    }
}

fn make(
    context: &HookContext,
    handlers: &Handlers,
    draft: &RepositoryDraft,
) -> Result<(), Trouble> {
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
            Err(failure) => return Err(told(failure.sentence).into()),
            Ok(Ended::Indexed(_)) => {}
            Ok(other) => {
                return Err(told(format!("an answer to another question: {other:?}")).into());
            }
        }
        upload(context, draft.generation, part, &place.index)?;
    }
    let switch = RepositorySwitch { generation: draft.generation };
    context.post::<Value>("/util/switch_repository.json", &switch)?;
    gather.forget_others();
    Ok(())
}

fn described(file: &mf_core::wire::RepositoryFile) -> IndexFile {
    let size = u64::try_from(file.size).unwrap_or_default();
    IndexFile { name: file.name.clone(), size, sha256: file.sha256.clone() }
}

/// Stores all that a handler wrote.
fn upload(
    context: &HookContext,
    generation: i64,
    part: &RepositoryPart,
    index: &std::path::Path,
) -> Result<(), Trouble> {
    let files = tree::files(index).map_err(|why| format!("{}: its index {why}", part.path))?;
    for file in files {
        let path = format!("{}/{}", part.path, file.place);
        let unread = |error: std::io::Error| format!("{path}: {error}");
        let opened = fs::File::open(&file.path).map_err(unread)?;
        let sha256 = opened.try_clone().and_then(crate::digest::of).map_err(unread)?;
        let opened = fs::File::open(&file.path).map_err(unread)?;
        context.wait(context.hub().upload_index(generation, &path, &sha256, opened))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_that_is_away_is_no_trouble_of_the_tags() {
        let refused = |status, code: &str| Error::Refused {
            status,
            code: code.into(),
            sentence: "x.rpm is gone".into(),
        };
        assert!(matches!(Trouble::from(refused(400, "Refused")), Trouble::Told(_)));
        assert!(matches!(Trouble::from(refused(404, "NotFound")), Trouble::Hub(_)));
        assert!(matches!(Trouble::from(refused(503, "Busy")), Trouble::Hub(_)));
    }
}
