//! The daemons as programs: how they start, what they say, how they end. A
//! farm with a hub is driven in the workspace's `tests`.

mod regulator;
mod started;
mod worker;
