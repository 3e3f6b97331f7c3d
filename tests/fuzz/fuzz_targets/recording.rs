//! Recordings of shifts: read strictly, or refused with the line named.
#![no_main]

use libfuzzer_sys::fuzz_target;
use streife_core::journal::Recording;

const HEADER: &str = r#"{"format":"streife-shift-recording","version":1,"zone":"Europe/Berlin","catalogue":"2025-01","seed":1,"agency":"A","title":"T"}"#;

fuzz_target!(|text: &str| {
    let _ = Recording::parse(text);
    let _ = Recording::parse(&format!("{HEADER}\n{text}"));
});
