//! The whole command line, as its help texts say it: a change of any flag is
//! seen in review.

use clap::Command;

/// Every command below this one, with the words that lead to it.
fn walk(command: &Command, words: &str, text: &mut String) {
    let asked = format!("{words} --help");
    let Err(help) = tree().try_get_matches_from(asked.split(' ')) else {
        return; // Another program's own words.
    };
    let help = help.to_string();
    *text += &format!("$ {asked}\n{}\n\n\n", help.trim_end());
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        walk(inner, &format!("{words} {}", inner.get_name()), text);
    }
}

fn tree() -> Command {
    mf_client::cli::tree().term_width(100)
}

fn reference() -> String {
    let mut whole = tree();
    whole.build();
    let mut text = String::new();
    walk(&whole, "mf", &mut text);
    text
}

#[test]
fn the_whole_reference() {
    insta::assert_snapshot!(reference());
}

#[test]
fn every_command_has_an_example_that_it_understands() {
    for help in reference().split("\n\n\n") {
        let Some(title) = help.lines().find(|line| !line.is_empty()) else { continue };
        let Some((_, examples)) = help.split_once("\nExample:\n") else {
            panic!("{title} has no example");
        };
        for line in examples.lines().map(str::trim).filter(|line| line.starts_with("mf ")) {
            let parsed = tree().try_get_matches_from(words(line));
            if let Err(error) = parsed {
                let fine = error.exit_code() == 0;
                assert!(fine, "{title}: the example {line:?} is refused:\n{error}");
            }
        }
    }
}

/// The words of a line, where quotes hold several together.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    parts
        .flat_map(|(n, part)| match n % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
            _ => vec![part.to_owned()],
        })
        .collect()
}
