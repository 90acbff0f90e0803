//! The tests that a vcs handler must pass, and servers to run them against.
