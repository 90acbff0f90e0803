//! `make bench`: what the farm takes, beside what this machine takes for the
//! least that could be done. The file of a former run may be given.

fn main() -> anyhow::Result<()> {
    let base = std::env::args_os().nth(1).map(std::path::PathBuf::from);
    monkeyfarm_tests::bench::run(base.as_deref())
}
