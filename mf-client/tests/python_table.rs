//! The Python interface's `_table.py` is made from the resource table; this
//! holds the two together. `INSTA_UPDATE=always` writes it anew.
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

use std::fmt::Write;
use std::path::Path;

use mf_core::resource::{
    ALL, ARCH, Answer, Field, Function, Gives, Kind, Need, On, PACKAGE, Resource, Scope, UTIL, Who,
};

const HEAD: &str = r#""""The hub's resources and their functions, made from its table.

This file is generated: `make snapshots` writes it anew.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, Optional, Sequence, Union

from ._resource import Hub, Reply, Resource, Rows

"#;

#[test]
fn the_table_of_the_python_interface_is_the_hubs() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/monkeyfarm/_table.py");
    let table = table();
    if std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always") {
        std::fs::write(&file, &table).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == table,
        "python/monkeyfarm/_table.py is not what the table gives; \
         run `make snapshots` and review the difference"
    );
}

fn table() -> String {
    let mut text = HEAD.to_owned();
    text += &common("Site", "Objects of the site, and what all of them answer.", &ARCH);
    text += &common("Scoped", "Objects in projects, and what all of them answer.", &PACKAGE);
    for resource in ALL {
        text += &class(resource);
    }
    text += &root();
    text += "\nclass Resources:\n    \"\"\"A hub's resources.\"\"\"\n\n    def __init__(self, hub: Hub) -> None:\n";
    for resource in ALL {
        writeln!(text, "        self.{} = {}(hub)", resource.key(), title(resource)).unwrap();
    }
    text += "        self.root = Root(hub)\n";
    text
}

/// What belongs to no resource on the wire, though to one in the table.
fn root() -> String {
    let url = UTIL.function("get_file_download_url").unwrap();
    let about = "Where a file of a task can be had.";
    let mut text = format!("\nclass Root(Resource):\n    \"\"\"{about}\"\"\"\n\n");
    text += "    _name = \"root\"\n\n";
    text + &method(&UTIL, url) + "\n"
}

/// `PackageBranch`.
fn title(resource: &Resource) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    resource.key().split('_').map(word).collect()
}

/// What every resource with rows answers, as it is called on `like`.
fn common(name: &str, about: &str, like: &Resource) -> String {
    let mut text = format!("\nclass {name}(Rows):\n    \"\"\"{about}\"\"\"\n");
    for function in like.functions.iter().filter(|function| is_common(function)) {
        text += "\n";
        text += &method(like, function);
    }
    text + "\n"
}

fn is_common(function: &Function) -> bool {
    let rows = || ALL.iter().filter(|resource| resource.scope != Scope::NoRows);
    rows().all(|resource| resource.function(function.name).is_some())
}

fn class(resource: &Resource) -> String {
    let rows = resource.scope != Scope::NoRows;
    let base = match resource.scope {
        Scope::NoRows => "Resource",
        Scope::Site => "Site",
        Scope::Project => "Scoped",
    };
    let mut text = format!("\nclass {}({base}):\n", title(resource));
    let about = sentence(resource.about);
    if rows {
        writeln!(text, "    \"\"\"{about}\n\n    Its fields:\n").unwrap();
        for field in resource.fields() {
            writeln!(text, "{}", wrapped(&entry(field), 4, 6)).unwrap();
        }
        text += "    \"\"\"\n\n";
    } else {
        writeln!(text, "    \"\"\"{about}\"\"\"\n").unwrap();
    }
    writeln!(text, "    _name = \"{}\"", resource.name).unwrap();
    // What says which object it is goes with what is sent.
    let derived = resource.fields().filter(|f| f.read_only() && f.name != "id");
    let derived: Vec<String> = derived.map(|f| format!("        \"{}\",\n", f.name)).collect();
    if !derived.is_empty() {
        writeln!(text, "    _derived = frozenset((\n{}    ))", derived.concat()).unwrap();
    }
    let own = |function: &&Function| is_for_people(function) && !is_common(function);
    for function in resource.functions.iter().filter(own) {
        text += "\n";
        text += &method(resource, function);
    }
    text + "\n"
}

/// What only workers and the regulator call is no program's business.
fn is_for_people(function: &Function) -> bool {
    function.who == Who::ANYONE || !Who::SYSTEM.or(Who::REGULATOR).meets(function.who)
}

