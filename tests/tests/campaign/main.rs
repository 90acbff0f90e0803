//! Fault campaigns, one file each. `MF_CAMPAIGN_CASES` says how large they
//! are, `MF_CAMPAIGN_SEED` where chance begins.

mod away;
mod both;
mod frozen;
mod hub;
mod mutants;
mod worker;
