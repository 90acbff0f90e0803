//! Fault campaigns: a farm at work, whose programs are killed, frozen or kept
//! away, and a ledger that says afterwards what was lost, doubled or invented.
//!
//! A [`Campaign`] is a number of cases on one [`Site`]. In each the load
//! submits builds and makes tags, writing down in the [`Ledger`] what it asks
//! for and what it is told; somewhere in between the fault strikes; then
//! everything is waited for and compared with what the farm shows.

mod case;
mod check;
mod daemon;
mod dice;
mod ledger;
mod lines;
mod listen;
mod load;
mod run;
mod scratch;
mod site;
mod system;
mod world;

pub use case::Case;
pub use check::Expect;
pub use dice::Dice;
pub use ledger::Ledger;
pub use lines::{Flaw, compare};
pub use run::{Campaign, Tally, cases};
pub use site::{Setup, Site, Way};
