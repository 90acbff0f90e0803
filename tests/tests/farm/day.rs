//! A release manager's day at a terminal that nobody looks at: what each
//! command says on standard output, on standard error, and by its exit code,
//! against a real hub whose clock stands still.

use std::fmt::Write;

use monkeyfarm_tests::campaign::Clock;
use monkeyfarm_tests::{Farm, Options, Ran, Repository, world};

/// What is another on every host or in every run, by what stands before it.
fn settled(farm: &Farm, text: &str) -> String {
    let host = farm.json(&["system", "list"])["data"]["systems"][0]["label"].clone();
    let mut text = text.replace(&farm.setting("url"), "http://HUB");
    text = text.replace(&farm.scratch().display().to_string(), "/DIR");
    text = text.replace(mf_core::VERSION, "VERSION");
    text = whole(&text, host.as_str().unwrap(), "HOST");
    let mut words = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || c == '_' || c == '…' {
            word.push(c);
            continue;
        }
        let hex = word.len() == 40 && word.bytes().all(|b| b.is_ascii_hexdigit());
        words += match word.as_str() {
            _ if hex => "REVISION",
            key if key.starts_with("mf_") => "KEY",
            digest if digest.ends_with('…') && digest.len() > 12 => "DIGEST",
            other => other,
        };
        word.clear();
        words.push(c);
    }
    // Columns are as wide as what stood there before.
    let line = |line: &str| {
        let begin = line.len() - line.trim_start().len();
        let cells = line[begin..].split("  ").filter(|cell| !cell.is_empty()).map(str::trim);
        format!("{}{}", &line[..begin], cells.collect::<Vec<_>>().join("  "))
    };
    words.trim_end().lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A text with another name where this one stands alone.
fn whole(text: &str, name: &str, other: &str) -> String {
    let inside = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(name) {
        let alone = !before.ends_with(inside) && !after.starts_with(inside);
        shown += before;
        shown += if alone { other } else { name };
        rest = after;
    }
    shown + rest
}

struct Day<'a> {
    farm: &'a Farm,
    text: String,
}

impl Day<'_> {
    fn run(&mut self, words: &[&str]) {
        let ran = self.farm.mf(words);
        self.note(&words.join(" "), &ran);
    }

    fn note(&mut self, words: &str, ran: &Ran) {
        let settled = |text: &str| settled(self.farm, text);
        write!(self.text, "$ mf {}\n{}\n", settled(words), settled(&ran.out)).unwrap();
        if !ran.err.is_empty() {
            let lines: Vec<String> =
                settled(&ran.err).lines().map(|line| format!("! {line}")).collect();
            writeln!(self.text, "{}", lines.join("\n")).unwrap();
        }
        writeln!(self.text, "[{}]\n", ran.code).unwrap();
    }
}

#[test]
fn what_every_command_of_the_day_says() {
    let mut farm = Farm::prepared(Options::default());
    let clock = Clock::new(farm.scratch().join("clock"));
    clock.stop_at(1_769_860_800);
    farm.go_by(clock);
    farm.up();
    world::make(&farm);
    let recipe = world::recipe(&["cp src $MF_RESULT_DIR/out"]);
    let source = Repository::new(farm.scratch().join("tool"), &[(".monkeyfarm.toml", &recipe)]);
    world::package(&farm, "tool", &source.url(), &["--release", "one"]);
    let mut day = Day { farm: &farm, text: String::new() };
    day.run(&["workon"]);
    day.run(&["config", "show", "--origin"]);
    day.run(&["package", "list"]);
    day.run(&["package", "update", "tool", "--summary", "A tool", "--dry-run"]);
    day.run(&["package", "show", "tol"]);
    day.run(&["package", "list", "-c", "sumary"]);
    day.run(&["tag", "create", "testing", "--dry-run", "--json"]);
    for tag in ["testing", "stable"] {
        day.run(&["tag", "create", tag]);
    }
    // Its source is not there yet.
    let submit = |words: &[&str]| {
        let mut mf = farm.mf_command();
        Ran::of(mf.arg("submit").args(words).current_dir(source.dir()))
    };
    day.note("submit --dry-run", &submit(&["--dry-run"]));
    day.note("submit -q", &submit(&["-q"]));
    day.run(&["build", "watch", "tool-build1"]);
    day.run(&["build", "list", "--mine", "--failed"]);
    day.run(&["task", "log", "tool-build1.one-x86_64", "--search", "cannot"]);
    day.run(&["task", "log", "tool-build1.one-x86_64", "--search", "nothing like it"]);
    day.run(&["build", "compare", "tool-build1"]);
    source.commit(&[("src", "1\n")]);
    source.git(&["tag", "v1.0"]);
    day.note("submit --bugs 12 -q", &submit(&["--bugs", "12", "-q"]));
    day.run(&["build", "compare", "tool-build1", "tool-1.0", "--lines", "4"]);
    day.note("submit --no-watch --dry-run", &submit(&["--no-watch", "--dry-run"]));
    day.run(&["build", "tag", "tool-1.0", "testing"]);
    day.run(&["bug", "list", "--tag", "testing"]);
    day.run(&["tag", "move", "testing", "stable", "--dry-run"]);
    day.run(&["tag", "move", "testing", "stable"]);
    day.run(&["why", "tool-1.0.one-x86_64"]);
    day.run(&["build", "show", "tool-1.0", "--jsonl"]);
    day.run(&["user", "revoke-key", "admin", "laptop"]);
    day.run(&["build", "delete", "tool-build1"]);
    day.run(&["build", "delete", "tool-build1", "--yes", "--dry-run"]);
    day.run(&["--hub", "http://127.0.0.1:1", "status"]);
    insta::assert_snapshot!(day.text);
}
