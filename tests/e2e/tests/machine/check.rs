//! The invariants on the phone: everything acknowledged is there and reads as it was given, and nothing else is.

use std::collections::BTreeSet;

use streife_core::client::{CaseState, CaseSummary, Client, Notice, VaultError};
use streife_core::domain::{CaseFacts, PhotoRecord};
use streife_core::error::{Error, ErrorKind};
use streife_core::seal::{Hash, Manifest, Receipt, Signed};
use streife_core::vault::CaseRow;

use crate::fate::entries;
use crate::journal;
use crate::keys::{Keys, Lasts};
use crate::model::{Case, Model};
use crate::play::Checked;
use crate::world::World;

/// Demands that something holds.
pub fn demand(holds: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// All invariants, as far as the vault is open.
pub fn phone(world: &World, model: &mut Model) -> Checked {
    let Some(client) = world.client() else { return Ok(()) };
    queue(client, model)?;
    let summaries = client.cases().map_err(|error| format!("I1: the cases cannot be read: {error:?}"))?;
    for (number, summary) in summaries.iter().enumerate() {
        let Some(case) = model.cases.get_mut(number) else {
            return Err(format!("I1: a case that nobody began: {summary:?}"));
        };
        one(world, client, &model.keys, case, summary).map_err(|wrong| format!("{wrong} (case {number}: {case:?})"))?;
    }
    demand(summaries.len() == model.cases.len(), || format!("I1: {} cases of {}", summaries.len(), model.cases.len()))?;
    journal::check(client, model)
}

/// What an opening owes: the folder is tidy, and what it does not understand is kept.
pub fn opening(world: &World, model: &mut Model) -> Checked {
    let client = world.client().expect("was just opened");
    let is_blame = |notice: &Notice| matches!(notice, Notice::SetBack { .. } | Notice::Copied);
    let blamed = client.notices().into_iter().find(is_blame);
    demand(blamed.is_none(), || format!("I5: nobody has set the vault back or copied it: {blamed:?}"))?;
    if client
        .recovered()
        .missing
        .iter()
        .any(|row| !model.case_of(row.case).is_some_and(|case| case.hurt.contains(&row.object)))
    {
        return Ok(()); // opened while the folder was away
    }
    let names = |folder: &str| -> BTreeSet<String> {
        let paths = entries(&world.vault().join(folder)).into_keys();
        paths.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect()
    };
    let (objects, set_aside) = (names("objects"), names("quarantine"));
    let litter = std::mem::take(&mut model.litter);
    demand(!objects.iter().any(|name| name.ends_with(".part")), || format!("I5: unfinished files stay: {objects:?}"))?;
    if model.is_dim() {
        // What is named like a photo of a draft waits for the draft's key.
        let (waits, done): (BTreeSet<_>, BTreeSet<_>) = litter.into_iter().partition(|name| objects.contains(name));
        model.litter = waits;
        return demand(done.is_subset(&set_aside), || format!("I8: {done:?} is not in {set_aside:?}"));
    }
    demand(litter.is_subset(&set_aside), || format!("I8: {litter:?} is not in {set_aside:?}"))?;
    demand(litter.is_disjoint(&objects), || format!("I5: {litter:?} stays in {objects:?}"))
}

fn queue(client: &Client, model: &Model) -> Checked {
    let status = client.status().map_err(|error| format!("I1: the status cannot be read: {error:?}"))?;
    demand(status.shift == model.shift, || format!("I1: open shift {:?} instead of {:?}", status.shift, model.shift))?;
    let drafts = model.cases.iter().filter(|case| case.is_draft()).count();
    demand(usize::try_from(status.drafts) == Ok(drafts), || {
        format!("I1: {} drafts instead of {drafts}", status.drafts)
    })?;
    let shifts = client.shifts().map_err(|error| format!("I1: the shifts cannot be read: {error:?}"))?;
    let there: BTreeSet<_> = shifts.iter().map(|row| (row.shift, row.last_n.is_some())).collect();
    let known: BTreeSet<_> = model.shifts.iter().map(|(shift, known)| (*shift, known.closed)).collect();
    demand(there == known, || format!("I1: shifts {there:?} instead of {known:?}"))
}

fn one(world: &World, client: &Client, keys: &Keys, case: &mut Case, summary: &CaseSummary) -> Checked {
    demand(summary.case == case.id && summary.shift == case.shift, || format!("I1: {summary:?}"))?;
    demand(summary.voided == case.voided, || format!("I1: voided {} instead of {}", summary.voided, case.voided))?;
    demand(summary.seq == case.seq, || format!("I1: number {:?} instead of {:?}", summary.seq, case.seq))?;
    if case.is_draft() {
        demand(summary.state == CaseState::Draft, || format!("I1: {:?} instead of a draft", summary.state))?;
        return draft(client, keys, case);
    }
    let row = client.case(case.id).map_err(|error| format!("I1: the row cannot be read: {error:?}"))?;
    sealed(world, case, &row)
}

fn draft(client: &Client, keys: &Keys, case: &mut Case) -> Checked {
    let may_be_dark = !case.lit && (keys.are_away() || case.lasts == Lasts::Lost);
    let facts = match client.draft(case.id) {
        Err(Error::Vault(VaultError::KeyMissing { .. })) if may_be_dark => return Ok(()),
        read => read.map_err(|error| format!("I1: the draft cannot be read: {error:?}"))?,
    };
    case.lit = true;
    if case.lasts == Lasts::Lost && !keys.are_away() {
        case.lasts = keys.lasts(); // its key was not among those that are gone
    }
    demand(facts.photos.len() == case.photos.len(), || {
        format!("I1: {} photos instead of {}", facts.photos.len(), case.photos.len())
    })?;
    for (photo, known) in facts.photos.iter().zip(&case.photos) {
        demand(photo.object == known.object && photo.class == known.class, || {
            format!("I1: {photo:?} instead of {known:?}")
        })?;
        match client.read_photo(case.id, photo) {
            Ok(bytes) => demand(Hash::of(&[&bytes]) == known.hash, || format!("I3: {photo:?} has other bytes"))?,
            Err(error) => {
                demand(is_damage(case, photo, &error), || format!("I1: {photo:?} cannot be read: {error:?}"))?
            }
        }
    }
    let thumbnails: BTreeSet<_> =
        facts.photos.iter().filter_map(|photo| Some(photo.thumbnail.as_ref()?.object)).collect();
    demand(case.thumbnails.is_subset(&thumbnails), || "I1: a thumbnail is gone".to_owned())?;
    case.thumbnails = thumbnails;
    let rest = CaseFacts { photos: Vec::new(), ..facts };
    demand(rest == case.facts, || format!("I1: the facts are {rest:?}"))
}

fn is_damage(case: &Case, photo: &PhotoRecord, error: &Error) -> bool {
    case.hurt.contains(&photo.object) && is_of_damage(error)
}

/// Whether an error is what a changed or lost file is to give.
pub fn is_of_damage(error: &Error) -> bool {
    [ErrorKind::Tampered, ErrorKind::Storage].contains(&error.kind())
}

fn sealed(world: &World, case: &mut Case, row: &CaseRow) -> Checked {
    let payload = row.payload_hash;
    demand(payload.is_some(), || "I1: sealed without a payload".to_owned())?;
    demand(case.payload.is_none() || case.payload == payload, || format!("I5: another payload: {payload:?}"))?;
    case.payload = payload;
    match row.state {
        CaseState::Draft => Err("I1: a draft again".to_owned()),
        CaseState::Stranded => Err("I1: a manifest is lost".to_owned()),
        CaseState::Unsigned => photos_there(world, case),
        CaseState::Sealed => whole(world, case, row),
        CaseState::Quarantined if case.hurt.is_empty() => Err("I6: quarantined without a reason".to_owned()),
        CaseState::Quarantined => whole(world, case, row),
        CaseState::Receipted | CaseState::Purging | CaseState::Purged => receipted(world, case, row),
    }
}

fn photos_there(world: &World, case: &Case) -> Checked {
    let mut sound = case.photos.iter().filter(|photo| !case.hurt.contains(&photo.object));
    let gone = sound.find(|photo| !world.objects().join(format!("{}.sbx", photo.object)).exists());
    demand(gone.is_none(), || format!("I8: {gone:?} is not there"))
}

/// A signed case that the box has not receipted lies here with every byte.
fn whole(world: &World, case: &Case, row: &CaseRow) -> Checked {
    let signed = row.manifest.as_ref().ok_or("I1: sealed without a manifest")?;
    let manifest = Signed::<Manifest>::verify(signed, &world.device_key());
    let manifest = manifest.map_err(|error| format!("I1: the manifest does not verify: {error}"))?;
    let manifest = manifest.payload();
    demand(manifest.case == case.id && Some(manifest.seq) == case.seq, || {
        format!("I1: the manifest says {manifest:?}")
    })?;
    for object in manifest.objects.iter().filter(|object| !case.hurt.contains(&object.object)) {
        let file = std::fs::read(world.objects().join(format!("{}.sbx", object.object)));
        let file = file.map_err(|error| format!("I8: {object:?} is not there without a receipt: {error}"))?;
        demand(Hash::of(&[&file]) == object.hash, || format!("I3: {object:?} has other bytes"))?;
    }
    let named = |photo: &crate::model::Photo| manifest.objects.iter().any(|object| object.object == photo.object);
    demand(case.photos.iter().all(named), || "I3: a photo is not in the manifest".to_owned())
}

/// What was let go is at the box, whole, by the box's own books.
fn receipted(world: &World, case: &Case, row: &CaseRow) -> Checked {
    let stored = world.server().ledger().case(case.id).map_err(|error| format!("the ledger fails: {error}"))?;
    let stored = stored.ok_or("I8: let go, and the box does not know it")?;
    demand(stored.receipt.is_some() && stored.receipt == row.receipt, || {
        "I8: let go without the box's receipt".to_owned()
    })?;
    demand(stored.objects.iter().all(|object| object.file.is_some()), || {
        "I8: let go, and not whole at the box".to_owned()
    })?;
    let receipt = row.receipt.as_ref().ok_or("I8: let go without a receipt")?;
    let covers = Signed::<Receipt>::verify(receipt, &world.box_key())
        .ok()
        .zip(Signed::<Manifest>::verify(&stored.manifest, &world.device_key()).ok());
    let covers = covers.is_some_and(|(receipt, manifest)| receipt.payload().covers(&manifest));
    demand(covers, || "I8: the receipt does not cover the case".to_owned())
}
