//! streife-replay.
