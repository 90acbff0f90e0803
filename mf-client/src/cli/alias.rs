//! Spellings of the original's command line that are not of the form resource
//! and verb.

use clap::Command;
use mf_core::resource::{Resource, find};

use super::crud;

/// `mf build list-types` is `mf build-type list`, and so the others: the
/// resource it stands under, its name, the resource and the verb it means.
const ALIASES: &[(&str, &str, &str, &str)] = &[
    ("build", "list-types", "build_type", "list"),
    ("build", "create-type", "build_type", "create"),
    ("build", "update-type", "build_type", "update"),
    ("build", "delete-type", "build_type", "delete"),
];

/// The commands of these spellings under a resource.
pub fn commands(of: &Resource) -> impl Iterator<Item = Command> + use<> {
    let under = of.name;
    ALIASES.iter().filter(move |alias| alias.0 == under).filter_map(move |(_, name, of, verb)| {
        let of = find(of)?;
        let noun = super::noun(of);
        let example = crud::command(of, verb).get_after_help()?.to_string();
        let example = example.replace(&format!("mf {noun} {verb}"), &format!("mf {under} {name}"));
        let command = crud::command(of, verb).name(*name).after_help(example);
        Some(command.about(format!("The same as mf {noun} {verb}")))
    })
}

/// What such a spelling means.
pub fn meaning(under: &Resource, name: &str) -> Option<(&'static Resource, &'static str)> {
    let (_, _, of, verb) = ALIASES.iter().find(|alias| alias.0 == under.name && alias.1 == name)?;
    Some((find(of)?, verb))
}
