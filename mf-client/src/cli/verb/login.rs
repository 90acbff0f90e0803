//! `mf login`: stores a key for later commands.

mod conf;

use std::io::IsTerminal;

use base64ct::{Base64, Encoding};
use clap::{Arg, ArgMatches, Command};
use mf_core::resource::USER;
use reqwest::header::AUTHORIZATION;
use reqwest::{Method, Url};
use serde_json::{Map, Value, json};

use crate::cli::cx::{Cx, run};
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::print::{clean, json as print_json, line, say};
use crate::cli::{ask, example, secret};
use crate::{Connection, Hub, Key};

/// How every key of a hub begins.
const KEY: &str = "mf_";

/// The command.
pub fn command() -> Command {
    Command::new("login")
        .about("Store a hub's key in mf.conf, for later commands")
        .long_about(
            "Store a hub's key in mf.conf, for later commands.\n\nIt asks for the key, or for the \
             password to make a new key with, or reads it from standard input; neither is ever an \
             argument. The file is ~/.mf.conf, or the one that MF_CONFIG names, and only its \
             owner can read it. --connection NAME keeps one beside others.",
        )
        .arg(Arg::new("URL").help("The hub's URL; default: that of the connection"))
        .arg(
            Arg::new("user")
                .long("user")
                .value_name("LABEL")
                .help("Whose password it is; not needed with a key"),
        )
        .after_help(example::text(
            "mf login https://farm.example.org:8765\nmf --connection work login https://work:8765",
        ))
}

/// Keeps it.
///
/// # Errors
/// The hub does not know the key, or the file cannot be written.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let name = cx.connection_name();
    let mut connection = existing(cx, &name)?;
    let given = matches.get_one::<String>("URL").map(String::as_str).or(cx.given_url());
    let url = match given {
        Some(url) => url.to_owned(),
        None if ask::possible(cx) => ask::text("URL of the hub", &connection.url)?,
        None => connection.url.clone(),
    };
    if url.trim_end_matches('/') != connection.url.trim_end_matches('/') {
        connection.user.clear();
    }
    connection.url = url.trim_end_matches('/').to_owned();
    connection.api_key = None;
    // Before a secret is typed: is there a hub at all?
    let hub = connection.hub()?;
    run(async { Ok(hub.version().await?) })?;
    let mut user = matches.get_one::<String>("user").cloned().unwrap_or(connection.user.clone());
    let asks = std::io::stdin().is_terminal();
    let secret = secret::ask(if asks { "API key, or password" } else { "key" })?;
    let key: Key = if secret.starts_with(KEY) {
        secret.parse().map_err(|e: crate::KeyError| Failure::usage(e.to_string()))?
    } else {
        if user.is_empty() {
            if !ask::possible(cx) {
                return Err(Failure::usage("whose password is it?").hint("give --user LABEL"));
            }
            user = ask::text("user", &std::env::var("USER").unwrap_or_default())?;
        }
        run(by_password(&hub, &connection, &user, &secret))?
    };
    connection.api_key = Some(key.clone());
    let hub = connection.hub()?;
    let me = run(async { Ok(hub.call("util", None, "whoami", &Map::new()).await?) })?;
    let label = me.pointer("/whoami/label").and_then(Value::as_str).unwrap_or_default().to_owned();
    let file = Connection::own_file()
        .ok_or_else(|| Failure::new(Exit::Configuration, "HOME is not set"))?;
    let values = [("url", connection.url.as_str()), ("user", &label), ("api_key", key.expose())];
    conf::set(&file, &name, &values)?;
    for variable in ["MF_URL", "MF_API_KEY"] {
        if std::env::var_os(variable).is_some_and(|text| !text.is_empty()) {
            say(&format!("\x1b[33mwarning:\x1b[0m {variable} is set, and wins over the file"));
        }
    }
    let file = file.display().to_string();
    if cx.json {
        print_json::data(
            "login",
            &json!({ "user_label": label, "url": connection.url, "file": file }),
        )?;
    } else if !cx.quiet {
        let told =
            format!("{label} at {}: kept in {file}, as the connection {name}", connection.url);
        line(&clean(&told))?;
    }
    Ok(Exit::Success)
}

/// The connection of that name, or a new one.
fn existing(cx: &Cx, name: &str) -> Result<Connection, Failure> {
    match cx.connection() {
        Ok(connection) => Ok(connection),
        Err(failure) if Connection::names().is_ok_and(|names| names.iter().any(|n| n == name)) => {
            Err(failure)
        }
        // It is made now.
        Err(_) => Ok(Connection {
            name: name.to_owned(),
            url: crate::DEFAULT_URL.to_owned(),
            trust: cx.flag_trust(),
            ..Connection::default()
        }),
    }
}

/// Makes a key with a password, called after this host.
async fn by_password(
    hub: &Hub,
    connection: &Connection,
    user: &str,
    password: &str,
) -> Result<Key, Failure> {
    let base = Url::parse(&connection.url).map_err(|e| Failure::usage(e.to_string()))?;
    connection.trust.check(&base)?;
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let made: String = hub
        .request(Method::POST, &[USER.name, user, "create_key.json"])?
        .header(
            AUTHORIZATION,
            &format!("Basic {}", Base64::encode_string(format!("{user}:{password}").as_bytes())),
        )
        .json(&json!({ "name": fresh(&host) }))
        .get("key")
        .await?;
    made.parse().map_err(|e: crate::KeyError| Failure::new(Exit::Internal, e.to_string()))
}

/// A name for the key that no other has: the host, and a number.
fn fresh(host: &str) -> String {
    let host = host.split('.').next().unwrap_or_default();
    let host = if mf_core::label::check(host).is_ok() { host } else { "host" };
    format!("{host}-{:06x}", rand::random::<u32>() & 0xff_ffff)
}
