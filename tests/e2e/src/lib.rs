//! streife-e2e.
