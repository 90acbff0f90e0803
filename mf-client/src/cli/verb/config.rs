//! `mf config`: which hub commands use, as whom, and where that is set.

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Map, Value, json};

use crate::cli::choice;
use crate::cli::cx::Cx;
use crate::cli::example;
use crate::cli::exit::{Exit, Outcome};
use crate::cli::print::{clean, detail, json as print_json, line, table};
use crate::{Connection, Key};

/// The command.
pub fn command() -> Command {
    let show = Command::new("show")
        .about("Show which hub is used, as whom, and which certificates are trusted")
        .arg(
            Arg::new("origin")
                .long("origin")
                .action(ArgAction::SetTrue)
                .help("Show also where each is set: a flag, a variable, a file"),
        )
        .after_help(example::text("mf config show --origin\nmf --connection work config show"));
    let list = Command::new("list")
        .about("List the connections of mf.conf")
        .after_help(example::text("mf config list"));
    Command::new("config")
        .about("Which hub commands use, as whom, and where that is set")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommands([show, list])
        .after_help(example::text("mf config show --origin"))
}

/// Shows it.
///
/// # Errors
/// `mf.conf` cannot be used.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    match matches.subcommand() {
        Some(("list", _)) => list(cx),
        Some((_, matches)) => show(cx, matches.get_flag("origin")),
        None => Ok(Exit::Success),
    }
}

fn show(cx: &Cx, origin: bool) -> Outcome {
    let connection = cx.connection()?;
    let mut rows = vec![("connection", connection.name.clone(), cx.connection_origin())];
    let of = |name: &str| connection.origins.get(name).cloned().unwrap_or("default".into());
    let key = connection.api_key.as_ref().map(shown).unwrap_or_default();
    let ca_file = connection.trust.ca_file.as_ref().map(|file| file.display().to_string());
    rows.push(("url", connection.url.clone(), of("url")));
    rows.push(("user", connection.user.clone(), of("user")));
    rows.push(("api_key", key, of("api_key")));
    rows.push(("ca_file", ca_file.unwrap_or_default(), of("ca_file")));
    rows.push(("plain_http", connection.trust.plain_http.to_string(), of("plain_http")));
    if let Some(project) = choice::current(&connection)? {
        rows.push(("project", project, "mf workon".into()));
    }
    if cx.json {
        let said = |(name, value, origin): (&str, String, String)| {
            (name.to_owned(), json!({ "value": value, "origin": origin }))
        };
        let map: Map<String, Value> = rows.into_iter().map(said).collect();
        print_json::data("config", &Value::Object(map))?;
    } else if origin {
        let headings = ["setting", "value", "origin"].map(str::to_owned);
        let rows: Vec<_> = rows.into_iter().map(|(n, v, o)| vec![n.to_owned(), v, o]).collect();
        table::print(&headings, &rows)?;
    } else {
        let pairs: Vec<_> = rows.into_iter().map(|(n, v, _)| (n.to_owned(), v)).collect();
        detail::pairs_of(&pairs)?;
    }
    Ok(Exit::Success)
}

/// The part of a key that is no secret.
fn shown(key: &Key) -> String {
    match key.expose().splitn(3, '_').collect::<Vec<_>>()[..] {
        [mark, id, _] => format!("{mark}_{id}_…"),
        _ => "…".into(),
    }
}

fn list(cx: &Cx) -> Outcome {
    let (names, chosen) = (Connection::names()?, cx.connection_name());
    if cx.json {
        let object = |name: String| json!({ "label": name, "chosen": name == chosen });
        print_json::rows(cx, "connections", names.into_iter().map(object).collect())?;
        return Ok(Exit::Success);
    }
    for name in names {
        let mark = if name == chosen && !cx.quiet { " *" } else { "" };
        line(&clean(&format!("{name}{mark}")))?;
    }
    Ok(Exit::Success)
}

#[cfg(test)]
mod tests {
    #[test]
    fn of_a_key_only_its_public_part_is_shown() {
        let shown = |text: &str| super::shown(&text.parse().unwrap());
        assert_eq!(shown("mf_1a_s3cret_more"), "mf_1a_…");
        assert_eq!(shown("anything"), "…");
    }
}
