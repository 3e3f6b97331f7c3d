//! Many at once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use streife_box::BoxError;
use streife_box::store::{MetaStore, Put};
use streife_core::domain::RangeRequestId;

use crate::kit::{Broken, Phone, case_id, declare, hold, same};

const THREADS: usize = 8;

/// Does the same from all threads at once; what each was told.
fn at_once<T: Send>(work: impl Fn(usize) -> Result<T, BoxError> + Sync) -> Result<Vec<T>, Broken> {
    let barrier = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        let (barrier, work) = (&barrier, &work);
        let begin = |thread| {
            scope.spawn(move || {
                barrier.wait();
                work(thread)
            })
        };
        let running: Vec<_> = (0..THREADS).map(begin).collect();
        running.into_iter().map(|thread| Ok(thread.join().expect("ends")?)).collect()
    })
}

pub fn of_those_who_declare_one_case_one_is_told_new(store: &dyn MetaStore) -> Result<(), Broken> {
    let phone = Phone::at_work(1, store)?;
    for number in 1..=20 {
        // Two versions of the same case, half of the threads each.
        let versions = [phone.case(number, u32::from(number), 2), phone.case(number, u32::from(number), 1)];
        let told = at_once(|thread| store.put_case(&versions[thread % 2]))?;
        let count = |put| told.iter().filter(|told| **told == Some(put)).count();
        let due = (1, THREADS / 2 - 1, THREADS / 2);
        same!((count(Put::New), count(Put::Same), count(Put::Other)), due, "one version of a case is stored, once");
        same!(store.log_size()?, u64::from(number), "and stands in the log once");
    }
    Ok(())
}

pub fn those_who_bring_the_last_objects_get_one_receipt(store: &dyn MetaStore) -> Result<(), Broken> {
    let phone = Phone::at_work(1, store)?;
    for number in 1..=20 {
        let objects = declare(store, &phone.case(number, u32::from(number), THREADS as u8))?;
        let signed = AtomicUsize::new(0);
        at_once(|thread| {
            store.mark_stored(&objects[thread], &|_, objects, _| {
                signed.fetch_add(1, Ordering::SeqCst);
                assert!(objects.iter().all(|object| object.stored), "a receipt covers what is here");
                Ok(vec![number])
            })
        })?;
        same!(signed.load(Ordering::SeqCst), 1, "one receipt is signed");
        same!(store.case(case_id(number))?.and_then(|row| row.receipt), Some(vec![number]), "and stored");
    }
    Ok(())
}

pub fn no_number_is_given_to_two(store: &dyn MetaStore) -> Result<(), Broken> {
    let device = Phone::at_work(1, store)?.device;
    // Each request comes from two threads.
    let told = at_once(|thread| {
        let request = RangeRequestId::new([thread as u8 / 2; 16]);
        store.put_range(device, request, 0, &|range| Ok(vec![range as u8]))
    })?;
    let told: Vec<_> = told.into_iter().flatten().collect();
    hold!(told.chunks(2).all(|two| two[0].1 == two[1].1), "the same request gets the same number");
    let mut given: Vec<_> = told.iter().filter(|(put, _)| *put == Put::New).map(|(_, cose)| cose[0]).collect();
    given.sort_unstable();
    same!(given, [1, 2, 3, 4], "and no two requests the same");
    Ok(())
}
