//! Fault campaigns: a farm at work, whose programs are killed, frozen or kept
//! away, and a ledger that says afterwards what was lost, doubled or invented.
//!
//! A [`Campaign`] is a number of cases on one [`Site`]. In each the load
//! submits builds and makes tags, writing down in the [`Ledger`] what it asks
//! for and what it is told; somewhere in between the fault strikes; then
//! everything is waited for and compared with what the farm shows.

mod ask;
mod attempts;
mod case;
mod check;
mod clock;
mod daemon;
mod dice;
mod journal;
mod ledger;
mod lines;
mod listen;
mod load;
mod outbox;
mod proxy;
mod row;
mod run;
mod scratch;
mod site;
mod system;
mod world;

pub use ask::alone;
pub use case::Case;
pub use check::Expect;
pub use clock::Clock;
pub use dice::Dice;
pub use ledger::Ledger;
pub use lines::{Flaw, compare};
pub use outbox::wait_until_sealed;
pub use proxy::Proxy;
pub use row::{Row, Taken};
pub use run::{Campaign, Tally, cases, number};
pub use scratch::LOUD;
pub use site::{Setup, Site, Way};
pub use world::QUICK;
