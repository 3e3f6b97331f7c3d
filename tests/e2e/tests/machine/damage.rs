//! Litter in the object folder, and bits that flip.

use std::fs;
use std::path::PathBuf;

use streife_core::client::CaseState;
use streife_core::domain::{CaseId, ObjectId};
use streife_core::seal::{Manifest, Signed};

use crate::fate::entries;
use crate::play::Machine;
use crate::steps::{Litter, Pick};

impl Machine<'_> {
    /// Puts a file into the object folder that no row names.
    pub fn plant(&mut self, litter: Litter) {
        let id = ObjectId::new(self.world.random());
        let (name, bytes) = match litter {
            Litter::TornPart => (format!("{id}.part"), vec![0x5a; 1_000]),
            Litter::Stranger => (format!("{id}.txt"), b"read me".to_vec()),
            Litter::Misnamed(pick) => match self.an_object(pick) {
                Some(path) => (format!("{id}.sbx"), fs::read(path).expect("reads")),
                None => return,
            },
            Litter::Headless(pick) => match self.model.pick(pick) {
                Some(case) => (format!("{id}.sbx"), header_only(case, id)),
                None => return,
            },
        };
        if !matches!(litter, Litter::TornPart) {
            self.model.litter.insert(name.clone());
        }
        fs::write(self.world.objects().join(name), bytes).expect("writes");
        self.figures.fault("litter");
    }

    /// Flips one bit of an object that the phone still needs.
    pub fn flip(&mut self, pick: Pick, bit: u16) {
        let Some((case, object)) = self.needed(pick, bit) else { return };
        let path = self.path_of(object);
        let Ok(mut bytes) = fs::read(&path) else { return };
        let place = usize::from(bit).wrapping_mul(7_919) % bytes.len();
        bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1 << (bit % 8));
        fs::write(path, bytes).expect("writes");
        self.model.case_mut(case).hurt.insert(object);
        self.figures.fault("bit flipped");
    }

    /// Removes the file of an object that the phone still needs.
    pub fn lose(&mut self, pick: Pick, number: u16) {
        let Some((case, object)) = self.needed(pick, number) else { return };
        if fs::remove_file(self.path_of(object)).is_ok() {
            self.model.case_mut(case).hurt.insert(object);
            self.figures.fault("file lost");
        }
    }

    fn needed(&self, pick: Pick, number: u16) -> Option<(CaseId, ObjectId)> {
        let case = self.model.pick_any(pick)?;
        let objects = self.objects_of(case);
        Some((case, *objects.get(usize::from(number) % objects.len().max(1))?))
    }

    fn an_object(&self, pick: Pick) -> Option<PathBuf> {
        let files: Vec<_> = entries(&self.world.objects()).into_keys().collect();
        files.get(usize::from(pick) % files.len().max(1)).cloned()
    }

    /// Objects of a case that lie on the phone, as far as it says.
    fn objects_of(&self, case: CaseId) -> Vec<ObjectId> {
        let known = self.model.case(case);
        let captured = known.photos.iter().map(|photo| photo.object).chain(known.thumbnails.iter().copied());
        let Some(row) = self.world.client().and_then(|client| client.case(case).ok()) else { return Vec::new() };
        match row.state {
            CaseState::Draft | CaseState::Unsigned => captured.collect(),
            CaseState::Sealed | CaseState::Quarantined => {
                let manifest =
                    row.manifest.and_then(|bytes| Signed::<Manifest>::verify(&bytes, &self.world.device_key()).ok());
                let objects = manifest.map(|manifest| manifest.into_payload().objects).unwrap_or_default();
                objects.into_iter().map(|object| object.object).collect()
            }
            CaseState::Receipted | CaseState::Purging | CaseState::Purged | CaseState::Stranded => Vec::new(),
        }
    }

    fn path_of(&self, object: ObjectId) -> PathBuf {
        self.world.objects().join(format!("{object}.sbx"))
    }
}

/// The header of a photo (FORMATS 2) and nothing that opens behind it.
fn header_only(case: CaseId, object: ObjectId) -> Vec<u8> {
    let fixed = [b"SBX1".as_slice(), &[1, 1, 16, 1], case.as_bytes(), object.as_bytes(), &[0, 0, 0, 1, 0]].concat();
    [fixed.as_slice(), &[0x5a; 19 + 400]].concat()
}
