//! What an app lists: pages of cases, and the queue in numbers.

mod common;

use common::{Phone, officer};
use streife_core::client::{CaseState, Client, Status, VaultError};
use streife_core::domain::{CaseId, VoidReason};
use streife_core::error::Error;
use streife_core::ports::SignerError;

/// Five cases: sealed, voided, unsigned, and two drafts.
fn queue(phone: &Phone, client: &Client) -> Vec<CaseId> {
    client.open_shift(&officer()).expect("opens");
    let complete = ["M-AB 1", "M-AB 2", "M-AB 3"].map(|plate| phone.complete_draft(client, plate));
    let [sealed, voided, unsigned] = complete;
    for case in [sealed, voided] {
        client.seal_case(case, Vec::new()).expect("seals");
    }
    client.void_case(voided, VoidReason::Duplicate, None).expect("voids");
    phone.signer.fail_with(Some(SignerError::NotNow));
    client.seal_case(unsigned, Vec::new()).expect("seals");
    let drafts = [(); 2].map(|()| client.begin_case().expect("begins"));
    complete.into_iter().chain(drafts).collect()
}

#[test]
fn pages_hold_every_case_once_newest_first() {
    let phone = Phone::new();
    let client = phone.open();
    let begun = queue(&phone, &client);
    let all = client.cases().expect("lists");
    assert_eq!(all.iter().map(|row| row.case).collect::<Vec<_>>(), begun);
    for limit in 1..=6 {
        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let page = client.cases_page(after, limit).expect("lists");
            assert!(page.len() <= limit as usize);
            let Some(last) = page.last() else { break };
            after = Some(last.case);
            paged.extend(page);
        }
        paged.reverse();
        assert_eq!(paged, all, "pages of {limit}");
    }
    let voided: Vec<_> = all.iter().map(|row| row.voided).collect();
    assert_eq!(voided, [false, true, false, false, false]);
    let states: Vec<_> = all.iter().map(|row| row.state).collect();
    let expected = [CaseState::Sealed, CaseState::Sealed, CaseState::Unsigned, CaseState::Draft, CaseState::Draft];
    assert_eq!(states, expected);
}

#[test]
fn a_page_behind_an_unknown_case_is_an_error_and_not_the_first_page() {
    let phone = Phone::new();
    let client = phone.open();
    queue(&phone, &client);
    let refused = client.cases_page(Some(CaseId::new([7; 16])), 3).expect_err("there is no such case");
    assert!(matches!(refused, Error::Vault(VaultError::NotFound { table: "cases" })), "{refused:?}");
}

#[test]
fn the_status_counts_each_state_and_the_bytes_that_have_not_arrived() {
    let phone = Phone::new();
    let client = phone.open();
    queue(&phone, &client);
    let status = client.status().expect("counts");
    let shift = client.shifts().expect("lists").pop().map(|row| row.shift);
    let counted = Status { shift, drafts: 2, unsigned: 1, waiting: 2, ..Status::default() };
    assert_eq!(status, Status { bytes_waiting: status.bytes_waiting, ..counted });
    let files = std::fs::read_dir(phone.vault_folder().join("objects")).expect("lists");
    let on_disk: u64 = files.map(|file| file.expect("a file").metadata().expect("its length").len()).sum();
    let opening = client.shifts().expect("lists").iter().filter_map(|row| row.opening.as_ref()).map(Vec::len).sum();
    let manifests = client.cases().expect("lists").iter().map(|row| manifest_length(&client, row.case)).sum();
    let small: usize = [opening, manifests].iter().sum();
    let event = status.bytes_waiting - on_disk - small as u64;
    assert!((100..2_000).contains(&event), "{event} bytes are left for the signed void");
}

fn manifest_length(client: &Client, case: CaseId) -> usize {
    client.case(case).expect("is there").manifest.map_or(0, |bytes| bytes.len())
}
