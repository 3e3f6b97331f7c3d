//! Key epochs end by themselves: with the shift, and when what was purged is all that was left under them.

use streife_core::client::{Client, SyncEnd};
use streife_core::domain::Officer;
use streife_core::sync::Network;
use streife_core::vault::{CaseState, JournalEvent};
use streife_e2e::{Rig, sync};

fn erased(client: &Client) -> Vec<u16> {
    let event = |record: &streife_core::vault::JournalRecord| match record.event {
        JournalEvent::EpochErased { epoch } => Some(epoch),
        _ => None,
    };
    client.journal().expect("reads").records().filter_map(event).collect()
}

#[test]
fn an_epoch_ends_with_its_shift_and_again_when_the_queue_has_drained() {
    let rig = Rig::new();
    let client = rig.on_patrol();
    let first = rig.seal_case(&client, 1);
    assert_eq!(sync(&client, Network::Unmetered).end, SyncEnd::Idle);
    assert_eq!(client.case(first).expect("is there").state, CaseState::Purged);
    assert_eq!(erased(&client), [0; 0], "the shift is still open");
    client.close_shift().expect("closes");
    assert_eq!(erased(&client), [1]);
    assert_eq!(sync(&client, Network::Unmetered).end, SyncEnd::Idle);
    assert_eq!(erased(&client), [1], "nothing was purged under the second epoch");

    client.open_shift(&Officer { id: "4827".to_owned(), unit: None }).expect("opens");
    let second = rig.seal_case(&client, 1);
    client.close_shift().expect("closes");
    assert_eq!(erased(&client), [1, 2], "a case that waits is sealed again under the third");
    assert_eq!(sync(&client, Network::Unmetered).receipts, 1);
    assert_eq!(client.case(second).expect("is there").state, CaseState::Purged);
    assert_eq!(erased(&client), [1, 2, 3], "its key cannot be had from old blocks any more");
    let journal = client.journal().expect("reads");
    journal.verify().expect("holds");
    assert_eq!(journal.records().count(), journal.entries.len(), "entries outlive the epochs they were written in");
}
