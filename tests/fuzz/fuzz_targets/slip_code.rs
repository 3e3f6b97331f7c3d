//! What is scanned off a slip, and case numbers as typed: sound or refused, and what is sound reads back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use streife_core::domain::{CaseNumber, Slip};

fuzz_target!(|text: &str| {
    if let Ok(slip) = Slip::from_qr(text) {
        let again = Slip::new(slip.number(), slip.code().map(|code| code.as_str()));
        assert_eq!(again, Ok(slip));
    }
    if let Ok(number) = text.parse::<CaseNumber>() {
        assert_eq!(number.to_string().parse(), Ok(number));
    }
});
