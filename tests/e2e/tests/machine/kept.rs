//! Sequences that have found something once, written out.

use streife_core::ports::KeyStoreError;
use streife_core::sync::Network;

use crate::hands::Honest;
use crate::play;
use crate::steps::{Act, Asleep, Cut, Edit, Photo, Sequence, Step, Trouble};

/// Plays a sequence as it stands.
fn holds(steps: Vec<Step>) {
    let (_, result) = play(&Sequence { seed: 0, steps }, &Honest);
    assert_eq!(result, Ok(()));
}

const fn calm(act: Act) -> Step {
    Step { act, trouble: None }
}

const fn amid(trouble: Trouble, act: Act) -> Step {
    Step { act, trouble: Some(trouble) }
}

/// A success with a body that no box sends was taken for the arrival of a shift's seal.
#[test]
fn a_lying_success_for_a_seal() {
    let lies = Trouble::Network { first: 3, count: 5, fault: Cut::Garbage };
    holds(vec![
        calm(Act::OpenShift),
        calm(Act::Whole(0)),
        calm(Act::CloseShift),
        calm(Act::Edit(0, Edit::Check)),
        amid(lies, Act::Sync(Network::Metered)),
    ]);
}

/// The file of a photo was lost when half of it was at the box: that handover and every later one failed, for all cases.
#[test]
fn a_lost_file_in_the_middle_of_its_upload() {
    let torn = Trouble::Network { first: 1, count: 100, fault: Cut::Torn };
    holds(vec![
        calm(Act::Photo(0, Photo { trailing: 600_000, class: 0 })),
        calm(Act::Whole(0)),
        amid(torn, Act::Sync(Network::Unmetered)),
        calm(Act::LoseFile(0, 0)),
        calm(Act::Whole(0)),
        calm(Act::Wait(1)),
        calm(Act::Sync(Network::Unmetered)),
    ]);
}

/// A suspension in the middle of a rotation left an app that could record nothing until it was started again.
#[test]
fn a_suspension_in_the_middle_of_a_rotation() {
    let rotations =
        (1..40).flat_map(|at| [amid(Trouble::Suspend { at }, Act::Rotate), calm(Act::Edit(0, Edit::Check))]);
    holds([calm(Act::Whole(0))].into_iter().chain(rotations).collect());
}

/// Opened while the key store was silent, the vault was taken for one that had lost its drafts.
#[test]
fn an_opening_while_the_key_store_is_silent() {
    holds(vec![
        calm(Act::KeyStore(Some(KeyStoreError::NotNow))),
        calm(Act::Edit(0, Edit::Vehicle(0))),
        calm(Act::Reopen),
        calm(Act::Begin),
        calm(Act::KeyStore(None)),
        calm(Act::Sync(Network::Offline)),
        calm(Act::EndShift),
    ]);
}

/// A case that was sealed twice was called damaged.
#[test]
fn a_case_is_sealed_twice() {
    holds(vec![calm(Act::Whole(0)), calm(Act::Seal(0, false))]);
}

/// Suspended while it was unlocked, the vault stays locked until it is asked again.
#[test]
fn a_suspension_in_the_middle_of_unlocking() {
    holds((1..20).flat_map(|at| [amid(Trouble::Suspend { at }, Act::Lock), calm(Act::Edit(0, Edit::Check))]).collect());
}

/// Two threads suspend the vault, and one resumes it: then it is awake.
#[test]
fn a_suspension_in_the_middle_of_another() {
    holds(vec![amid(Trouble::Suspend { at: 1 }, Act::Suspend(Asleep::Calls))]);
}

/// Hardware keys that were destroyed while the store was silent: it answers again, and has nothing to give.
#[test]
fn keys_destroyed_while_the_store_is_silent() {
    holds(vec![
        calm(Act::Fill(0)),
        calm(Act::KeyStore(Some(KeyStoreError::Failed))),
        calm(Act::Reopen),
        calm(Act::DestroyKeys),
        calm(Act::KeyStore(None)),
        calm(Act::Sync(Network::Unmetered)),
    ]);
}

/// The clock was set back while something waited for long: other items that were ready kept that wait from being seen.
#[test]
fn a_long_wait_behind_a_clock_that_is_set_back() {
    let slow = Trouble::Network { first: 4, count: 2, fault: Cut::Status(500, Some(u32::MAX)) };
    holds(vec![
        calm(Act::Edit(0, Edit::Vehicle(0))),
        calm(Act::EndShift),
        calm(Act::SetClock(728)),
        amid(slow, Act::Sync(Network::Unmetered)),
        calm(Act::Fill(0)),
        calm(Act::LoseFile(19, 0)),
    ]);
}

/// A clock that was set back between two looks, over a restart, is a finding: the officer confirms it or looks again.
#[test]
fn two_looks_around_a_clock_that_is_set_back() {
    holds(vec![
        calm(Act::OpenShift),
        calm(Act::Fill(0)),
        calm(Act::SetClock(-1)),
        calm(Act::Reboot),
        calm(Act::Edit(0, Edit::Check)),
        calm(Act::Whole(0)),
    ]);
}
