//! Fault campaigns, one file each. `MF_CAMPAIGN_CASES` says how large they
//! are, `MF_CAMPAIGN_SEED` where chance begins.

mod away;
mod both;
mod cancelled;
mod clock;
mod frozen;
mod hub;
mod late;
mod mutants;
mod outbox;
mod partition;
mod restarted;
mod row;
mod stopped;
mod worker;
