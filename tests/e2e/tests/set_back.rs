//! A folder that was set back, with an anchor that knows nothing: the box is the last to notice.

use streife_box::Alarm;
use streife_core::client::{Notice, SyncEnd};
use streife_core::domain::{Officer, VoidReason};
use streife_core::sync::Network;
use streife_core::vault::JournalEvent;
use streife_e2e::{Rig, sync};

#[test]
fn the_box_knows_more_than_a_folder_of_yesterday_and_takes_its_cases_all_the_same() {
    let rig = Rig::with_numbers(5, 20);
    let client = rig.on_patrol();
    let _handed_over = rig.seal_case(&client, 1);
    let _waits = rig.drain(&client);
    drop(client);
    let yesterday = rig.folder.path().join("yesterday");
    copy_folder(&rig.vault_folder(), &yesterday);

    let client = rig.open();
    let lost = rig.seal_case(&client, 2);
    let _waits = rig.drain(&client);
    drop(client);
    std::fs::remove_dir_all(rig.vault_folder()).expect("removes");
    std::fs::rename(&yesterday, rig.vault_folder()).expect("sets back");

    let client = rig.open();
    assert!(client.notices().is_empty(), "without an anchor nothing on the phone tells: {:?}", client.notices());
    let kept = rig.seal_case(&client, 1);
    assert_eq!(sync(&client, Network::Unmetered).end, SyncEnd::Idle);
    assert!(client.notices().iter().any(|notice| matches!(notice, Notice::BoxKnowsMore { .. })));
    let journal = client.journal().expect("reads");
    assert!(journal.records().any(|record| matches!(record.event, JournalEvent::BoxKnowsMore { .. })));
    let ledger = rig.server.ledger();
    let alarms = ledger.alarms().expect("reads");
    assert!(matches!(alarms.as_slice(), [Alarm { known, told, .. }] if told.n < known.n), "{alarms:?}");
    assert!(ledger.case(lost).expect("reads").is_some_and(|case| case.receipt.is_some()));
    assert!(ledger.case(kept).expect("reads").is_some_and(|case| case.receipt.is_some()), "taken all the same");
}

#[test]
fn a_phone_that_goes_on_where_it_stopped_raises_no_alarm() {
    let rig = Rig::new();
    let client = rig.on_patrol();
    for _ in 0..2 {
        let case = rig.seal_case(&client, 1);
        client.void_case(case, VoidReason::WrongPlate, None).expect("voids");
        let _waits = rig.drain(&client);
    }
    client.close_shift().expect("closes");
    drop(client);
    let client = rig.open();
    client.open_shift(&Officer { id: "4827".to_owned(), unit: None }).expect("opens");
    let _waits = rig.drain(&client);
    assert!(client.notices().is_empty(), "{:?}", client.notices());
    assert!(rig.server.ledger().alarms().expect("reads").is_empty());
    assert!(
        client.journal().expect("reads").records().any(|told| matches!(told.event, JournalEvent::ItemArrived { .. }))
    );
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("makes");
    for entry in std::fs::read_dir(from).expect("lists") {
        let (path, target) = (entry.as_ref().expect("an entry").path(), to.join(entry.expect("an entry").file_name()));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copies");
        }
    }
}
