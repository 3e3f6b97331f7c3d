//! Writes the vault of a phone that has died, for readers in other languages: `FOLDER` as the phone left it, the agency's
//! recovery key beside it as `FOLDER.recovery.key`, the phone's public key as `FOLDER.device.json`, and what was recorded as
//! `FOLDER.expected.json`.

#[path = "../tests/dead_phone/mod.rs"]
mod dead_phone;

use std::collections::BTreeMap;
use std::path::Path;

use dead_phone::{DeadPhone, copy};
use streife_core::ports::Signer;
use streife_core::seal::VerifyingKey;
use streife_core::seal::jose::Jwk;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: dead_vault FOLDER")?;
    if Path::new(&folder).exists() {
        return Err("the folder is there already".into());
    }
    let dead = DeadPhone::new();
    copy(&dead.vault(), Path::new(&folder));
    std::fs::write(format!("{folder}.recovery.key"), dead.recovery_key())?;
    let key = VerifyingKey::from_sec1(&dead.phone.signer.public_key()?)?;
    let device = serde_json::json!({"device": dead.device, "jwk": Jwk::of(&key)});
    std::fs::write(format!("{folder}.device.json"), device.to_string())?;
    let photos: BTreeMap<_, _> = dead.photos.iter().map(|((case, id), hash)| (format!("{case}/{id}"), hash)).collect();
    let drafts: BTreeMap<_, _> = dead.drafts.iter().map(|(case, facts)| (case.to_string(), facts)).collect();
    let expected = serde_json::json!({
        "photos": photos, "drafts": drafts, "sealed": dead.sealed, "shift": dead.shift, "journal": dead.journal,
    });
    std::fs::write(format!("{folder}.expected.json"), serde_json::to_vec(&expected)?)?;
    Ok(())
}
