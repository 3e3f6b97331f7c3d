//! From the shutter to the signed case, and what a finder of the phone sees of it.

mod common;

use common::{Phone, all_bytes, officer};
use streife_core::domain::{
    CaseEdit, CaseRecord, Confirmation, FindingCode, NamedOffence, Notes, OffenceRelation, Officer, PhotoClass, Place,
    VoidReason,
};
use streife_core::error::{Error, ErrorKind};
use streife_core::evidence::PhotoError;
use streife_core::ports::{NeverCancel, SignerError};
use streife_core::seal::{Binding, Kind, Manifest, Scope, ShiftSeal, Signed, SignedPayload, commitment, merkle, open};
use streife_core::vault::CaseState;

#[test]
fn a_sealed_case_opens_for_the_case_worker_and_every_commitment_holds() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = phone.complete_draft(&client, "M-AB 1234");
    client.make_thumbnails(case, &NeverCancel).expect("derives");
    let sealed = client.seal_case(case, Vec::new()).expect("seals");
    assert!(sealed.signed);

    let row = client.case(case).expect("is there");
    let device_key = streife_core::seal::SoftwareKey::from_bytes(&[4; 32]).expect("a scalar").verifying_key();
    let manifest = Signed::<Manifest>::verify(&row.manifest.expect("signed"), &device_key).expect("verifies");
    let manifest = manifest.payload();
    let key = manifest.open_case_key(&phone.agency.case_worker).expect("opens");
    let read = |kind| {
        let object = manifest.objects.iter().find(|object| object.kind == kind).expect("listed");
        let file = phone.vault_folder().join("objects").join(format!("{}.sbx", object.object));
        let binding = Binding::of_case(kind, case, object.object).with_scope(object.scope);
        let plain =
            open(&key.object_key(case, object.scope, object.object), &binding, &std::fs::read(file).expect("reads"));
        (object.clone(), plain.expect("opens"))
    };
    let (listed, json) = read(Kind::Record);
    let record: CaseRecord = serde_json::from_slice(&json).expect("a record");
    assert_eq!(commitment(&record.salt, &json), listed.commitment);
    assert_eq!(record.vehicle.expect("has one").plate.text, "M-AB 1234");
    let photo = record.photos.first().expect("has one");
    let (listed, original) = read(Kind::Photo);
    assert_eq!(original, std::fs::read(phone.folder.path().join("camera.jpg")).expect("reads"));
    assert_eq!(commitment(&photo.salt, &original), listed.commitment);
    let (listed, thumbnail) = read(Kind::Thumbnail);
    assert_eq!(commitment(&photo.thumbnail.as_ref().expect("made").salt, &thumbnail), listed.commitment);
    assert_eq!(read(Kind::View).0.scope, Scope::View);
}

#[test]
fn no_file_of_the_vault_shows_plate_place_officer_or_picture() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let draft = phone.complete_draft(&client, "M-CD 5678");
    let sealed = phone.complete_draft(&client, "M-EF 9012");
    client.make_thumbnails(sealed, &NeverCancel).expect("derives");
    client.seal_case(sealed, Vec::new()).expect("seals");
    client.void_case(draft, VoidReason::Duplicate, Some("Canary note")).expect("voids");
    let canaries: [&[u8]; 9] = [
        b"CD 5678",
        b"MCD5678",
        b"EF 9012",
        b"Marienplatz",
        b"4827",
        b"Canary",
        b"\xff\xd8\xff\xe0",
        b"481374300",
        b"0123456789ABCDEFGHJK",
    ];
    for (path, bytes) in all_bytes(&phone.vault_folder()) {
        for canary in canaries {
            let found = bytes.windows(canary.len()).any(|window| window == canary);
            assert!(!found, "{:?} in {path:?}", String::from_utf8_lossy(canary));
        }
    }
    // Positive control: the search finds what is there in clear.
    let camera = std::fs::read(phone.folder.path().join("camera.jpg")).expect("reads");
    assert!(camera.windows(4).any(|window| window == b"\xff\xd8\xff\xe0"));
}

#[test]
fn sealing_names_what_is_missing_and_takes_confirmations() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let empty = client.begin_case().expect("begins");
    let Err(Error::Findings(found)) = client.seal_case(empty, Vec::new()) else { panic!("sealed an empty case") };
    let codes: Vec<_> = found.iter().map(|finding| finding.code).collect();
    for code in
        [FindingCode::VehicleMissing, FindingCode::OffenceMissing, FindingCode::PlaceMissing, FindingCode::PhotoMissing]
    {
        assert!(codes.contains(&code), "{code}");
    }
    let first = phone.complete_draft(&client, "M-AB 1");
    client.seal_case(first, Vec::new()).expect("seals");
    phone.clock.advance_ms(1_000);
    let far = phone.complete_draft(&client, "M-AB 2");
    let mut place = client.draft(far).expect("a draft").place.expect("has one");
    place.fix.as_mut().expect("has one").lat_e7 += 5_000_000; // 55 km north
    client.edit_case(far, streife_core::domain::CaseEdit::Place(place)).expect("edits");
    let Err(Error::Findings(found)) = client.seal_case(far, Vec::new()) else { panic!("sealed without confirmation") };
    assert_eq!(found.first().map(|finding| finding.code), Some(FindingCode::WayImplausible));
    let confirmed = Confirmation { finding: "way-implausible".to_owned(), reason: "called by radio".to_owned() };
    client.seal_case(far, vec![confirmed]).expect("seals with a reason");
}

