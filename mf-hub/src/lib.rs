#![doc = include_str!("../README.md")]

pub mod dispatch;
pub mod errand;
pub mod events;
pub mod expire;
pub mod files;
pub mod http;
pub mod hub;
pub mod params;
pub mod retention;
pub mod store;
pub mod streams;
pub mod web;
