//! Questions on the terminal: for missing values, and for confirmation.

use std::io::{BufRead, IsTerminal, Write};

use mf_core::resource::{Field, Input, Kind, find};
use serde_json::Value;

use super::cx::{Cx, run};
use super::exit::{Exit, Failure};
use super::flags;
use super::print::{clean, say};

/// More things than these are not listed beside a question.
const CHOICES: usize = 12;

/// Whether somebody is there to be asked. What is asked stands on standard
/// error, so that the output can go elsewhere.
pub fn possible(cx: &Cx) -> bool {
    !cx.json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// One line of an answer; `default` for an empty one.
///
/// # Errors
/// The terminal was closed.
pub fn text(question: &str, default: &str) -> Result<String, Failure> {
    let shown = match default {
        "" => format!("{}: ", clean(question)),
        default => format!("{} [{}]: ", clean(question), clean(default)),
    };
    // A question that cannot be shown can still be answered.
    let _ = write!(std::io::stderr(), "{shown}");
    let mut answer = String::new();
    if std::io::stdin().lock().read_line(&mut answer)? == 0 {
        say("");
        return Err(nothing());
    }
    let answer = answer.trim();
    Ok(if answer.is_empty() { default } else { answer }.to_owned())
}

/// Whether it is to be done; without an answer it is.
///
/// # Errors
/// It is not.
pub fn go_on(question: &str) -> Result<(), Failure> {
    match text(&format!("{question} [Y/n]"), "")?.to_ascii_lowercase().as_str() {
        "" | "y" | "yes" => Ok(()),
        _ => Err(nothing()),
    }
}

/// Asks for the label of what will be gone for ever; without a terminal
/// nothing is done unasked.
///
/// # Errors
/// The answer is another, or there is nobody to ask.
pub fn confirm(cx: &Cx, what: &str, label: &str) -> Result<(), Failure> {
    if !possible(cx) {
        let told = format!("{what} cannot be undone, and nobody is there to confirm it");
        return Err(Failure::usage(told).hint("give --yes"));
    }
    say(&format!("{} cannot be undone", clean(what)));
    if text(&format!("type {label} to confirm"), "")? == label { Ok(()) } else { Err(nothing()) }
}

fn nothing() -> Failure {
    Failure::new(Exit::Interrupted, "nothing was done")
}

/// A value of a field that must be given and was not, asked for until it is
/// one.
///
/// # Errors
/// The terminal was closed.
pub fn field(cx: &Cx, field: &Field) -> Result<Value, Failure> {
    if field.kind == Kind::Secret {
        return super::secret::ask(field.name).map(Value::from);
    }
    let choices = choices(cx, field);
    let listed = choices.as_ref().map(|(_, labels)| format!(": {}", labels.join(", ")));
    let what = format!("{} ({}{})", flags::name(field), field.about, listed.unwrap_or_default());
    loop {
        let answer = text(&what, "")?;
        if answer.is_empty() {
            continue;
        }
        if let Some((to, labels)) = &choices
            && let Some(unknown) = answer.split(',').find(|one| !labels.iter().any(|l| l == one))
        {
            say(&clean(&format!("there is no {to} {unknown:?}")));
            continue;
        }
        match field.parse(Input::Texts(&[answer])) {
            Ok(value) => return Ok(flags::json(value)),
            Err(error) => say(&clean(&error.sentence)),
        }
    }
}

/// What a reference may be, where that is little: the resource, and labels.
fn choices(cx: &Cx, field: &Field) -> Option<(&'static str, Vec<String>)> {
    let (Kind::Ref { to, .. } | Kind::Refs { to, .. }) = field.kind else { return None };
    // Who cannot be told what there is can still answer.
    let labels = find(to).and_then(|to| labels(cx, to.name).ok())?;
    (1..=CHOICES).contains(&labels.len()).then_some((to, labels))
}

fn labels(cx: &Cx, of: &str) -> Result<Vec<String>, Failure> {
    let hub = cx.hub()?;
    let limit = (CHOICES + 1).to_string();
    let mut filters = vec![("limit", limit.as_str())];
    let project = cx.chosen_project();
    filters.extend(project.as_deref().map(|label| ("project_label", label)));
    let objects: Vec<Value> = run(async { Ok(hub.get_all(of, &filters).await?) })?;
    let label = |object: &Value| object.get("label").and_then(Value::as_str).map(str::to_owned);
    Ok(objects.iter().filter_map(label).collect())
}