#[test]
fn a_file_that_is_no_whole_picture_leaves_nothing_behind() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = client.begin_case().expect("begins");
    let whole = std::fs::read(phone.photo("whole.jpg", 1)).expect("reads");
    let cut = phone.write("cut.jpg", whole.get(..whole.len() / 2).expect("half"));
    let text = phone.write("text.jpg", b"this is no picture");
    let empty = phone.write("empty.jpg", b"");
    let huge = phone.write("huge.jpg", &[&whole[..], &vec![0; 41 << 20]].concat());
    let is = |path: &std::path::Path, expected: fn(&PhotoError) -> bool| {
        let error = client.add_photo(case, path, PhotoClass::Overview).expect_err("refused");
        assert!(matches!(&error, Error::Photo(error) if expected(error)), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::Photo);
    };
    is(&cut, |error| matches!(error, PhotoError::Truncated));
    is(&text, |error| matches!(error, PhotoError::NotAPicture));
    is(&empty, |error| matches!(error, PhotoError::NotAPicture));
    is(&huge, |error| matches!(error, PhotoError::TooLarge { .. }));
    is(&phone.folder.path().join("none.jpg"), |error| matches!(error, PhotoError::Unreadable(_)));
    assert!(client.draft(case).expect("a draft").photos.is_empty());
    let left = std::fs::read_dir(phone.vault_folder().join("objects")).expect("lists").count();
    assert_eq!(left, 0);
}

#[test]
fn a_picture_nobody_can_decode_is_sealed_without_a_thumbnail() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = phone.complete_draft(&client, "M-AB 1");
    // Sound markers around nonsense: evidence all the same.
    let odd = [
        &[0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0xff, 0xdc, 0xff, 0xdc, 1, 1, 0x11, 0, 0xff, 0xda, 0, 4, 0, 0][..],
        &[5; 100],
        &[0xff, 0xd9],
    ];
    let odd = phone.write("odd.jpg", &odd.concat());
    client.add_photo(case, &odd, PhotoClass::Detail).expect("adds");
    assert_eq!(client.make_thumbnails(case, &NeverCancel).expect("derives"), 1);
    client.seal_case(case, Vec::new()).expect("seals");
}

#[test]
fn a_signer_that_is_away_delays_the_signature_and_nothing_else() {
    let phone = Phone::new();
    let client = phone.open();
    phone.signer.fail_with(Some(SignerError::NotNow));
    client.open_shift(&officer()).expect("opens");
    let case = phone.complete_draft(&client, "M-AB 1");
    let sealed = client.seal_case(case, Vec::new()).expect("seals");
    assert!(!sealed.signed);
    assert_eq!(client.status().expect("status").unsigned, 1);
    client.close_shift().expect("closes");
    drop(client);
    phone.signer.fail_with(None);
    let client = phone.open();
    client.sign_pending().expect("signs");
    assert_eq!(client.case(case).expect("is there").state, CaseState::Sealed);
    assert!(client.shifts().expect("shifts").iter().all(|row| row.opening.is_some() && row.seal.is_some()));
}

#[test]
fn the_shift_seal_fixes_all_cases_and_the_whole_chain() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    for plate in ["M-AB 1", "M-AB 2", "M-AB 3"] {
        let case = phone.complete_draft(&client, plate);
        client.seal_case(case, Vec::new()).expect("seals");
    }
    let open_draft = client.begin_case().expect("begins");
    assert_eq!(client.close_shift().expect_err("a draft is open").kind(), ErrorKind::State);
    client.void_case(open_draft, VoidReason::Other, None).expect("voids");
    client.close_shift().expect("closes");
    let journal = client.journal().expect("opens");
    journal.verify().expect("holds");
    let row = client.shifts().expect("shifts").pop().expect("one");
    let key = streife_core::seal::SoftwareKey::from_bytes(&[4; 32]).expect("a scalar").verifying_key();
    let seal = Signed::<ShiftSeal>::verify(&row.seal.expect("signed"), &key).expect("verifies").into_payload();
    let heads = seal.heads().expect("fits");
    assert_eq!(seal.count, 4);
    let mut leaves = Vec::new();
    for summary in client.cases().expect("cases") {
        let case = client.case(summary.case).expect("is there");
        let manifest = Signed::<Manifest>::verify(&case.manifest.expect("signed"), &key).expect("verifies");
        assert!(heads.contains(&manifest.payload().head));
        leaves.push((manifest.payload().seq, manifest.payload_hash()));
    }
    leaves.sort_unstable();
    let leaves: Vec<_> = leaves.into_iter().map(|(_, leaf)| leaf).collect();
    assert_eq!(merkle::root(&leaves), seal.root);
    // Positive control: one entry edited, and the chain breaks there.
    let mut edited = journal.clone();
    edited.entries[2].stored[70] ^= 1;
    assert!(matches!(edited.verify(), Err(streife_core::vault::VaultError::JournalBroken { n: 3 })));
    assert!(ShiftSeal::decode(&seal.encode()).is_ok());
}

