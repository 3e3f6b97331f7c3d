//! Ballast: a case that was begun is finished on a full disk, the next is refused before the shutter, and the queue can
//! always be handed over.

use std::path::Path;
use std::sync::Arc;

use streife_box::{BoxConfig, Connection, RunningBox};
use streife_core::client::{
    Client, Config, Notice, Policy, Ports, Retention, SpaceLevel, StorageConfig, SyncEnd, SyncLimits,
};
use streife_core::domain::{Agency, CaseId, PhotoClass, from_hex};
use streife_core::error::{Error, ErrorKind};
use streife_core::http::HttpTransport;
use streife_core::ports::{NeverCancel, NoAnchor, OsEntropy, Transport};
use streife_core::seal::{SoftwareKey, VerifyingKey};
use streife_core::sync::Network;
use streife_core::testing::{
    DangerousSeededEntropy, DangerousSoftwareKeyStore, DangerousSoftwareSigner, DevAgency, ScriptedTransport, SimClock,
};
use streife_core::vault::{CaseState, JournalEvent};
use streife_crash::check::object_files;
use streife_crash::disk::SmallDisk;
use streife_crash::patrol::Patrol;
use streife_crash::phone::MORNING_MS;
use streife_crash::settings::{say, skipped};
use streife_crash::{Acknowledged, Phone, check};

const BALLAST: u64 = 2 << 20;
const PAGE: u64 = 4096;
/// Recording a case takes fewer pages than this.
const PAGES_FOR_A_CASE: u64 = 60;

/// A phone whose vault lies on a small disk, and its hardware beside it.
struct Rig {
    phone: Phone,
    hardware: tempfile::TempDir,
    disk: SmallDisk,
}

impl Rig {
    /// Nothing where no disk can be mounted.
    fn new(what: &str) -> Option<Self> {
        let disk = SmallDisk::mount().map_err(|why| skipped(what, &why)).ok()?;
        let hardware = tempfile::tempdir().expect("a folder");
        let phone = Phone::new_with_hardware(&disk.path().join("phone"), hardware.path());
        Some(Self { phone, hardware, disk })
    }

    /// Opens the app with ballast, and with what the agency of the checker gives.
    fn open(&self) -> Client {
        let agency = DevAgency::found("Musterstadt", &DangerousSeededEntropy::new(1)).expect("founded");
        let root = agency.root.verifying_key();
        let transport = Arc::new(ScriptedTransport::default());
        let client = self.open_with(&agency.name, root, self.phone.box_key(), transport).expect("opens");
        client.install_recipients(&agency.recipient_set(MORNING_MS).expect("signs")).expect("installs");
        let catalogue = include_bytes!("../../../core/data/starter-catalogue.json");
        client.install_catalogue(&agency.sign_catalogue(catalogue).expect("signs")).expect("installs");
        client
    }

    /// The same with a box.
    fn open_at(&self, told: &Connection) -> Client {
        let key = |sec1: &[u8]| VerifyingKey::from_sec1(sec1).expect("a point");
        let transport = Arc::new(HttpTransport::new(&told.origin, told.ca_pem.as_bytes()).expect("sound settings"));
        let agency = Agency(told.agency.clone());
        self.open_with(&agency, key(&told.agency_root), key(&told.box_key), transport).expect("opens")
    }

    fn open_with(
        &self,
        agency: &Agency,
        agency_root: VerifyingKey,
        box_key: VerifyingKey,
        transport: Arc<dyn Transport>,
    ) -> Result<Client, Error> {
        let signer = SoftwareKey::from_bytes(&[4; 32]).expect("a scalar");
        let key_store = DangerousSoftwareKeyStore::in_folder(&self.hardware.path().join("keys")).expect("a folder");
        let config = Config {
            folder: self.phone.vault_folder(),
            agency: agency.clone(),
            agency_root,
            box_key,
            app: "pressure".to_owned(),
            policy: Policy { metered_object: 1 << 20, ..Policy::default() },
            retention: Retention::AT_ONCE,
            numbers_low: 0,
            payee: None,
            storage: StorageConfig { ballast: BALLAST, ..StorageConfig::default() },
        };
        let ports = Ports {
            clock: self.phone.clock.clone(),
            entropy: Arc::new(OsEntropy),
            signer: Arc::new(DangerousSoftwareSigner::new(signer)),
            key_store: Arc::new(key_store),
            anchor: Arc::new(NoAnchor),
            transport,
        };
        Client::open(config, ports)
    }

    fn patrol<'a>(&self, client: &'a Client) -> Patrol<'a, Vec<u8>> {
        Patrol::begin(&self.phone, client, Vec::new()).expect("begins")
    }
}

