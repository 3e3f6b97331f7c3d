//! Shifts and their seals.

use streife_box::store::{MetaStore, Put, SealFlag};
use streife_core::seal::{Hash, JournalHead};

use crate::kit::{Broken, Phone, declare, hold, same};

pub fn a_shift_and_its_seal_are_stored_once(store: &dyn MetaStore) -> Result<(), Broken> {
    let stranger = Phone::new(9);
    hold!(store.put_shift(&stranger.opening()).is_err(), "a shift has a device");
    hold!(store.put_seal(&stranger.seal(&[], 0)).is_err(), "a seal has a shift");
    let (second, first) = (Phone::at_work(2, store)?, Phone::at_work(1, store)?);
    let (opening, seal) = (first.opening(), first.seal(&[], 0));
    store.put_shift(&opening)?;
    let row = store.shift(first.shift)?.ok_or(Broken("a shift that was stored is here".to_owned()))?;
    same!((row.device, row.seal, row.flag), (first.device, None, SealFlag::Open), "a shift begins open");
    let put = Put::Same;
    let known = streife_core::seal::Signed::verify(&row.opening, &first.key.verifying_key())?;
    same!(store.put_shift(&known)?, put, "the same bytes are the same");
    let other = first.opening_at(JournalHead { n: 2, link: Hash([1; 32]) });
    same!(store.put_shift(&other)?, Put::Other, "other bytes are other");
    same!(store.put_seal(&seal)?, Put::New, "a new seal is new");
    same!(store.put_seal(&seal)?, Put::Same, "the same seal is the same");
    same!(store.put_seal(&first.seal(&[], 1))?, Put::Other, "another seal is another");
    let row = store.shift(first.shift)?.map(|row| (row.opening, row.seal, row.flag));
    let due = (known.as_bytes().to_vec(), Some(seal.as_bytes().to_vec()), SealFlag::Fits);
    same!(row, Some(due), "the first bytes stay");
    let all: Vec<_> = store.shifts()?.into_iter().map(|row| row.shift).collect();
    same!(all, [first.shift, second.shift], "shifts are listed by their ids");
    hold!(store.shift(stranger.shift)?.is_none(), "what failed has stored nothing");
    Ok(())
}

pub fn a_seal_is_judged_with_each_case(store: &dyn MetaStore) -> Result<(), Broken> {
    let phone = Phone::at_work(1, store)?;
    let (first, second) = (phone.case(1, 1, 1), phone.case(2, 2, 1));
    let flag = || -> Result<_, Broken> { Ok(store.shift(phone.shift)?.map(|row| row.flag)) };
    declare(store, &second)?;
    same!(flag()?, Some(SealFlag::Open), "no seal, no verdict");
    store.put_seal(&phone.seal(&[&first, &second], 2))?;
    same!(flag()?, Some(SealFlag::Waiting), "a case is missing");
    declare(store, &first)?;
    same!(flag()?, Some(SealFlag::Fits), "the cases fit in the order of their numbers");
    store.put_case(&first)?;
    same!(flag()?, Some(SealFlag::Fits), "the same case again changes nothing");
    declare(store, &phone.case(3, 3, 1))?;
    same!(flag()?, Some(SealFlag::Contradicts), "a case too many");
    Ok(())
}
