//! Streife bindings.
