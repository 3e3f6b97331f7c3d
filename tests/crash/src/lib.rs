//! streife-crash.
