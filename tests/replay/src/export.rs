//! Writes what the box has into the folder tree that independent openers verify (`schemas/FORMATS.md`, box export).

use std::path::{Path, PathBuf};

use serde_json::json;
use streife_core::domain::to_hex;
use streife_core::seal::{Manifest, RecipientSet, Signed, VerifyingKey};

use crate::ReplayError;
use crate::desk::Desk;
use crate::target::Target;

/// Writes the whole export, and the case worker's key beside it as `<folder>.case-worker.key`.
///
/// # Errors
/// [`ReplayError::File`], or [`ReplayError::Setup`] if the box cannot be read.
pub fn export(folder: &Path, desk: &Desk, target: &Target, box_id: &str) -> Result<(), ReplayError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(ReplayError::file("--export")(error)),
        _ => {}
    }
    let agency = json!({
        "agency": target.agency,
        "agency_root": to_hex(&target.agency_root),
        "box_key": to_hex(&target.box_key),
        "box_id": box_id,
    });
    write(folder.join("agency.json"), agency.to_string().as_bytes())?;
    let recipients = desk.recipients()?;
    let root = VerifyingKey::from_sec1(&target.agency_root).map_err(|error| ReplayError::setup("export")(&error))?;
    Signed::<RecipientSet>::verify(&recipients, &root).map_err(|error| ReplayError::setup("export")(&error))?;
    write(folder.join("recipients.cose"), &recipients)?;
    for listed in desk.cases()? {
        let (key, device) = desk.device(listed.device)?;
        write(folder.join(format!("devices/{}.json", listed.device)), &device)?;
        shift(folder, desk, listed.shift)?;
        case(&folder.join(format!("cases/{}", listed.case)), desk, listed.case, &key)?;
    }
    let key_file = PathBuf::from(format!("{}.case-worker.key", folder.display()));
    write(key_file, to_hex(target.case_worker.as_bytes()).as_bytes())
}

fn shift(folder: &Path, desk: &Desk, shift: streife_core::domain::ShiftId) -> Result<(), ReplayError> {
    let (opening, seal) = desk.shift(shift)?;
    write(folder.join(format!("shifts/{shift}.opening.cose")), &opening)?;
    match seal {
        Some(seal) => write(folder.join(format!("shifts/{shift}.seal.cose")), &seal),
        None => Ok(()),
    }
}

fn case(folder: &Path, desk: &Desk, case: streife_core::domain::CaseId, key: &VerifyingKey) -> Result<(), ReplayError> {
    let bytes = desk.manifest(case)?;
    write(folder.join("manifest.cose"), &bytes)?;
    if let Some(receipt) = desk.receipt(case)? {
        write(folder.join("receipt.cose"), &receipt)?;
    }
    let manifest = Signed::<Manifest>::verify(&bytes, key).map_err(|error| ReplayError::setup("export")(&error))?;
    for object in &manifest.payload().objects {
        if let Some(sealed) = desk.object(case, object.object)? {
            write(folder.join(format!("objects/{}.sbx", object.object)), &sealed)?;
        }
    }
    for (event, signed) in desk.events(case)? {
        write(folder.join(format!("events/{event}.cose")), &signed)?;
    }
    Ok(())
}

fn write(file: PathBuf, bytes: &[u8]) -> Result<(), ReplayError> {
    let parent = file.parent().map_or(Ok(()), std::fs::create_dir_all);
    parent.and_then(|()| std::fs::write(&file, bytes)).map_err(ReplayError::file("--export"))
}
