//! Ends of uploads, and ranges of case numbers.

use streife_box::store::{MetaStore, Put, RANGES_A_DAY, UploadEnd};
use streife_core::domain::{DeviceId, RangeRequestId};

use crate::kit::{Broken, Phone, case_id, declare, hold, object_id, refuse, same};

pub fn an_upload_is_kept_until_its_end(store: &dyn MetaStore) -> Result<(), Broken> {
    let phone = Phone::at_work(1, store)?;
    declare(store, &phone.case(1, 1, 2))?;
    let (one, two) = (object_id(1, 255), object_id(1, 254));
    hold!(store.keep_upload(object_id(9, 9), 0, 100).is_err(), "an upload has an object");
    same!(store.upload_end(one)?, None, "no upload by itself");
    hold!(store.keep_upload(one, 0, 100)?, "the first time it begins");
    hold!(!store.keep_upload(one, 49, 100)?, "then it is there");
    same!(store.upload_end(one)?, Some(UploadEnd::At(100)), "an end is not moved while more than half is left");
    hold!(!store.keep_upload(one, 50, 100)?, "it is there still");
    same!(store.upload_end(one)?, Some(UploadEnd::At(150)), "and is moved when half is left");
    store.keep_upload(two, 0, 200)?;
    same!(store.ended_uploads(149)?, [], "none has ended yet");
    same!(store.ended_uploads(150)?, [one], "one has ended");
    let mut both = store.ended_uploads(200)?;
    both.sort_unstable();
    same!(both, [two, one], "both have ended");
    store.forget_upload(two)?;
    same!(store.upload_end(two)?, None, "what came to its own has no end");
    Ok(())
}

pub fn an_upload_that_expired_is_announced_anew(store: &dyn MetaStore) -> Result<(), Broken> {
    let phone = Phone::at_work(1, store)?;
    declare(store, &phone.case(1, 1, 2))?;
    declare(store, &phone.case(2, 2, 1))?;
    let (one, two, other) = (object_id(1, 255), object_id(1, 254), object_id(2, 255));
    for object in [one, two, other] {
        store.keep_upload(object, 0, 100)?;
    }
    store.expire_upload(one)?;
    store.expire_upload(other)?;
    store.expire_upload(object_id(9, 9))?;
    same!(store.upload_end(object_id(9, 9))?, None, "what was never kept does not expire");
    same!(store.upload_end(one)?, Some(UploadEnd::Expired), "expired is remembered");
    same!(store.ended_uploads(1_000)?, [two], "and does not end again");
    store.renew_uploads(case_id(1))?;
    let ends = [store.upload_end(one)?, store.upload_end(two)?, store.upload_end(other)?];
    let due = [None, Some(UploadEnd::At(100)), Some(UploadEnd::Expired)];
    same!(ends, due, "a case announces anew what it lost, and no more");
    hold!(store.keep_upload(other, 500, 100)?, "an expired one begins again");
    same!(store.upload_end(other)?, Some(UploadEnd::At(600)), "with a new end");
    Ok(())
}

pub fn a_range_is_given_once(store: &dyn MetaStore) -> Result<(), Broken> {
    let (one, two) = (Phone::at_work(1, store)?.device, Phone::at_work(2, store)?.device);
    let request = |number: u8| RangeRequestId::new([number; 16]);
    let give =
        |device, number, now| store.put_range(device, request(number), now, &|range| Ok(vec![range as u8, number]));
    hold!(give(DeviceId::new([9; 16]), 1, 0).is_err(), "a range has a device");
    hold!(store.put_range(one, request(1), 0, &|_| refuse()).is_err(), "a failing signature is a failure");
    same!(store.ranges()?, [], "and gives nothing");
    same!(give(one, 1, 0)?, Some((Put::New, vec![1, 1])), "the first range is number 1");
    same!(give(one, 1, 9)?, Some((Put::Same, vec![1, 1])), "the same request gets the same bytes");
    same!(give(two, 1, 0)?, Some((Put::New, vec![2, 1])), "another device's request is another");
    hold!(store.put_range(two, request(2), 0, &|_| refuse()).is_err(), "a failing signature is a failure");
    same!(give(two, 2, 0)?, Some((Put::New, vec![3, 2])), "and its number goes to the next");
    let rows: Vec<_> = store.ranges()?.into_iter().map(|row| (row.range, row.device, row.request, row.cose)).collect();
    let due = [(1, one, request(1), vec![1, 1]), (2, two, request(1), vec![2, 1]), (3, two, request(2), vec![3, 2])];
    same!(rows, due, "ranges are listed as they were given");
    Ok(())
}

pub fn a_device_gets_so_many_ranges_a_day(store: &dyn MetaStore) -> Result<(), Broken> {
    const DAY: i64 = 86_400_000;
    let (one, two) = (Phone::at_work(1, store)?.device, Phone::at_work(2, store)?.device);
    let give = |device, number: u32, now| -> Result<_, Broken> {
        let mut request = [0; 16];
        request[..4].copy_from_slice(&number.to_be_bytes());
        let given = store.put_range(device, RangeRequestId::new(request), now, &|_| Ok(vec![1]))?;
        Ok(given.map(|(put, _)| put))
    };
    for number in 0..RANGES_A_DAY {
        same!(give(one, number, 1)?, Some(Put::New), "within the measure a range is given");
    }
    same!(give(one, RANGES_A_DAY, DAY)?, None, "beyond it none is");
    same!(give(one, 0, DAY)?, Some(Put::Same), "what was given is given still");
    same!(give(two, 0, DAY)?, Some(Put::New), "another device has its own measure");
    same!(give(one, RANGES_A_DAY, DAY + 1)?, Some(Put::New), "a day later there is room again");
    Ok(())
}
