//! streife-box.
