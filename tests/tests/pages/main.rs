//! The pages, in a real browser and on a real farm.

mod access;
mod forms;
mod hostile;
mod live;
mod log;
mod shop;
