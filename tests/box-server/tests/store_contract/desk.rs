//! Decisions, wraps, slips, and the feed.

use std::cell::Cell;

use streife_box::store::{FeedKind, MetaStore, Put};
use streife_core::seal::{DecisionKind, Hash, ManifestNotice};
use streife_core::sync::protocol::BoxCaseState;

use crate::kit::{Broken, Phone, case_id, complete, decision, declare, hold, refuse, same, wrap};

pub fn a_case_is_decided_once(store: &dyn MetaStore) -> Result<(), Broken> {
    use DecisionKind::{Accepted, Rejected};
    let phone = Phone::at_work(1, store)?;
    let objects = declare(store, &phone.case(1, 1, 1))?;
    declare(store, &phone.case(2, 2, 1))?;
    complete(store, &objects)?;
    let signed = Cell::new(0_u8);
    let sign = || {
        signed.set(signed.get() + 1);
        Ok(vec![signed.get()])
    };
    let put = |event, case, kind| store.put_decision(&decision(event, case, kind), &sign);
    hold!(put(1, 9, Accepted).is_err(), "a decision has a case");
    hold!(store.put_decision(&decision(1, 1, Accepted), &refuse).is_err(), "a failing signature is a failure");
    same!(store.decision(case_id(1))?, None, "and decides nothing");
    signed.set(0);
    same!(put(1, 1, Accepted)?, (Put::New, vec![1]), "a new decision is new");
    let mut later = decision(1, 1, Accepted);
    later.decided_at = 99;
    same!(store.put_decision(&later, &sign)?, (Put::Same, vec![1]), "the same again has the first time and bytes");
    same!(put(1, 1, Rejected)?, (Put::Other, vec![1]), "another word is another");
    same!(put(2, 1, Accepted)?.0, Put::Other, "a case has one decision");
    same!(put(1, 2, Accepted)?.0, Put::Other, "an id counts for all cases");
    same!(signed.get(), 1, "nothing is signed that is not stored");
    same!(store.decision(case_id(1))?, Some(vec![1]), "a decision is kept as it was signed");
    same!(store.decision(case_id(2))?, None, "the other case has none");
    put(2, 2, Rejected)?;
    let state = |number| -> Result<_, Broken> { Ok(store.case(case_id(number))?.map(|row| row.state)) };
    same!(state(1)?, Some(BoxCaseState::Accepted), "an accepted case says so");
    same!(state(2)?, Some(BoxCaseState::Rejected), "a rejected case says so");
    Ok(())
}

pub fn a_recipient_has_one_wrap(store: &dyn MetaStore) -> Result<(), Broken> {
    let phone = Phone::at_work(1, store)?;
    declare(store, &phone.case(1, 1, 1))?;
    hold!(store.put_wrap(case_id(9), &wrap(1, 1)).is_err(), "a wrap has a case");
    same!(store.put_wrap(case_id(1), &wrap(8, 1))?, Put::New, "a new wrap is new");
    same!(store.put_wrap(case_id(1), &wrap(3, 1))?, Put::New, "another recipient's, too");
    same!(store.put_wrap(case_id(1), &wrap(8, 1))?, Put::Same, "the same bytes are the same");
    same!(store.put_wrap(case_id(1), &wrap(8, 2))?, Put::Other, "other bytes are other");
    same!(store.wraps(case_id(1))?, [wrap(3, 1), wrap(8, 1)], "wraps are listed by their recipients");
    same!(store.wraps(case_id(9))?, [], "another case has none");
    Ok(())
}

pub fn the_feed_tells_each_step_once_and_in_order(store: &dyn MetaStore) -> Result<(), Broken> {
    let phone = Phone::at_work(1, store)?;
    let (first, second) = (phone.case(1, 1, 2), phone.case(2, 2, 1));
    let objects = declare(store, &first)?;
    declare(store, &second)?;
    let void = phone.void(7, 2, "duplicate");
    for _twice in 0..2 {
        store.put_case(&first)?;
        store.put_event(&void)?;
        complete(store, &objects)?;
        store.put_wrap(case_id(1), &wrap(3, 1))?;
        store.put_decision(&decision(5, 1, DecisionKind::Accepted), &|| Ok(vec![1]))?;
    }
    store.mark_lost(objects[0].object)?;
    complete(store, &objects)?;
    let feed = store.feed_after(0, 99)?;
    let lines: Vec<_> = feed.iter().map(|row| (row.kind, row.case, row.id)).collect();
    let due = [
        (FeedKind::Declared, case_id(1), None),
        (FeedKind::Declared, case_id(2), None),
        (FeedKind::Event, case_id(2), Some([7; 16])),
        (FeedKind::Complete, case_id(1), None),
        (FeedKind::Wrap, case_id(1), Some([3; 16])),
        (FeedKind::Decision, case_id(1), Some([5; 16])),
    ];
    same!(lines, due, "the feed has a line for each step");
    hold!(feed.windows(2).all(|two| two[0].n < two[1].n), "numbers of the feed grow");
    same!(store.feed_after(feed[1].n, 2)?, feed[2..4], "a page begins behind the number and ends in time");
    same!(store.feed_after(u64::MAX, 2)?, [], "nothing is behind the end");
    Ok(())
}

pub fn a_slip_opens_its_case_until_its_end(store: &dyn MetaStore) -> Result<(), Broken> {
    let phone = Phone::at_work(1, store)?;
    declare(store, &phone.case(1, 1, 1))?;
    declare(store, &phone.case(2, 2, 1))?;
    let (auth, other) = (Hash([1; 32]), Hash([2; 32]));
    let slip = |auth: Option<Hash>| ManifestNotice { number: "4711".to_owned(), sealed: auth.map(|a| (a, vec![1])) };
    hold!(store.put_notice(case_id(9), &slip(Some(auth)), 10).is_err(), "a slip has a case");
    store.put_notice(case_id(2), &slip(None), 10)?;
    store.put_notice(case_id(1), &slip(Some(auth)), 10)?;
    store.put_notice(case_id(1), &slip(Some(auth)), 99)?;
    store.put_notice(case_id(2), &slip(Some(other)), 10)?;
    same!(store.noticed_case("4711", &auth, 9)?, Some(case_id(1)), "a slip opens its case");
    same!(store.noticed_case("4711", &other, 9)?, Some(case_id(2)), "a number may occur twice");
    same!(store.noticed_case("4711", &auth, 10)?, None, "the first end counts");
    same!(store.noticed_case("4712", &auth, 9)?, None, "another number does not open it");
    same!(store.noticed_case("4711", &Hash([3; 32]), 9)?, None, "another code does not, either");
    Ok(())
}
