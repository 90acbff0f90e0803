//! `mf top`: the queue and the workers on a whole screen, as they are now.

mod beat;
mod look;
mod picture;
mod screen;

use clap::{ArgMatches, Command};
use mf_core::time;
use tokio::sync::mpsc;

use self::beat::{Beat, Beats};
use self::look::{Farm, Watched};
use self::picture::{Frame, picture};
use self::screen::Screen;
use crate::cli::cx::{Cx, run};
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::print::{json, line, live, on_terminal, say, table};
use crate::cli::{example, flags};

/// Seconds after which the hub is asked although nothing has happened: when a
/// worker was last heard of is no event.
const QUIET: u32 = 30;

/// The command.
pub fn command() -> Command {
    Command::new("top")
        .about("Watch the queue and the workers on a whole screen, until q or Ctrl-C")
        .long_about(
            "Watch the queue and the workers on a whole screen, until q or Ctrl-C: what each \
             system builds, what runs and for how long, what waits and why.\n\nIt follows the \
             hub's events, and makes at most one request a second. Without a terminal, or with \
             TERM=dumb, the farm is shown once.",
        )
        .arg(flags::project().help("Only tasks of this project"))
        .after_help(example::text("mf top\nmf top --project php\nmf top --json"))
}

/// Watches.
///
/// # Errors
/// The hub cannot be reached at first, or refuses.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let project = matches.get_one::<String>("project_label").cloned();
    // Whoever looks is told otherwise that an answer takes its time.
    let watched = Watched { hub: cx.connection()?.hub()?, project };
    if cx.json || !live::possible(cx) || !on_terminal() {
        return once(cx, &watched);
    }
    run(until_left(watched))
}

fn once(cx: &Cx, watched: &Watched) -> Outcome {
    let farm = run(async { Ok(watched.look().await?) })?;
    if cx.json {
        json::data("top", &farm.value())?;
        return Ok(Exit::Success);
    }
    let url = watched.hub.url();
    let frame = Frame { url, now: &time::now(), away: None, columns: table::columns(), rows: None };
    picture(&farm, &frame).iter().try_for_each(|text| line(text))?;
    if !cx.quiet {
        say("there is no terminal to watch on: this is shown once");
    }
    Ok(Exit::Success)
}

/// What may come while one watches.
enum News {
    /// Something has happened on the farm.
    Happened,
    /// The farm as it is now.
    Looked(Result<Farm, Failure>),
    /// The hub does not answer; why.
    Away(String),
    /// Somebody has had enough.
    Left,
}

async fn until_left(watched: Watched) -> Outcome {
    // What is wrong at first is said on the terminal as it was.
    let events = watched.events().await?;
    let mut farm = watched.look().await?;
    let (say, heard) = mpsc::channel(8);
    let mut beats = Beats::new(heard)
        .map_err(|e| Failure::new(Exit::Internal, format!("signals cannot be heard: {e}")))?;
    watched.listen(events, say.clone());
    let screen = Screen::take(say.clone())?;
    let (mut stale, mut asking, mut idle) = (false, false, 0);
    let mut away: Option<(String, String)> = None;
    loop {
        let (columns, rows) = table::terminal_size();
        let now = time::now();
        let frame = Frame {
            url: watched.hub.url(),
            now: &now,
            away: away.as_ref().map(|(since, why)| (since.as_str(), why.as_str())),
            columns: Some(columns),
            rows: Some(rows),
        };
        screen.show(&picture(&farm, &frame))?;
        match beats.next().await {
            Beat::News(News::Happened) => stale = true,
            Beat::News(News::Looked(looked)) => {
                (farm, asking, away) = (looked?, false, None);
            }
            Beat::News(News::Away(why)) => {
                let since = away.map_or(now, |(since, _)| since);
                (away, asking, stale) = (Some((since, why)), false, true);
            }
            Beat::News(News::Left) => return Ok(Exit::Success),
            Beat::Stopped => return Ok(Exit::Interrupted),
            Beat::Resized => {}
            Beat::Second => {
                idle += 1;
                if !asking && (stale || idle >= QUIET) {
                    (stale, asking, idle) = (false, true, 0);
                    watched.ask(say.clone());
                }
            }
        }
    }
}
