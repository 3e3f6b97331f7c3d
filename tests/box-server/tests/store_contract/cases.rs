//! Cases, objects, events, and the receipt.

use std::cell::RefCell;
use std::collections::HashSet;

use streife_box::store::{MetaStore, Put, SequenceFlag};
use streife_core::sync::protocol::BoxCaseState;

use crate::kit::{Broken, Phone, case_id, complete, declare, event_id, hold, object_id, refuse, same};

pub fn a_case_is_declared_once_and_whole(store: &dyn MetaStore) -> Result<(), Broken> {
    let phone = Phone::at_work(1, store)?;
    let case = phone.case(1, 1, 3);
    hold!(store.case(case_id(1))?.is_none() && store.objects(case_id(1))?.is_empty(), "no case by itself");
    let objects = declare(store, &case)?;
    let rows = objects.iter().map(|row| (row.object, row.case, row.device, row.length, row.hash, row.kind));
    let listed = case.payload().objects.iter();
    let due = listed.map(|o| (o.object, case_id(1), phone.device, o.length, o.hash, o.kind as u8));
    same!(rows.collect::<Vec<_>>(), due.collect::<Vec<_>>(), "objects are those of the manifest, in its order");
    hold!(objects.iter().all(|row| !row.stored), "no object is here yet");
    let row = store.case(case_id(1))?.ok_or(Broken("a case that was declared is here".to_owned()))?;
    same!((row.device, row.shift, row.seq), (phone.device, phone.shift, 1), "a case is read out of its manifest");
    same!((row.manifest.as_slice(), row.receipt), (case.as_bytes(), None), "the manifest's bytes are kept");
    same!(row.state, BoxCaseState::Declared, "a case begins declared");
    same!(store.put_case(&case)?, Some(Put::Same), "the same bytes are the same");
    same!(store.put_case(&phone.case(1, 2, 1))?, Some(Put::Other), "other bytes are other");
    same!(store.case(case_id(1))?.map(|row| row.seq), Some(1), "the first bytes stay");
    same!(store.incomplete_cases()?, 1, "one case has no receipt");
    same!(store.object(object_id(1, 255))?.map(|row| row.length), Some(100), "an object is found by its id");
    let ids: Vec<_> = store.all_objects()?.into_iter().map(|row| row.object).collect();
    same!(ids, [object_id(1, 253), object_id(1, 254), object_id(1, 255)], "all objects are listed by their ids");
    Ok(())
}

pub fn a_case_that_is_refused_leaves_nothing(store: &dyn MetaStore) -> Result<(), Broken> {
    let phone = Phone::at_work(1, store)?;
    declare(store, &phone.case(1, 1, 2))?;
    let mut thief = phone.manifest(2, 2, 2);
    thief.objects[1].object = object_id(1, 254);
    let thief = phone.sign(streife_core::seal::Namespace::Manifest, &thief);
    same!(store.put_case(&thief)?, None, "an object belongs to one case");
    hold!(store.put_case(&Phone::new(9).case(3, 1, 1)).is_err(), "a case has a shift");
    let nowhere = Phone { shift: Phone::new(9).shift, ..Phone::new(1) };
    hold!(store.put_case(&nowhere.case(4, 1, 1)).is_err(), "a case has a shift that is here");
    hold!(store.case(case_id(2))?.is_none() && store.objects(case_id(2))?.is_empty(), "a thief's case is not here");
    same!(store.object(object_id(2, 255))?.map(|row| row.case), None, "nor is its own object");
    same!((store.log_size()?, store.cases_after(0, 9)?.len()), (1, 1), "nor is it listed");
    same!(store.feed_after(0, 9)?.len(), 1, "nor is it told");
    Ok(())
}

pub fn numbers_of_a_shift_are_flagged(store: &dyn MetaStore) -> Result<(), Broken> {
    use SequenceFlag::{Fits, Gap, Taken};
    let phone = Phone::at_work(1, store)?;
    let flags =
        || -> Result<Vec<_>, Broken> { Ok(store.cases_after(0, 99)?.into_iter().map(|row| row.sequence).collect()) };
    for (number, seq, due) in [
        (1, 1, vec![Fits]),
        (2, 3, vec![Fits, Gap]),
        (3, 4, vec![Fits, Gap, Fits]),
        (4, 2, vec![Fits, Fits, Fits, Fits]),
        (5, 2, vec![Fits, Fits, Fits, Fits, Taken]),
    ] {
        declare(store, &phone.case(number, seq, 1))?;
        same!(flags()?, due, "numbers are flagged as they come");
    }
    let other = Phone::at_work(2, store)?;
    declare(store, &other.case(6, 2, 1))?;
    same!(flags()?.last(), Some(&Gap), "each shift counts for itself");
    Ok(())
}

