//! Landlock: what a process, and all that it starts, may do with files.

use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, BitFlags, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr,
    RulesetStatus, path_beneath_rules,
};

use crate::plugin::Confine;

/// The newest version whose rights are asked for; an older kernel has fewer.
const VERSION: ABI = ABI::V3;

/// Restricts this process for good; what it may do then, in words. With it no
/// program can gain rights any more, as by `sudo`.
///
/// # Errors
/// Why this kernel does not.
pub fn restrict(confine: &Confine) -> Result<&'static str, String> {
    let read = AccessFs::from_read(VERSION);
    let write = AccessFs::from_write(VERSION);
    let handled = match confine.reads {
        Some(_) => AccessFs::from_all(VERSION),
        None => write,
    };
    let ruleset = Ruleset::default().handle_access(handled).and_then(Ruleset::create);
    let ruleset = ruleset.map_err(|error| error.to_string())?;
    let ruleset = allow(ruleset, confine.reads.as_deref(), read)?;
    let ruleset = allow(ruleset, confine.writes.as_deref(), handled & (read | write))?;
    let status = ruleset.restrict_self().map_err(|error| error.to_string())?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err("this kernel has none".into()),
        _ if confine.reads.is_some() => Ok("no files but libraries"),
        _ => Ok("writes only to its own directories"),
    }
}

/// What is not there needs no rule.
fn allow(
    ruleset: RulesetCreated,
    paths: Option<&[PathBuf]>,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, String> {
    let there = paths.unwrap_or_default().iter().filter(|path| path.exists());
    ruleset.add_rules(path_beneath_rules(there, access)).map_err(|error| error.to_string())
}
