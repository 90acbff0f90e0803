//! An ssh server.
