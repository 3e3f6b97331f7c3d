//! A phone that has died: two living epochs, drafts, sealed and voided cases, and no key store any more.
#![allow(dead_code, reason = "tests and the example use their own parts of it")]

#[path = "../../../../core/tests/common/mod.rs"]
pub mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{Phone, officer};
use streife_core::client::Client;
use streife_core::domain::{CaseFacts, CaseId, DeviceId, ObjectId, PhotoClass, ShiftId, VoidReason, to_hex};
use streife_core::ports::NeverCancel;
use streife_core::seal::Hash;
use streife_core::testing::DangerousSoftwareKeyStore;
use streife_core::vault::JournalRecord;

/// The words that the second void was given.
pub const NOTE: &str = "Halter kam hinzu";

/// The phone, and what was recorded with it.
pub struct DeadPhone {
    pub phone: Phone,
    pub shift: ShiftId,
    pub device: DeviceId,
    /// Facts of the drafts that are still open.
    pub drafts: Vec<(CaseId, CaseFacts)>,
    /// Sealed cases, the voided ones among them.
    pub sealed: Vec<CaseId>,
    /// Hash of the original of every photo.
    pub photos: BTreeMap<(CaseId, ObjectId), Hash>,
    /// Everything the journal says, but for what only the first epoch opens on the phone.
    pub journal: Vec<JournalRecord>,
}

impl DeadPhone {
    /// Records a morning, loses the hardware key in between, goes on under a second epoch, and dies.
    pub fn new() -> Self {
        let mut dead = Self {
            phone: Phone::new(),
            shift: ShiftId::new([0; 16]),
            device: DeviceId::new([0; 16]),
            drafts: Vec::new(),
            sealed: Vec::new(),
            photos: BTreeMap::new(),
            journal: Vec::new(),
        };
        let client = dead.phone.open();
        dead.device = client.device();
        dead.shift = client.open_shift(&officer()).expect("opens");
        dead.case(&client, "M-AB 1", true);
        dead.case(&client, "M-AB 2", false);
        drop(client);
        dead.phone.key_store = Arc::new(DangerousSoftwareKeyStore::default());
        let client = dead.phone.open();
        client.restate_officer(&officer()).expect("stated anew");
        dead.case(&client, "M-AB 3", true);
        let voided = dead.case(&client, "M-AB 4", true);
        client.void_case(voided, VoidReason::Duplicate, Some(NOTE)).expect("voids");
        let draft = dead.case(&client, "M-AB 5", false);
        client.void_case(draft, VoidReason::WrongPlate, None).expect("voids a draft");
        let (case, _) = dead.drafts.pop().expect("the draft");
        dead.sealed.push(case);
        dead.case(&client, "M-AB 6", false);
        dead.journal = client.journal().expect("reads").records().cloned().collect();
        drop(client);
        dead.phone.key_store = Arc::new(DangerousSoftwareKeyStore::default());
        dead
    }

    fn case(&mut self, client: &Client, plate: &str, seals: bool) -> CaseId {
        let case = self.phone.draft_without_photo(client, plate);
        for seed in [7, 8] {
            let path = self.phone.photo("camera.jpg", seed);
            let added = client.add_photo(case, &path, PhotoClass::Overview).expect("adds");
            let original = std::fs::read(path).expect("reads");
            self.photos.insert((case, added.photo.object), Hash::of(&[&original]));
        }
        client.make_thumbnails(case, &NeverCancel).expect("makes");
        if seals {
            client.seal_case(case, Vec::new()).expect("seals");
            self.sealed.push(case);
        } else {
            self.drafts.push((case, client.draft(case).expect("a draft")));
        }
        case
    }

    /// The vault's folder.
    pub fn vault(&self) -> PathBuf {
        self.phone.vault_folder()
    }

    /// The recovery key as the organisation keeps it.
    pub fn recovery_key(&self) -> String {
        format!("{}\n", to_hex(self.phone.agency.recovery.as_bytes()))
    }
}

/// Every file below a folder, by its name, as a hash.
pub fn tree(folder: &Path) -> BTreeMap<PathBuf, Hash> {
    common::all_bytes(folder).into_iter().map(|(path, bytes)| (path, Hash::of(&[&bytes]))).collect()
}

/// Copies a folder with all below it.
pub fn copy(from: &Path, to: &Path) {
    for (path, bytes) in common::all_bytes(from) {
        let target = to.join(path.strip_prefix(from).expect("below it"));
        std::fs::create_dir_all(target.parent().expect("a folder")).expect("makes");
        std::fs::write(target, bytes).expect("writes");
    }
}
