//! The command line `mf`: its tree is every resource of the table with its
//! verbs and functions, and the verbs that have a file of their own.

mod alias;
mod ask;
mod choice;
mod crud;
mod cx;
mod demo;
mod example;
mod exit;
mod explain;
mod flags;
mod function;
mod list;
mod names;
mod patience;
mod print;
mod secret;
mod sibling;
mod up;
mod verb;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};
use mf_core::resource::{ALL, Resource, find};

use cx::Cx;
use exit::{Exit, Failure, Outcome};
use verb::{OF_RESOURCES, Verb};

/// Runs `mf` with the words of this process; how it ends.
pub fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    // A shell asks what could come next; nothing is done then.
    if std::env::var_os(verb::completion::VARIABLE).is_some() {
        clap_complete::CompleteEnv::with_factory(tree).var(verb::completion::VARIABLE).complete();
    }
    let lines = words.iter().any(|word| word == "--jsonl");
    if lines {
        print::json::in_lines();
    }
    let as_json = lines || words.iter().any(|word| word == "--json");
    // A bug is said in one place too; the panic hook has named where it is.
    let outcome = std::panic::catch_unwind(|| run(&words)).unwrap_or_else(|_| {
        Err(Failure::new(Exit::Internal, "this is a bug of mf; please report it"))
    });
    let exit = outcome.unwrap_or_else(|failure| {
        print::failure(&failure, as_json);
        failure.exit
    });
    ExitCode::from(exit as u8)
}

fn run(words: &[OsString]) -> Outcome {
    // The library says to it what it waits for.
    mf_core::log::start_to(print::message);
    let tree = tree();
    sibling::run(words, |word| tree.find_subcommand(word).is_some() || word == "help")?;
    let matches = match tree.try_get_matches_from(flags::join_booleans(words)) {
        Ok(matches) => matches,
        Err(error) => return not_parsed(&error, words),
    };
    if matches.get_flag("no-pager") {
        print::pager::off();
    }
    let cx = Cx::of(&matches);
    let Some((name, inner)) = matches.subcommand() else { return Ok(Exit::Success) };
    if let Some(verb) = verb::ALONE.iter().find(|verb| verb.name == name) {
        return (verb.call)(&cx, inner).map_err(|failure| cx.explain(failure));
    }
    let outcome = match (find(name), inner.subcommand()) {
        (Some(of), Some((verb, matches))) => call(&cx, of, verb, matches),
        _ => Err(Failure::usage(format!("there is no command {name:?}"))),
    };
    outcome.map_err(|failure| cx.explain(failure))
}

fn call(cx: &Cx, of: &'static Resource, verb: &str, matches: &ArgMatches) -> Outcome {
    if let Some((_, own)) = OF_RESOURCES.iter().find(|(r, own)| *r == of.name && own.name == verb) {
        return (own.call)(cx, matches);
    }
    if let Some((of, verb)) = alias::meaning(of, verb) {
        return crud::call(cx, of, verb, matches);
    }
    match function::offered(of).find(|function| function::verb(function) == verb) {
        Some(function) => function::call(cx, of, function, matches),
        None => crud::call(cx, of, verb, matches),
    }
}

/// The whole command line, such as a reference or a shell's completion needs.
pub fn tree() -> Command {
    let verbs = verb::ALONE.iter().map(|verb| (verb.command)());
    let resources = ALL.iter().map(|of| resource(of));
    Command::new("mf")
        .version(mf_core::VERSION)
        .about("MonkeyFarm: a build farm")
        .long_about(
            "MonkeyFarm: a build farm.\n\nEvery resource has the verbs create, show, update, \
             delete and list. Output is for people, or with --json for programs.",
        )
        .after_help(example::text(
            "mf demo\nmf workon my-project\nmf build create --package-branch php.rpm --watch",
        ))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(everywhere())
        .subcommands(verbs.chain(resources).chain(sibling::commands()))
}

/// The flags that every command has, at the end of its help.
fn everywhere() -> [Arg; 7] {
    let switch = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    let choice = |id: &'static str, name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(id).long(name).value_name(value).help(help)
    };
    let one_section = "Use the section [connection:NAME] of mf.conf";
    let one_hub = "The hub's URL; a key in mf.conf is sent only to its own hub";
    let one_file = "Trust only the certificate authorities in this PEM file";
    [
        switch("json", "Print JSON: {\"data\": …, \"errors\": {…}}").display_order(900),
        switch("jsonl", "Print JSON lines: one object of a list or a stream on each")
            .display_order(900),
        choice("hub-url", "hub", "URL", one_hub).display_order(901),
        choice("connection", "connection", "NAME", one_section).display_order(901),
        choice("ca-file", "ca-file", "FILE", one_file)
            .value_parser(clap::value_parser!(std::path::PathBuf))
            .display_order(902),
        switch("quiet", "Print only labels, and no progress").short('q').display_order(903),
        switch("no-pager", "Print long output at once, not page by page").display_order(904),
    ]
    .map(|flag| flag.global(true))
}

