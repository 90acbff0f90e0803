//! The README's tutorial, as it stands there.

use std::fs;

use monkeyfarm_tests::programs::source_tree;
use monkeyfarm_tests::{Farm, Repository};

/// Where the tutorial says that its source is.
const URL: &str = "https://git.example.org/hello.git";

/// The commands of a section: its indented lines, with those that go on.
fn commands(section: &str) -> Vec<String> {
    let joined = section.replace("\\\n", " ");
    let lines = joined.lines().filter_map(|line| line.strip_prefix("    "));
    lines.map(|line| line.split(" # ").next().unwrap_or(line).trim().to_owned()).collect()
}

/// Words as a shell takes them, where only double quotes are special.
fn words(line: &str) -> Vec<String> {
    let quoted = line.split('"').enumerate();
    let pieces = quoted.flat_map(|(place, text)| match place % 2 {
        0 => text.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
        _ => vec![text.to_owned()],
    });
    pieces.collect()
}

#[test]
fn the_tutorial_works_as_it_is_written() {
    let readme = fs::read_to_string(source_tree().join("README.md")).unwrap();
    let (_, section) = readme.split_once("## A farm of your own\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let commands = commands(section);
    let recipe: Vec<&str> = commands
        .iter()
        .map(String::as_str)
        .skip_while(|line| *line != "[build]")
        .take_while(|line| !line.is_empty() && !line.starts_with("mf "))
        .collect();
    let program = "#include <stdio.h>\nint main(void) { return puts(\"hello\") < 0; }\n";
    let makefile = "hello: hello.c\n\tcc -o $@ $<\ncheck: hello\n\t./hello | grep -q hello\n";
    let farm = Farm::start();
    let files = [
        (".monkeyfarm.toml", recipe.join("\n")),
        ("hello.c", program.to_owned()),
        ("Makefile", makefile.to_owned()),
    ];
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let source = Repository::new(farm.scratch().join("hello"), &files);
    let mut ran = 0;
    for line in commands.iter().filter(|line| line.starts_with("mf ") && !line.starts_with("mf up"))
    {
        let line = line.replace(URL, &source.url());
        let mut words = words(&line);
        if words.iter().any(|word| word == "download") {
            words.extend(["-o".to_owned(), farm.scratch().join("got").display().to_string()]);
        }
        farm.ok(&words[1..]);
        ran += 1;
    }
    assert!(ran > 10, "the tutorial was not found:\n{section}");
    assert!(farm.scratch().join("got/hello").exists(), "{commands:#?}");
}
