//! Importers of offence catalogues: rows are taken or rejected one by one, and what was taken is a catalogue that reads
//! back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use streife_core::catalogue::{Catalogue, import};

fuzz_target!(|bytes: &[u8]| {
    let _ = Catalogue::parse(bytes);
    for importer in [import::json, import::dump, import::csv] {
        let Ok(imported) = importer(bytes) else { continue };
        let Ok(catalogue) = imported.into_catalogue("fuzz") else { continue };
        assert_eq!(Catalogue::parse(&catalogue.to_json()), Ok(catalogue));
    }
});
