//! The farm's promises, one file each, kept by the real programs.

mod abi;
mod author;
mod bazaar;
mod bugs;
#[path = "../../../plugins/bugzilla/tests/stand_in/mod.rs"]
mod bugzilla;
mod building;
mod cancelling;
mod crashes;
mod day;
mod demo;
mod disk;
mod exits;
mod github;
mod hostile;
mod https;
mod input;
mod installed;
mod login;
mod logs;
mod mock;
mod plugins;
mod releasing;
mod secrets;
mod source;
mod stopping;
mod terminal;
mod top;
mod tutorial;
mod users;
