//! The contract of the stores, held against every implementation. Whoever writes another one adds a module like `sqlite`
//! and `memory` below.
//!
//! A check is told nothing but the trait, and says in words which promise was broken. So a store that breaks one on
//! purpose can show that the suite would notice.

#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "small lists and small numbers of tests")]

mod blobs;
mod broken;
mod cases;
mod desk;
mod devices;
mod kit;
mod log;
mod script;
mod shifts;
mod threads;
mod uploads;

use blobs::BlobCheck;
use broken::{Breaking, PROMISES, Promise};
use kit::MetaCheck;
use streife_box::store::{FileBlobs, MemoryBlobs, MemoryMeta, SqliteMeta};

/// Makes a test of each check for each implementation, and lists the checks for the control.
macro_rules! contract {
    (meta { $($meta_topic:ident: $($meta:ident),+;)+ } blobs { $($blob:ident),+ }) => {
        const META: &[(&str, MetaCheck)] = &[$($((stringify!($meta), $meta_topic::$meta)),+),+];
        const BLOBS: &[(&str, BlobCheck)] = &[$((stringify!($blob), blobs::$blob)),+];

        mod sqlite {
            $($(#[test]
            fn $meta() {
                let folder = tempfile::tempdir().expect("a folder");
                let store = super::SqliteMeta::open(folder.path()).expect("opens");
                super::$meta_topic::$meta(&store).expect("the contract holds");
            })+)+

            $(#[test]
            fn $blob() {
                let folder = tempfile::tempdir().expect("a folder");
                let store = super::FileBlobs::open(folder.path()).expect("opens");
                super::blobs::$blob(&store).expect("the contract holds");
            })+
        }

        mod memory {
            $($(#[test]
            fn $meta() {
                super::$meta_topic::$meta(&super::MemoryMeta::default()).expect("the contract holds");
            })+)+

            $(#[test]
            fn $blob() {
                super::blobs::$blob(&super::MemoryBlobs::default()).expect("the contract holds");
            })+
        }
    };
}

contract! {
    meta {
        devices: settings_are_stored_all_or_none, a_device_keeps_its_first_key, a_code_lets_one_device_in,
            revoking_and_draining_are_two_things, a_token_counts_until_its_end,
            a_journal_that_goes_back_is_an_alarm_once;
        shifts: a_shift_and_its_seal_are_stored_once, a_seal_is_judged_with_each_case;
        cases: a_case_is_declared_once_and_whole, a_case_that_is_refused_leaves_nothing,
            numbers_of_a_shift_are_flagged, cases_are_listed_in_order_of_arrival, the_last_object_brings_the_receipt,
            a_receipt_that_cannot_be_signed_leaves_no_mark, an_event_is_appended_once;
        log: every_proof_leads_to_the_root_of_the_entries;
        desk: a_case_is_decided_once, a_recipient_has_one_wrap, the_feed_tells_each_step_once_and_in_order,
            a_slip_opens_its_case_until_its_end;
        uploads: an_upload_is_kept_until_its_end, an_upload_that_expired_is_announced_anew, a_range_is_given_once,
            a_device_gets_so_many_ranges_a_day;
        threads: of_those_who_declare_one_case_one_is_told_new, those_who_bring_the_last_objects_get_one_receipt,
            no_number_is_given_to_two;
    }
    blobs {
        an_upload_grows_at_its_end, what_was_taken_back_is_gone, an_upload_is_verified_by_length_and_hash,
        a_promoted_upload_is_an_object, an_object_is_read_from_any_place, what_is_removed_is_gone_and_nothing_else,
        a_start_finds_parts_and_drops_one_shots
    }
}

/// Checks that a store of this promise does not pass.
fn noticed(promise: Promise) -> Vec<&'static str> {
    let fails = |check: &MetaCheck| check(&Breaking::new(promise)).is_err();
    META.iter().filter(|(_, check)| fails(check)).map(|(name, _)| *name).collect()
}

#[test]
fn a_store_that_breaks_a_promise_does_not_pass() {
    assert_eq!(noticed(Promise::Nothing), [""; 0], "the wrapper itself breaks nothing");
    for promise in PROMISES {
        assert!(!noticed(promise).is_empty(), "{promise:?}");
    }
}

#[test]
fn a_broken_promise_is_named_by_the_checks_of_its_topic() {
    assert_eq!(noticed(Promise::Log), ["every_proof_leads_to_the_root_of_the_entries"]);
    assert_eq!(noticed(Promise::Code), ["a_code_lets_one_device_in"]);
    assert_eq!(noticed(Promise::Feed), ["the_feed_tells_each_step_once_and_in_order"]);
    assert!(noticed(Promise::Receipt).contains(&"the_last_object_brings_the_receipt"));
    assert!(noticed(Promise::Same).contains(&"of_those_who_declare_one_case_one_is_told_new"));
    let error = devices::a_code_lets_one_device_in(&Breaking::new(Promise::Code)).expect_err("breaks");
    assert_eq!(error.0, "a code is used up: Some(New) instead of None");
}

#[test]
fn a_store_of_objects_that_takes_nothing_back_does_not_pass() {
    let fails = |check: &BlobCheck| check(&blobs::Forgetful::default()).is_err();
    let failed: Vec<_> = BLOBS.iter().filter(|(_, check)| fails(check)).map(|(name, _)| *name).collect();
    assert_eq!(failed, ["what_was_taken_back_is_gone"]);
}

#[test]
fn what_sqlite_has_said_is_there_when_it_is_opened_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || SqliteMeta::open(folder.path()).expect("opens");
    let store = open();
    script::run(&store, 1, 400);
    let before = script::dump(&store).expect("reads");
    drop(store);
    assert_eq!(script::dump(&open()).expect("reads"), before);
}

#[test]
fn both_stores_say_the_same_to_whatever_comes() {
    for seed in 1..=8 {
        let folder = tempfile::tempdir().expect("a folder");
        let (sqlite, memory) = (SqliteMeta::open(folder.path()).expect("opens"), MemoryMeta::default());
        let (one, two) = (script::run(&sqlite, seed, 400), script::run(&memory, seed, 400));
        for (n, (one, two)) in one.iter().zip(&two).enumerate() {
            assert_eq!(one, two, "seed {seed}, step {n}");
        }
        assert_eq!(script::dump(&sqlite).expect("reads"), script::dump(&memory).expect("reads"), "seed {seed}");
    }
}
