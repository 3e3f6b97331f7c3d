//! Handing over: what to send next, what an answer means, and when to try again.

pub mod protocol;
