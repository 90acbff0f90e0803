//! `mf up`: hub, regulator and one worker on this host, as one thing.

mod child;
mod conf;
mod farm;
mod keeper;
mod lock;
mod ready;
mod signals;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::json;

pub use child::Messages;
pub use farm::{Farm, Options};
pub use signals::Signals;

use super::cx::{Cx, run};
use super::example;
use super::exit::{Exit, Failure, Outcome};
use super::print;

/// The command.
pub fn command() -> Command {
    Command::new("up")
        .about("Run a whole farm on this host: hub, regulator and one worker")
        .long_about(
            "Run a whole farm on this host: hub, regulator and one worker.\n\nDIR/mf.conf appears \
             when builds can be submitted, and is removed when the farm stops. SIGTERM or Ctrl-C \
             stops everything in order, a second one at once. DIR stays, and the next `mf up` on \
             it continues where this one ended. DIR/hub.toml, DIR/regulatord.toml and \
             DIR/workerd.toml are read if they are there.",
        )
        .arg(
            Arg::new("data-dir")
                .long("data-dir")
                .value_name("DIR")
                .value_parser(value_parser!(PathBuf))
                .required(true)
                .help("Where the farm keeps everything; created if missing"),
        )
        .arg(
            Arg::new("listen")
                .long("listen")
                .value_name("ADDR:PORT")
                .value_parser(value_parser!(SocketAddr))
                .default_value("127.0.0.1:8765")
                .help("Where the API answers; port 0 picks a free one"),
        )
        .arg(
            Arg::new("plain-http")
                .long("plain-http")
                .action(ArgAction::SetTrue)
                .help("Speak plain http on an address that other hosts can reach"),
        )
        .args(plugins_and_schemes())
        .after_help(example::text(
            "mf up --data-dir farm --listen 127.0.0.1:0\nMF_CONFIG=farm/mf.conf mf status",
        ))
}

/// The flags that the worker and the regulator are given.
pub fn plugins_and_schemes() -> [Arg; 3] {
    [
        Arg::new("plugins-dir")
            .long("plugins-dir")
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .action(ArgAction::Append)
            .help("Where plugins are, instead of the default places; may be repeated"),
        Arg::new("allow-scheme")
            .long("allow-scheme")
            .value_name("SCHEME")
            .action(ArgAction::Append)
            .help("Allow source from such URLs too, such as `file`; may be repeated"),
        Arg::new("network").long("network").value_name("PLUGIN").action(ArgAction::Append).help(
            "Allow builds by this plugin, such as `generic`, to use the network; may be repeated",
        ),
    ]
}

/// Runs the farm until it is told to stop.
///
/// # Errors
/// The farm cannot be started.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let words = |name| matches.get_many::<String>(name).into_iter().flatten().cloned().collect();
    let dir = matches.get_one::<PathBuf>("data-dir").cloned().unwrap_or_default();
    let listen = *matches.get_one("listen").expect("it has a default");
    let plugins_dirs = matches.get_many("plugins-dir").into_iter().flatten().cloned().collect();
    let options = Options {
        data_dir: dir,
        listen,
        plugins_dirs,
        allow_schemes: words("allow-scheme"),
        network: words("network"),
        ca_file: cx.ca_file()?,
        plain_http: matches.get_flag("plain-http"),
        messages: Messages::Inherit,
    };
    run(async {
        let mut signals = Signals::new()?;
        let mut farm = tokio::select! {
            farm = Farm::new(options) => farm?,
            () = signals.next() => return Ok(Exit::Success),
        };
        let outcome = tokio::select! {
            outcome = live(cx, &mut farm) => outcome,
            () = signals.next() => Ok(Exit::Success),
        };
        farm.stop(&mut signals).await;
        outcome
    })
}

/// Brings the farm up and says so; returns only with a failure.
async fn live(cx: &Cx, farm: &mut Farm) -> Outcome {
    farm.open().await?;
    let conf = farm.conf().display().to_string();
    if cx.json {
        print::json::all(&json!({ "url": farm.url(), "config": conf }))?;
    } else {
        // Nobody has to read it: mf.conf is what says that the farm is ready.
        let text = format!("the farm is ready at {}\nexport MF_CONFIG={conf}", farm.url());
        let _: Result<(), Failure> = print::line(&text);
    }
    Err(farm.failure().await)
}