fn entry(field: &Field) -> String {
    let mut text = format!("* `{}`: {}", field.name, field.about);
    if field.read_only() {
        text += " (read-only)";
    }
    match field.need {
        Need::Must => text += " (required)",
        Need::Default(value) => write!(text, " (default: {value})").unwrap(),
        Need::May | Need::Made => {}
    }
    text
}

fn method(resource: &Resource, function: &Function) -> String {
    let scoped = resource.scope == Scope::Project && function.on != On::All;
    let own = |field: &&Field| !(scoped && field.name == "project_label");
    let takes: Vec<&Field> = function.takes.iter().filter(own).collect();
    let mut parameters = vec!["self".to_owned()];
    let mut path = Vec::new();
    if function.on != On::All {
        parameters.push("label: str".into());
        path.push("label".to_owned());
        if scoped {
            parameters.push("project: str".into());
        }
    }
    if function.on == On::Part {
        parameters.push("name: str".into());
        path.extend([format!("\"{}\"", function.name), "name".into()]);
    } else {
        path.push(format!("\"{}\"", function.name));
    }
    for field in takes.iter().filter(|field| field.need == Need::Must) {
        parameters.push(format!("{}: {}", field.name, kind(field.kind)));
    }
    for field in takes.iter().filter(|field| field.need != Need::Must) {
        parameters.push(format!("{}: Optional[{}] = None", field.name, kind(field.kind)));
    }
    let (call, gives) = match function.answer() {
        Answer::Envelope => ("_call", "Reply"),
        Answer::Bytes => ("_bytes", "Reply"),
        Answer::Events => ("_events", "Iterator[Dict[str, Any]]"),
    };
    let mut text = format!("    def {}(\n", function.name);
    for parameter in &parameters {
        writeln!(text, "        {parameter},").unwrap();
    }
    writeln!(text, "    ) -> {gives}:\n{}", documentation(function, &takes)).unwrap();
    let project = if scoped { "project" } else { "None" };
    let sent: String =
        takes.iter().map(|f| format!("            \"{0}\": {0},\n", f.name)).collect();
    let sent = if sent.is_empty() { "{}".to_owned() } else { format!("{{\n{sent}        }}") };
    writeln!(text, "        parameters: Dict[str, Any] = {sent}").unwrap();
    let verb = match function.answer() {
        Answer::Envelope if function.writes => "\"POST\", ",
        Answer::Envelope => "\"GET\", ",
        _ => "",
    };
    let path = format!("({},)", path.join(", "));
    writeln!(text, "        return self.{call}({verb}{path}, {project}, parameters)").unwrap();
    text
}

fn documentation(function: &Function, takes: &[&Field]) -> String {
    let mut text = wrapped(&format!("\"\"\"{}", sentence(function.about)), 8, 8);
    text += "\n";
    let gives = match function.answer() {
        Answer::Envelope if function.gives.is_empty() => String::new(),
        Answer::Envelope => format!("Gives: {}.", function.gives.join(", ")),
        Answer::Bytes => "Gives: content, the bytes.".into(),
        Answer::Events => "Goes on until the hub ends the connection.".into(),
    };
    if takes.is_empty() && gives.is_empty() {
        return format!("{}\"\"\"", text.trim_end());
    }
    text += "\n";
    for field in takes {
        let about = format!(":param {}: {}", field.name, field.about);
        writeln!(text, "{}", wrapped(&about, 8, 12)).unwrap();
    }
    if !gives.is_empty() {
        if !takes.is_empty() {
            text += "\n";
        }
        writeln!(text, "{}", wrapped(&gives, 8, 8)).unwrap();
    }
    text + "        \"\"\""
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Int(..) | Kind::Computed(Gives::Int) => "int",
        Kind::Bool => "bool",
        Kind::Refs { .. } | Kind::Computed(Gives::List) => "Union[str, Sequence[str]]",
        Kind::Computed(Gives::Json) => "Any",
        _ => "str",
    }
}

fn sentence(text: &str) -> String {
    // The backslash would be Python's.
    let text = text.replace('\\', "\\\\");
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    format!("{}{rest}.", first.to_uppercase())
}

/// Text in lines of at most 100 columns.
fn wrapped(text: &str, first: usize, other: usize) -> String {
    let mut lines = vec![" ".repeat(first)];
    for word in text.split(' ') {
        let line = lines.last_mut().unwrap();
        if line.len() + word.len() >= 100 {
            lines.push(format!("{}{word}", " ".repeat(other)));
        } else {
            if !line.trim().is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}
