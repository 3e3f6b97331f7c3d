//! What a box sees of a phone whose database was lost: every signed case once, with the very manifest it had.

use streife_box::{Fault, Route};
use streife_core::client::{CaseState, Client};
use streife_core::domain::{CaseId, PhotoClass, VoidReason};
use streife_core::sync::Network;
use streife_core::sync::protocol::BoxCaseState;
use streife_e2e::{Rig, sync};

fn manifest(client: &Client, case: CaseId) -> Vec<u8> {
    client.case(case).expect("is there").manifest.expect("signed")
}

fn lose_database(rig: &Rig, client: Client) {
    drop(client);
    for name in ["vault.db", "vault.db-wal"] {
        let path = rig.vault_folder().join(name);
        if path.exists() {
            std::fs::remove_file(path).expect("removes");
        }
    }
}

/// Every case at the box is there once, whole, and with these bytes.
fn assert_delivered(rig: &Rig, expected: &[(CaseId, Vec<u8>)]) {
    let stored = rig.server.ledger().cases().expect("reads");
    for (case, manifest) in expected {
        let found: Vec<_> = stored.iter().filter(|stored| stored.case == *case).collect();
        let [found] = found.as_slice() else { panic!("{case} is there {} times", found.len()) };
        assert!(found.manifest == *manifest, "{case} came with another manifest");
        assert!(found.receipt.is_some() && found.objects.iter().all(|object| object.file.is_some()), "{case}");
    }
}

#[test]
fn cases_go_out_as_they_were_signed_whether_the_box_has_seen_them_or_not() {
    let rig = Rig::new();
    let client = rig.on_patrol();
    let done = rig.seal_case(&client, 1);
    let done_manifest = manifest(&client, done);
    assert_eq!(rig.drain(&client), 0);
    // The box has the manifest and the small objects of this one; its photo is cut off.
    let begun = rig.seal_case(&client, 1);
    let begun_manifest = manifest(&client, begun);
    rig.server.chaos().script(Route::UploadPatch, 1, Fault::DropBefore);
    let _cut = sync(&client, Network::Unmetered);
    assert_eq!(rig.server.ledger().case(begun).expect("reads").expect("declared").state, BoxCaseState::Declared);
    let waiting = rig.seal_case(&client, 2);
    let voided = rig.seal_case(&client, 1);
    client.void_case(voided, VoidReason::WrongPlate, Some("misread")).expect("voids");
    let signed = [(waiting, manifest(&client, waiting)), (voided, manifest(&client, voided))];
    let draft = client.begin_case().expect("begins");
    client.add_photo(draft, &rig.photo(9), PhotoClass::Plate).expect("adds");

    lose_database(&rig, client);
    let (client, report) = rig.salvage();
    assert_eq!(report.whole.iter().copied().collect::<Vec<_>>().len(), 3);
    assert!(report.facts_lost.contains(&draft) && report.shift.is_some() && !report.officer_lost);
    let next = rig.seal_case(&client, 1);
    client.void_case(draft, VoidReason::Other, None).expect("its photo is evidence all the same");
    let expected = [&signed[..], &[(done, done_manifest), (begun, begun_manifest)]].concat();
    client.close_shift().expect("closes");
    let _waits = rig.drain(&client);
    assert_delivered(&rig, &expected);
    let ledger = rig.server.ledger();
    assert_eq!(ledger.cases().expect("reads").len(), 6, "no case twice");
    for case in [next, draft] {
        assert!(ledger.case(case).expect("reads").expect("is there").receipt.is_some());
    }
    assert_eq!(ledger.case(voided).expect("reads").expect("is there").state, BoxCaseState::Voided);
    assert_eq!(client.status().expect("counts").quarantined, 0);
    let seals = ledger.shifts().expect("reads").iter().filter(|shift| shift.seal.is_some()).count();
    assert_eq!(seals, 1, "the shift that lost its end gets no seal, the new one does");
}

#[test]
fn a_box_that_does_not_know_the_shift_gets_an_opening_though_the_first_is_lost() {
    let rig = Rig::new();
    let client = rig.on_patrol();
    let case = rig.seal_case(&client, 1);
    let signed = manifest(&client, case);
    lose_database(&rig, client);
    for entry in std::fs::read_dir(rig.vault_folder().join("spare")).expect("lists") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "opening") {
            std::fs::remove_file(path).expect("removes");
        }
    }
    let (client, report) = rig.salvage();
    assert!(report.whole.contains(&case));
    let _waits = rig.drain(&client);
    assert_delivered(&rig, &[(case, signed)]);
    assert_eq!(client.case(case).expect("the tombstone").state, CaseState::Purged);
}

#[test]
fn a_second_manifest_is_refused_if_the_box_has_the_first_and_nothing_is_lost_by_it() {
    let rig = Rig::new();
    let client = rig.on_patrol();
    let case = rig.seal_case(&client, 1);
    let first = manifest(&client, case);
    rig.server.chaos().script(Route::UploadPatch, 1, Fault::DropBefore);
    let _cut = sync(&client, Network::Unmetered);
    lose_database(&rig, client);
    std::fs::remove_file(rig.vault_folder().join(format!("spare/{case}.manifest"))).expect("removes");
    let (client, report) = rig.salvage();
    assert!(report.stranded.contains(&case));
    let _waits = rig.drain(&client);
    assert_eq!(client.case(case).expect("is there").state, CaseState::Stranded, "nothing goes by itself");

    client.reissue_case(case).expect("by hand");
    let _waits = rig.drain(&client);
    let row = client.case(case).expect("is there");
    assert_eq!(row.state, CaseState::Quarantined);
    assert!(rig.server.ledger().case(case).expect("reads").expect("is there").manifest == first);
    let export = client.export_quarantine(&rig.folder.path().join("out")).expect("hands out");
    assert_eq!((export.cases.len(), export.missing), (1, 0));
    assert!(export.cases.first().is_some_and(|(_, reason)| reason.starts_with("case-conflict")));
}
