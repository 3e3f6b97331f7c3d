//! What became of a call that was killed: the phone says it, and it must be all or nothing.

use streife_core::client::{CaseState, Client, VaultError};
use streife_core::domain::{CaseFacts, CaseId, PhotoClass};
use streife_core::error::Error;
use streife_core::seal::Hash;

use crate::model::{Model, Photo};
use crate::play::{Doubt, Wrong};

/// Takes up what was done; `false` if that cannot be told now, because a key may be missing.
pub fn settle(client: &Client, model: &mut Model, doubt: &Doubt) -> Result<bool, Wrong> {
    if let Doubt::Edit(case, _) | Doubt::Photo(case, ..) = doubt
        && !model.case(*case).is_draft()
    {
        return Ok(true); // sealed since, with what was seen then
    }
    match settled(client, model, doubt.clone()) {
        Ok(()) => Ok(true),
        Err(Error::Vault(VaultError::Locked)) => Ok(false),
        Err(Error::Vault(VaultError::KeyMissing { .. })) if model.is_dim() => Ok(false),
        Err(error) => Err(format!("I1: after {doubt:?}: {error}")),
    }
}

fn settled(client: &Client, model: &mut Model, doubt: Doubt) -> Result<(), Error> {
    match doubt {
        Doubt::OpenShift(officer) => {
            if let (Some(shift), None) = (client.status()?.shift, model.shift) {
                model.open_shift(shift, &officer);
            }
        }
        Doubt::CloseShift => {
            if client.status()?.shift.is_none() {
                model.close_shift();
            }
        }
        Doubt::Begin => {
            let cases = client.cases()?;
            if let Some(begun) = cases.get(model.cases.len()) {
                model.begin(begun.case);
            }
        }
        Doubt::Edit(case, after) => {
            let facts = CaseFacts { photos: Vec::new(), ..client.draft(case)? };
            if facts == *after {
                model.case_mut(case).facts = *after;
            }
        }
        Doubt::Photo(case, class, hash) => photo(client, model, case, class, hash)?,
        Doubt::Seal(case) => {
            if client.case(case)?.state != CaseState::Draft {
                model.seal(case);
            }
        }
        Doubt::Void(case) => {
            if client.cases()?.iter().any(|row| row.case == case && row.voided) {
                model.void(case);
            }
        }
    }
    Ok(())
}

/// A photo that a kill left whole comes back as a detail, because what it shows is not known any more.
fn photo(client: &Client, model: &mut Model, case: CaseId, class: PhotoClass, hash: Hash) -> Result<(), Error> {
    let photos = client.draft(case)?.photos;
    let known = model.case_mut(case);
    let Some(photo) = photos.get(known.photos.len()) else { return Ok(()) };
    let same = Hash::of(&[&client.read_photo(case, photo)?]) == hash;
    if same && [class, PhotoClass::Detail].contains(&photo.class) {
        known.photos.push(Photo { object: photo.object, class: photo.class, hash });
    }
    Ok(())
}
