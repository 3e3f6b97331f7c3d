//! Settings and devices.

use streife_box::store::{Alarm, MetaStore, Newcomer, Put};
use streife_core::domain::DeviceId;
use streife_core::seal::{Hash, JournalHead};

use crate::kit::{Broken, Phone, hold, same};

pub fn settings_are_stored_all_or_none(store: &dyn MetaStore) -> Result<(), Broken> {
    store.put_settings(&[("a", b"1"), ("b", b"2")])?;
    hold!(store.put_settings(&[("c", b"3"), ("a", b"4")]).is_err(), "a setting has one value");
    hold!(store.put_settings(&[("d", b"3"), ("d", b"4")]).is_err(), "a setting has one value in one call");
    same!(store.setting("a")?, Some(b"1".to_vec()), "the first value stays");
    same!((store.setting("c")?, store.setting("d")?), (None, None), "what failed has stored nothing");
    Ok(())
}

pub fn a_device_keeps_its_first_key(store: &dyn MetaStore) -> Result<(), Broken> {
    let (phone, other) = (Phone::new(1), Phone::new(2));
    same!(phone.enrol(store, None)?, Some(Put::New), "a new device is new");
    same!(phone.enrol(store, None)?, Some(Put::Same), "the same key again is the same");
    let thief = Phone { device: phone.device, ..Phone::new(3) };
    same!(thief.enrol(store, None)?, Some(Put::Other), "another key is another");
    let key = phone.key.verifying_key();
    let again = Newcomer { device: phone.device, key: &key, attestation: "[1]", code: None };
    same!(store.enrol(&again, 2)?, Some(Put::Same), "another statement of the platform changes nothing");
    same!(store.attestation(phone.device)?.as_deref(), Some("[]"), "the first statement stays");
    let row = store.device(phone.device)?.map(|row| (row.key.to_sec1(), row.revoked));
    same!(row, Some((key.to_sec1(), false)), "the first key stays");
    hold!(store.device(other.device)?.is_none() && store.attestation(other.device)?.is_none(), "no device by itself");
    other.enrol(store, None)?;
    let all: Vec<_> = store.devices()?.into_iter().map(|row| row.device).collect();
    same!(all, [phone.device, other.device], "devices are listed by their ids");
    Ok(())
}

pub fn a_code_lets_one_device_in(store: &dyn MetaStore) -> Result<(), Broken> {
    let (phone, late) = (Phone::new(1), Phone::new(2));
    let (code, next) = (Some(Hash([1; 32])), Some(Hash([2; 32])));
    same!(phone.enrol(store, code)?, Some(Put::New), "a code lets a device in");
    same!(late.enrol(store, code)?, None, "a code is used up");
    hold!(store.device(late.device)?.is_none(), "who was not let in is not here");
    same!(phone.enrol(store, next)?, Some(Put::Same), "a device that is known needs no code");
    same!(late.enrol(store, next)?, Some(Put::New), "and uses none up");
    Ok(())
}

pub fn revoking_and_draining_are_two_things(store: &dyn MetaStore) -> Result<(), Broken> {
    let (stolen, drained) = (Phone::at_work(1, store)?, Phone::at_work(2, store)?);
    let nobody = DeviceId::new([9; 16]);
    store.revoke(stolen.device)?;
    store.revoke(nobody)?;
    hold!(store.drain(drained.device, 5)? && store.drain(drained.device, 6)?, "a device can be drained, and again");
    hold!(!store.drain(nobody, 5)?, "nobody cannot be drained");
    let state = |device| -> Result<_, Broken> {
        Ok((store.device(device)?.is_some_and(|row| row.revoked), store.is_draining(device)?))
    };
    same!(state(stolen.device)?, (true, false), "a stolen device is shut out");
    same!(state(drained.device)?, (false, true), "a drained one is not");
    same!(state(nobody)?, (false, false), "nobody is neither");
    Ok(())
}

pub fn a_token_counts_until_its_end(store: &dyn MetaStore) -> Result<(), Broken> {
    let phone = Phone::at_work(1, store)?;
    let (hash, next) = (Hash([1; 32]), Hash([2; 32]));
    hold!(store.put_token(hash, DeviceId::new([9; 16]), "x", (0, 10)).is_err(), "no token for nobody");
    store.put_token(hash, phone.device, "session", (0, 10))?;
    hold!(store.put_token(hash, phone.device, "other", (0, 20)).is_err(), "a token is kept once");
    let seen = |hash, now| -> Result<_, Broken> {
        Ok(store.token(hash, now)?.map(|token| (token.device.device, token.device.revoked, token.thumbprint)))
    };
    same!(seen(hash, 9)?, Some((phone.device, false, "session".to_owned())), "a token counts before its end");
    same!(seen(hash, 10)?, None, "a token does not count at its end");
    store.revoke(phone.device)?;
    same!(seen(hash, 9)?.map(|seen| seen.1), Some(true), "the device of a token is as it is");
    store.put_token(next, phone.device, "session", (10, 20))?;
    same!(seen(hash, 9)?, None, "tokens that have expired are forgotten");
    hold!(seen(next, 19)?.is_some(), "the others are not");
    Ok(())
}

pub fn a_journal_that_goes_back_is_an_alarm_once(store: &dyn MetaStore) -> Result<(), Broken> {
    let device = Phone::at_work(1, store)?.device;
    let head = |n, link| JournalHead { n, link: Hash([link; 32]) };
    hold!(store.note_head(DeviceId::new([9; 16]), head(1, 1), 1).is_err(), "nobody has no journal");
    same!(store.note_head(device, head(5, 5), 1)?, None, "nothing was told before");
    same!(store.note_head(device, head(7, 7), 2)?, Some(head(5, 5)), "the mark moves up");
    same!(store.note_head(device, head(7, 7), 3)?, Some(head(7, 7)), "the mark again is no alarm");
    same!(store.alarms()?, [], "no alarm until it goes back");
    for at in [4, 5] {
        same!(store.note_head(device, head(6, 6), at)?, Some(head(7, 7)), "a lower place does not move the mark");
    }
    same!(store.note_head(device, head(7, 8), 6)?, Some(head(7, 7)), "another link does not, either");
    let alarm = |at, told| Alarm { device, at, known: head(7, 7), told };
    same!(store.alarms()?, [alarm(4, head(6, 6)), alarm(6, head(7, 8))], "each alarm once, oldest first");
    same!(store.note_head(device, head(8, 1), 7)?, Some(head(7, 7)), "the mark stood");
    Ok(())
}
