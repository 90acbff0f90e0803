//! `make bench`: what the farm takes, beside what this machine takes for the
//! least that could be done.

fn main() -> anyhow::Result<()> {
    monkeyfarm_tests::bench::run()
}
