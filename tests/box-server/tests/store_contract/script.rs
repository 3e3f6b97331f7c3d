//! Scripts out of chance: many calls that make sense or do not, the same for every store, and what each was told.

use streife_box::BoxError;
use streife_box::store::{MetaStore, Newcomer};
use streife_core::domain::{DeviceId, RangeRequestId};
use streife_core::seal::{DecisionKind, Hash, JournalHead, Manifest, ManifestNotice, Signed};

use crate::kit::{Broken, Phone, case_id, decision, event_id, object_id, refuse, wrap};

const PHONES: u8 = 3;
const CASES: u8 = 12;

/// Few ids and few values, so that calls meet each other.
struct Dice(u64);

impl Dice {
    /// From 0 to one below `sides`.
    fn roll(&mut self, sides: u8) -> u8 {
        // Steele and others, "Fast splittable pseudorandom number generators" (2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % u64::from(sides)) as u8
    }
}

/// Plays so many calls; what each was told.
pub fn run(store: &dyn MetaStore, seed: u64, calls: usize) -> Vec<String> {
    let mut dice = Dice(seed);
    let phones: Vec<Phone> = (1..=PHONES).map(Phone::new).collect();
    // Signed once: a signature need not be the same twice, and "the same bytes" must be.
    let cases: Vec<[Signed<Manifest>; 2]> = (0..CASES)
        .map(|number| {
            let phone = &phones[usize::from(number % PHONES)];
            let seq = u32::from(number / PHONES) + 1;
            [phone.case(number, seq, 2), phone.case(number, seq % 3 + 1, 1)]
        })
        .collect();
    (0..calls).map(|now| told(call(store, &mut dice, &phones, &cases, now as i64))).collect()
}

/// How a store fails is its own affair; that it does is not.
fn told(result: Result<String, BoxError>) -> String {
    result.unwrap_or_else(|_| "fails".to_owned())
}

fn call(
    store: &dyn MetaStore,
    dice: &mut Dice,
    phones: &[Phone],
    cases: &[[Signed<Manifest>; 2]],
    now: i64,
) -> Result<String, BoxError> {
    let phone = &phones[usize::from(dice.roll(PHONES))];
    let number = dice.roll(CASES);
    let small = dice.roll(4);
    let object = object_id(number, u8::MAX - dice.roll(2));
    Ok(match dice.roll(20) {
        0 => {
            let key = phone.key.verifying_key();
            let code = (small > 1).then_some(Hash([small; 32]));
            format!("{:?}", store.enrol(&Newcomer { device: phone.device, key: &key, attestation: "[]", code }, now)?)
        }
        1 => format!("{:?}", store.put_shift(&phone.opening())?),
        2 => format!("{:?}", store.put_seal(&phone.seal(&[], u64::from(small)))?),
        3..7 => format!("{:?}", store.put_case(&cases[usize::from(number)][usize::from(small / 3)])?),
        7..11 => match store.object(object)? {
            Some(row) if small == 0 => format!("{:?}", store.mark_stored(&row, &|_, _, _| refuse())?),
            Some(row) => {
                format!("{:?}", store.mark_stored(&row, &|_, all, leaf| Ok(vec![all.len() as u8, leaf as u8]))?)
            }
            None => "no object".to_owned(),
        },
        11 => format!("{:?}", store.mark_lost(object)?),
        12 => {
            format!("{:?}", store.put_decision(&decision(small, number, DecisionKind::Accepted), &|| Ok(vec![small]))?)
        }
        13 => format!("{:?}", store.put_wrap(case_id(number), &wrap(small, dice.roll(2)))?),
        14 => format!("{:?} {:?}", store.keep_upload(object, now, 100)?, store.upload_end(object)?),
        15 if small == 0 => format!("{:?}", store.renew_uploads(case_id(number))?),
        15 => format!("{:?}", store.expire_upload(object)?),
        16 => {
            let told = JournalHead { n: u64::from(small), link: Hash([dice.roll(2); 32]) };
            format!("{:?}", store.note_head(phone.device, told, now)?)
        }
        17 => {
            let request = RangeRequestId::new([number; 16]);
            format!("{:?}", store.put_range(phone.device, request, now, &|range| Ok(vec![range as u8]))?)
        }
        18 => {
            let slip = ManifestNotice { number: "4711".to_owned(), sealed: Some((Hash([small; 32]), vec![])) };
            format!("{:?}", store.put_notice(case_id(number), &slip, now + 100)?)
        }
        _ if small == 0 => format!("{:?}", store.drain(phone.device, now)?),
        _ if small == 1 => format!("{:?}", store.revoke(DeviceId::new([9; 16]))?),
        _ => format!("{:?}", store.put_token(Hash([number; 32]), phone.device, "t", (now, now + 50))?),
    })
}

/// Everything that a store has, in words.
pub fn dump(store: &dyn MetaStore) -> Result<Vec<String>, Broken> {
    let mut lines = Vec::new();
    for row in store.devices()? {
        let draining = store.is_draining(row.device)?;
        lines.push(format!("{row:?} {draining} {:?}", store.attestation(row.device)?));
        lines.push(format!("{:?}", store.cases_of_device(row.device, 0, 99)?));
    }
    lines.push(format!("{:?} {:?} {:?}", store.shifts()?, store.alarms()?, store.ranges()?));
    lines.push(format!("{:?} {:?}", store.cases_after(0, 99)?, store.all_objects()?));
    lines.push(format!("{:?} {}", store.feed_after(0, 999)?, store.incomplete_cases()?));
    let mut late: Vec<_> = store.late_cases_after(0)?.into_iter().collect();
    late.sort_unstable();
    lines.push(format!("{late:?}"));
    let size = store.log_size()?;
    lines.push(format!("{size} {:?} {:?}", store.log_root(size)?, store.log_entries(0, 99)?));
    for number in 0..CASES {
        let case = case_id(number);
        lines.push(format!("{:?} {:?}", store.objects(case)?, store.wraps(case)?));
        lines.push(format!("{:?} {:?}", store.decision(case)?, store.event(case, event_id(number))?));
        lines.push(format!("{:?} {:?}", store.log_proof(case, size)?, store.events(case)?));
        for place in [u8::MAX, u8::MAX - 1] {
            lines.push(format!("{:?}", store.upload_end(object_id(number, place))?));
        }
        lines.push(format!("{:?}", store.token(Hash([number; 32]), 0)?.map(|token| token.device.device)));
    }
    Ok(lines)
}