#[test]
fn every_change_of_a_draft_is_journalled_with_the_hash_of_what_it_leaves() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = phone.complete_draft(&client, "M-AB 1");
    client.make_thumbnails(case, &NeverCancel).expect("derives");
    let journal = client.journal().expect("opens");
    let drafts: Vec<_> = journal.records().filter_map(|record| record.draft).collect();
    assert_eq!(drafts.len(), 8, "begun, five edits, a photo, a thumbnail");
    let row = client.case(case).expect("is there");
    assert_eq!((row.begun_n, row.sealed_n), (Some(2), None));
    client.seal_case(case, Vec::new()).expect("seals");
    assert_eq!(client.case(case).expect("is there").sealed_n, Some(journal.entries.len() as u64 + 1));
    drop(client);
    let database = rusqlite::Connection::open(phone.vault_folder().join("vault.db")).expect("opens");
    let named: i64 = database.query_row("SELECT sealed_n FROM cases", [], |row| row.get(0)).expect("reads");
    assert_eq!(named, 10);
}

#[test]
fn a_case_can_be_voided_once_and_stays() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = phone.complete_draft(&client, "M-AB 1");
    client.seal_case(case, Vec::new()).expect("seals");
    client.void_case(case, VoidReason::WrongPlate, Some("misread")).expect("voids");
    assert_eq!(
        client.void_case(case, VoidReason::WrongPlate, None).expect_err("void already").kind(),
        ErrorKind::State
    );
    let summary = client.cases().expect("cases").pop().expect("one");
    assert!(summary.voided);
    assert_eq!(summary.state, CaseState::Sealed);
}

#[test]
fn what_a_record_cannot_hold_is_refused_where_it_is_typed() {
    let phone = Phone::new();
    let client = phone.open();
    let nameless = Officer { id: String::new(), unit: None };
    assert_eq!(client.open_shift(&nameless).expect_err("refused").kind(), ErrorKind::BadInput);
    client.open_shift(&officer()).expect("opens");
    let case = phone.complete_draft(&client, "M-AB 1");
    let long = Place { text: "x".repeat(201), ..Place::default() };
    let notes = Notes { citizen: Some(String::new()), internal: None };
    for edit in [CaseEdit::Place(long), CaseEdit::Notes(notes)] {
        assert_eq!(client.edit_case(case, edit).expect_err("refused").kind(), ErrorKind::BadInput);
    }
    let unfounded = Confirmation { finding: "valves-moved".to_owned(), reason: "no".to_owned() };
    assert_eq!(client.seal_case(case, vec![unfounded]).expect_err("refused").kind(), ErrorKind::BadInput);
    let without_size = phone.write("tiny.jpg", &[0xff, 0xd8, 0xff, 0xd9]);
    let refused = client.add_photo(case, &without_size, PhotoClass::Detail).expect_err("refused");
    assert_eq!(refused.kind(), ErrorKind::Photo);
    client.seal_case(case, Vec::new()).expect("the draft is as it was");
}

#[test]
fn a_void_draft_keeps_an_offence_that_the_catalogue_lacks() {
    let phone = Phone::new();
    let client = phone.open();
    client.open_shift(&officer()).expect("opens");
    let case = client.begin_case().expect("begins");
    let unknown = NamedOffence::new("999999".parse().expect("six digits"));
    let edit = CaseEdit::Offences { relation: OffenceRelation::OneAct, items: vec![unknown] };
    client.edit_case(case, edit).expect("edits");
    client.void_case(case, VoidReason::WrongOffence, None).expect("voids");
    let row = client.case(case).expect("is there");
    let device_key = streife_core::seal::SoftwareKey::from_bytes(&[4; 32]).expect("a scalar").verifying_key();
    let manifest = Signed::<Manifest>::verify(&row.manifest.expect("signed"), &device_key).expect("verifies");
    let key = manifest.payload().open_case_key(&phone.agency.case_worker).expect("opens");
    let listed = manifest.payload().objects.iter().find(|object| object.kind == Kind::Record).expect("listed");
    let file = phone.vault_folder().join("objects").join(format!("{}.sbx", listed.object));
    let binding = Binding::of_case(Kind::Record, case, listed.object);
    let json = open(&key.object_key(case, Scope::Full, listed.object), &binding, &std::fs::read(file).expect("reads"));
    let record: CaseRecord = serde_json::from_slice(&json.expect("opens")).expect("a record");
    let offences = record.offences.expect("kept");
    assert_eq!(offences.items.first().map(|item| item.number.to_string()).as_deref(), Some("999999"));
}
