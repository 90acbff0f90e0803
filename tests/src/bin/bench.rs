//! `make bench`: what the farm takes, beside what this machine takes for the
//! least that could be done.
//!
//! `bench [--only PART,PART] [FILE]`: only these parts; beside the figures
//! that a former run has written to FILE.

fn main() -> anyhow::Result<()> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let mut only = Vec::new();
    if words.first().is_some_and(|word| word == "--only") {
        let parts = words.drain(..2.min(words.len())).nth(1).unwrap_or_default();
        only = parts.split(',').map(str::to_owned).collect();
    }
    let base = words.first().map(std::path::Path::new);
    monkeyfarm_tests::bench::run(base, &only)
}