pub fn cases_are_listed_in_order_of_arrival(store: &dyn MetaStore) -> Result<(), Broken> {
    let (one, two) = (Phone::at_work(1, store)?, Phone::at_work(2, store)?);
    declare(store, &one.case(5, 1, 1))?;
    store.drain(one.device, 1)?;
    for (phone, number, seq) in [(&two, 9, 1), (&one, 2, 2), (&two, 1, 2)] {
        declare(store, &phone.case(number, seq, 1))?;
    }
    let all = store.cases_after(0, 99)?;
    let order: Vec<_> = all.iter().map(|row| row.case).collect();
    same!(order, [case_id(5), case_id(9), case_id(2), case_id(1)], "cases come in order of arrival");
    hold!(all.windows(2).all(|two| two[0].index < two[1].index), "indexes grow");
    let second = all[1].index;
    let ids = |rows: Vec<streife_box::store::CaseRow>| rows.into_iter().map(|row| row.case).collect::<Vec<_>>();
    same!(ids(store.cases_after(second, 1)?), [case_id(2)], "a page begins behind the index and ends in time");
    same!(ids(store.cases_after(u64::MAX, 9)?), [], "nothing is behind the end");
    same!(ids(store.cases_of_device(one.device, 0, 9)?), [case_id(5), case_id(2)], "a device has its own");
    same!(ids(store.cases_of_device(two.device, second, 9)?), [case_id(1)], "and pages of them");
    same!(ids(store.cases_of_device(two.device, 0, 1)?), [case_id(9)], "that end in time");
    same!(store.late_cases_after(0)?, HashSet::from([case_id(2)]), "what came behind the draining is late");
    same!(store.late_cases_after(u64::MAX)?, HashSet::new(), "late cases are paged, too");
    Ok(())
}

pub fn the_last_object_brings_the_receipt(store: &dyn MetaStore) -> Result<(), Broken> {
    let phone = Phone::at_work(1, store)?;
    declare(store, &phone.case(7, 1, 1))?;
    let objects = declare(store, &phone.case(1, 2, 2))?;
    let asked = RefCell::new(Vec::new());
    let mark = |place: usize| {
        store.mark_stored(&objects[place], &|row, objects, leaf| {
            let stored: Vec<_> = objects.iter().map(|object| (object.object, object.stored)).collect();
            asked.borrow_mut().push((row.case, stored, leaf));
            Ok(b"receipt".to_vec())
        })
    };
    mark(1)?;
    hold!(asked.borrow().is_empty(), "no receipt before the last object");
    same!(store.object(objects[1].object)?.map(|row| row.stored), Some(true), "a mark is seen");
    mark(1)?;
    hold!(asked.borrow().is_empty(), "the same mark again is none more");
    mark(0)?;
    let due = (case_id(1), vec![(objects[0].object, true), (objects[1].object, true)], 1);
    same!(*asked.borrow(), [due], "one receipt over all objects in the manifest's order, and the place in the log");
    let seen = || -> Result<_, Broken> { Ok(store.case(case_id(1))?.map(|row| (row.receipt, row.state))) };
    let receipt = || Some(b"receipt".to_vec());
    same!(seen()?, Some((receipt(), BoxCaseState::Complete)), "the receipt comes with the last mark");
    same!(store.incomplete_cases()?, 1, "the other case has none");
    store.mark_lost(objects[0].object)?;
    same!(store.object(objects[0].object)?.map(|row| row.stored), Some(false), "a lost object is asked for again");
    same!(seen()?, Some((receipt(), BoxCaseState::Declared)), "a receipt stays, whatever is lost");
    mark(0)?;
    same!(seen()?, Some((receipt(), BoxCaseState::Complete)), "and the case is whole again");
    same!(asked.borrow().len(), 1, "without a second receipt");
    Ok(())
}

pub fn a_receipt_that_cannot_be_signed_leaves_no_mark(store: &dyn MetaStore) -> Result<(), Broken> {
    let phone = Phone::at_work(1, store)?;
    let objects = declare(store, &phone.case(1, 1, 1))?;
    hold!(store.mark_stored(&objects[0], &|_, _, _| refuse()).is_err(), "a failing signature is a failure");
    same!(store.object(objects[0].object)?.map(|row| row.stored), Some(false), "no mark without its receipt");
    same!(store.case(case_id(1))?.and_then(|row| row.receipt), None, "no receipt that was not signed");
    same!(store.feed_after(0, 9)?.len(), 1, "nothing is told");
    complete(store, &objects)?;
    same!(store.case(case_id(1))?.and_then(|row| row.receipt), Some(vec![0]), "the next signature counts");
    Ok(())
}

pub fn an_event_is_appended_once(store: &dyn MetaStore) -> Result<(), Broken> {
    let phone = Phone::at_work(1, store)?;
    let objects = declare(store, &phone.case(1, 1, 1))?;
    declare(store, &phone.case(2, 2, 1))?;
    let void = phone.void(9, 1, "duplicate");
    hold!(store.put_event(&phone.void(5, 5, "duplicate")).is_err(), "an event has a case");
    same!(store.put_event(&void)?, Put::New, "a new event is new");
    same!(store.put_event(&void)?, Put::Same, "the same bytes are the same");
    same!(store.put_event(&phone.void(9, 1, "other"))?, Put::Other, "other bytes are other");
    same!(store.put_event(&phone.void(9, 2, "duplicate"))?, Put::Other, "an id counts for all cases");
    same!(store.put_event(&phone.void(3, 1, "later"))?, Put::New, "a case may have several");
    let ids: Vec<_> = store.events(case_id(1))?.into_iter().map(|row| row.event).collect();
    same!(ids, [event_id(9), event_id(3)], "events come in order of arrival");
    let found = store.event(case_id(1), event_id(9))?.map(|row| (row.kind, row.bytes));
    same!(found, Some((1, void.as_bytes().to_vec())), "an event keeps its bytes");
    hold!(store.event(case_id(2), event_id(9))?.is_none(), "an event is found in its own case");
    complete(store, &objects)?;
    let row = store.case(case_id(1))?.map(|row| (row.state, row.receipt.is_some()));
    same!(row, Some((BoxCaseState::Voided, true)), "a void takes nothing away");
    Ok(())
}