/// Everything that a draft still needs: another photo out of a stream, thumbnails, the seal, and a void.
fn finish(patrol: &mut Patrol<'_, Vec<u8>>, client: &Client, case: CaseId, photo_bytes: usize) {
    patrol.place(case, 7).expect("edits");
    patrol.photo(case, PhotoClass::Detail, photo_bytes).expect("adds");
    client.make_thumbnails(case, &NeverCancel).expect("derives");
    patrol.seal(case).expect("seals");
    assert_eq!(client.case(case).expect("is there").state, CaseState::Sealed, "signed, too");
    patrol.void(case).expect("voids");
}

fn ballast_given(client: &Client) -> Vec<u64> {
    let given = |notice| match notice {
        Notice::BallastGiven { bytes } => Some(bytes),
        _ => None,
    };
    client.notices().into_iter().filter_map(given).collect()
}

fn assert_refused_before_the_shutter(client: &Client, phone: &Phone) {
    let (before, drafts) = (object_files(phone), client.status().expect("reads").drafts);
    assert_eq!(client.space().expect("is known").level, SpaceLevel::Full);
    assert_eq!(client.begin_case().expect_err("no room").kind(), ErrorKind::DiskFull);
    assert_eq!((object_files(phone), client.status().expect("reads").drafts), (before, drafts));
}

#[test]
fn a_case_that_was_begun_is_finished_on_a_full_disk_and_the_next_is_refused() {
    let Some(rig) = Rig::new("pressure: the case that was begun") else { return };
    let client = rig.open();
    let space = client.space().expect("is known");
    assert_eq!((space.level, space.ballast), (SpaceLevel::Enough, BALLAST));
    let mut patrol = rig.patrol(&client);
    let case = patrol.draft().expect("drafts");
    rig.disk.fill(0);
    assert_refused_before_the_shutter(&client, &rig.phone);
    assert!(ballast_given(&client).is_empty(), "nothing was given up for a case that is not begun");

    finish(&mut patrol, &client, case, 1 << 20);
    let given = ballast_given(&client);
    assert_eq!(given, [BALLAST / 8 * 7]);
    let journal = client.journal().expect("reads");
    journal.verify().expect("holds");
    let entry = JournalEvent::BallastGiven { bytes: BALLAST / 8 * 7 };
    assert_eq!(journal.records().filter(|record| record.event == entry).count(), 1);
    assert_refused_before_the_shutter(&client, &rig.phone);

    rig.disk.fill(0);
    client.suspend().expect("suspends on a full disk");
    client.resume().expect("resumes on a full disk");
    drop(patrol);
    drop(client);
    rig.disk.fill(0);
    let client = rig.open_read_only();
    assert_refused_before_the_shutter(&client, &rig.phone);
    assert_eq!(client.case(case).expect("reads").state, CaseState::Sealed);
    client.journal().expect("reads").verify().expect("holds");

    rig.disk.free();
    client.begin_case().expect("there is room again");
    let space = client.space().expect("is known");
    assert_eq!((space.level, space.ballast), (SpaceLevel::Enough, BALLAST));
    drop(client);
    check(&rig.phone, &Acknowledged::default()).assert_sound("behind the full disk");
}

impl Rig {
    /// Opens without installing anything, as on a full disk.
    fn open_read_only(&self) -> Client {
        let agency = DevAgency::found("Musterstadt", &DangerousSeededEntropy::new(1)).expect("founded");
        let transport = Arc::new(ScriptedTransport::default());
        self.open_with(&agency.name, agency.root.verifying_key(), self.phone.box_key(), transport).expect("opens")
    }
}

#[test]
fn a_case_that_was_begun_is_finished_with_any_number_of_pages_left() {
    let Some(rig) = Rig::new("pressure: any number of pages") else { return };
    let mut given = 0;
    for pages in 0..PAGES_FOR_A_CASE {
        let client = rig.open();
        let mut patrol = rig.patrol(&client);
        let case = patrol.draft().expect("drafts");
        rig.disk.fill(pages);
        finish(&mut patrol, &client, case, 0);
        given += ballast_given(&client).len();
        assert!(ballast_given(&client).len() <= 1, "{pages} pages left");
        rig.disk.free();
        drop(patrol);
        drop(client);
        check(&rig.phone, &Acknowledged::default()).assert_sound(&format!("{pages} pages left"));
    }
    say(&format_args!("pressure: {PAGES_FOR_A_CASE} fillings, all cases finished, ballast given {given} times"));
    assert!(given > 0, "the fillings miss the case");
}