/// A resource's name as a word of the command line.
fn noun(of: &Resource) -> String {
    of.name.replace('_', "-")
}

fn resource(of: &'static Resource) -> Command {
    let other = Some(of.key()).filter(|key| *key != noun(of));
    Command::new(noun(of))
        .about(flags::sentence(of.about))
        .aliases(other)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .after_help(example::text(&format!("mf {} {}", noun(of), first_verb(of))))
        // Most runs need one of the eighteen; the others are never made.
        .defer(verbs)
}

/// A resource's command with its verbs.
fn verbs(command: Command) -> Command {
    let Some(of) = find(command.get_name()) else { return command };
    let own: Vec<&Verb> =
        OF_RESOURCES.iter().filter(|(r, _)| *r == of.name).map(|(_, verb)| verb).collect();
    let is_own = |name: &str| own.iter().any(|verb| verb.name == name);
    let crud = crud::VERBS.into_iter().filter(|verb| crud::offered(of, verb) && !is_own(verb));
    command
        .subcommands(crud.map(|verb| crud::command(of, verb)))
        .subcommands(own.iter().map(|verb| (verb.command)()))
        .subcommands(function::offered(of).map(|function| function::command(of, function)))
        .subcommands(alias::commands(of))
}

/// The verb that is the example of a resource.
fn first_verb(of: &'static Resource) -> String {
    match function::offered(of).next() {
        Some(function) if !crud::offered(of, "list") => function::verb(function),
        _ => "list".into(),
    }
}

/// Help and version are answers; the rest is a usage error in our own form.
fn not_parsed(error: &clap::Error, words: &[OsString]) -> Outcome {
    let text = error.render();
    let help = || {
        let mut text = text.ansi().to_string().trim_end().to_owned();
        // Of `mf` itself, not of one of its commands.
        if words.iter().skip(1).all(|word| ["-h", "--help", "help"].iter().any(|h| word == h)) {
            text += &others();
        }
        text
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            print::pager::text(&help())?;
            Ok(Exit::Success)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            print::say(&help());
            Err(Failure::usage(""))
        }
        _ => {
            let failure = usage(&text.to_string());
            Err(match similar(error) {
                Some(names) => failure.hint(format!("did you mean {names}?")),
                None => failure,
            })
        }
    }
}

/// The commands that other programs on PATH are.
fn others() -> String {
    let tree = tree();
    let found = sibling::others(|word| tree.find_subcommand(word).is_some());
    let width = found.keys().map(String::len).max().unwrap_or(0);
    let mut text = String::new();
    for (word, path) in &found {
        let path = print::clean(&path.display().to_string());
        text += &format!("\n  \x1b[1m{word:width$}\x1b[0m  {path}");
    }
    if text.is_empty() { text } else { format!("\n\n\x1b[1;4mPrograms on PATH:\x1b[0m{text}") }
}

/// The commands that a mistyped one is most like, at most two; each has two
/// spellings, and one is enough.
fn similar(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::Strings(names)) = error.get(ContextKind::SuggestedSubcommand) else {
        return None;
    };
    let mut best: Vec<String> = Vec::new();
    // The most similar comes last.
    for name in names.iter().rev().map(|name| name.replace('_', "-")) {
        if best.len() < 2 && !best.contains(&name) {
            best.push(name);
        }
    }
    (!best.is_empty()).then(|| format!("'{}'", best.join("' or '")))
}

/// Our sentence and hint out of clap's text.
fn usage(text: &str) -> Failure {
    let mut sentence = Vec::new();
    let mut hint = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(tip) = line.strip_prefix("tip: ") {
            hint.push(tip.to_owned());
        } else if let Some(usage) = line.strip_prefix("Usage: ") {
            hint.push(format!("usage: {usage}"));
        } else if !line.starts_with("For more information") {
            sentence.push(line.trim_start_matches("error: "));
        }
    }
    let failure = Failure::usage(sentence.join(" "));
    if hint.is_empty() { failure } else { failure.hint(hint.join("\n")) }
}
