//! Plates as typed and as read: a verdict for everything, and what is valid reads back as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use streife_core::domain::{OcrReading, Plate, PlateTables, Verdict, judge_plate, rank_plates};

fuzz_target!(|input: (String, String, Vec<u16>)| {
    let (text, nation, confidences) = input;
    let tables = PlateTables::built_in();
    if let Ok(plate) = Plate::parse(&text, &nation) {
        assert_eq!(Plate::parse(&plate.text, &plate.nation).as_ref(), Ok(&plate));
        assert!(plate.text.chars().count() <= 24);
    }
    if let Verdict::Valid(reading) = judge_plate(&text, &nation, tables) {
        assert_eq!(judge_plate(&reading.text(), &reading.plate.nation, tables), Verdict::Valid(reading));
    }
    if let Ok(candidates) = rank_plates(&[OcrReading { text, confidences }], tables) {
        assert!(candidates.is_sorted_by_key(|candidate| candidate.penalty));
    }
});