#[test]
fn below_the_ballasts_size_no_case_is_begun_and_below_three_times_room_is_low() {
    let Some(rig) = Rig::new("pressure: before the shutter") else { return };
    let client = rig.open();
    drop(rig.patrol(&client));
    let pages = BALLAST / PAGE;
    for (left, level) in [
        (pages * 3 + 1, SpaceLevel::Enough),
        (pages * 3 - 1, SpaceLevel::Low),
        (pages + 64, SpaceLevel::Low),
        (pages - 1, SpaceLevel::Full),
        (0, SpaceLevel::Full),
    ] {
        rig.disk.fill(left);
        assert_eq!(client.space().expect("is known").level, level, "{left} pages left");
        let begun = client.begin_case().map(drop).map_err(|error| error.kind());
        let expected = if level == SpaceLevel::Full { Err(ErrorKind::DiskFull) } else { Ok(()) };
        assert_eq!(begun, expected, "{left} pages left");
        rig.disk.free();
    }
}

#[test]
fn a_full_disk_is_drained_by_handing_over_and_has_room_again() {
    let Some(rig) = Rig::new("pressure: handing over") else { return };
    let boxed = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(SimClock::new(MORNING_MS, 7_200));
    let server = RunningBox::start(BoxConfig { clock, ..BoxConfig::local(boxed.path().join("box")) });
    let server = server.expect("the box starts");
    let client = rig.open_at(server.connection());
    client.enrol(&server.connection().enrolment_code).expect("enrols");
    let mut patrol = rig.patrol(&client);
    for _ in 0..2 {
        patrol.case().expect("records");
    }
    let case = patrol.draft().expect("drafts");
    rig.disk.fill(0);
    finish(&mut patrol, &client, case, 300_000);
    rig.disk.fill(0); // others take what was given up
    assert_eq!(client.space().expect("is known").ballast, BALLAST / 8);

    drain(&rig.phone, &client);
    let status = client.status().expect("reads");
    assert_eq!((status.waiting, status.handed_over, status.quarantined), (0, 3, 0));
    assert_eq!(object_files(&rig.phone).len(), 0);
    assert!(client.space().expect("is known").free > 3 * 300_000, "what was purged is free");
    assert_refused_before_the_shutter(&client, &rig.phone);

    rig.disk.free();
    let case = patrol.case().expect("there is room again");
    assert_eq!(client.space().expect("is known").ballast, BALLAST);
    drain(&rig.phone, &client);
    assert_eq!(client.case(case).expect("is there").state, CaseState::Purged);
}

fn drain(phone: &Phone, client: &Client) {
    for _ in 0..50 {
        let limits = SyncLimits::over(Network::Unmetered);
        let SyncEnd::WaitUntil(time) = client.sync(&limits).expect("the vault works").end else { return };
        let now = streife_core::ports::Clock::read(&*phone.clock).unix_ms;
        phone.clock.advance_ms(u32::try_from(time - now).expect("not backwards"));
    }
    panic!("the queue does not drain");
}

/// The golden vault of schema 1 has to be brought to the schema of this build.
#[test]
fn a_vault_that_cannot_be_backed_up_is_refused_and_stays_as_it_is() {
    const PAGES_FOR_THE_STEP: u64 = 120;
    let Some(rig) = Rig::new("pressure: a migration") else { return };
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/tests/golden/v1");
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(golden.join("golden.json")).expect("is there")).expect("is JSON");
    let key = |name: &str| {
        let secret: [u8; 32] = from_hex(json[name].as_str().expect("a text")).expect("64 digits");
        SoftwareKey::from_bytes(&secret).expect("a scalar").verifying_key()
    };
    copy_tree(&golden.join("vault"), &rig.phone.vault_folder());
    copy_tree(&golden.join("keys"), &rig.hardware.path().join("keys"));
    let database = rig.phone.vault_folder().join("vault.db");
    let before = std::fs::read(&database).expect("reads");
    let open = || {
        let transport = Arc::new(ScriptedTransport::default());
        rig.open_with(&Agency("Agency".to_owned()), key("agency_root_secret"), key("box_key_secret"), transport)
    };
    for (refused, pages) in (0..PAGES_FOR_THE_STEP).step_by(7).enumerate() {
        rig.disk.fill(pages);
        match open() {
            Ok(client) => {
                rig.disk.free();
                let status = client.status().expect("reads");
                assert_eq!((status.drafts, status.waiting), (1, 2));
                say(&format_args!("pressure: a migration was refused {refused} times before it found room"));
                assert!(refused > 0, "the disk was never too full");
                return;
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::DiskFull, "{pages} pages left"),
        }
        assert!(std::fs::read(&database).expect("reads") == before, "{pages} pages left");
        rig.disk.free();
    }
    panic!("the migration needs more than {PAGES_FOR_THE_STEP} pages");
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("makes");
    for entry in std::fs::read_dir(from).expect("lists") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("copies");
        }
    }
}
