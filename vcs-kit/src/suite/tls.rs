//! A TLS server in front of another.
