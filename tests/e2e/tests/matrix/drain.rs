//! A scheduler: calls when it was told to, and looks whether it is told sensible things.

use streife_core::client::SyncEnd;

use crate::phone::Phone;

/// More calls than any one fault or two can need.
const MOST_ROUNDS: u32 = 60;
/// No wait is longer: an hour that a box asked for and half of it on top.
const LONGEST_MS: i64 = 90 * 60 * 1_000;

/// Hands over until nothing is left. `at_first_wait` is what happens to the phone while it waits first. Gives how often it
/// waited.
pub fn drain(phone: &Phone<'_>, at_first_wait: &mut dyn FnMut(&Phone<'_>)) -> Result<u32, String> {
    for waits in 0..MOST_ROUNDS {
        match phone.sync()?.end {
            SyncEnd::Idle => return Ok(waits),
            SyncEnd::WaitUntil(until) => {
                let ahead = until - phone.now_ms();
                if !(0..=LONGEST_MS).contains(&ahead) {
                    return Err(format!("I6: told to wait {ahead} ms"));
                }
                does_nothing_before(phone)?;
                if waits == 0 {
                    at_first_wait(phone);
                }
                phone.wait_ms(u32::try_from(ahead).expect("is in bounds"));
            }
            SyncEnd::Revoked => phone.wait_ms(15 * 60 * 1_000),
            other => return Err(format!("ended for no reason: {other:?}")),
        }
    }
    Err(format!("I6: does not drain within {MOST_ROUNDS} calls"))
}

/// A host that calls too early costs nothing.
fn does_nothing_before(phone: &Phone<'_>) -> Result<(), String> {
    let early = phone.sync()?;
    if early.requests > 0 { Err(format!("I9: sends before its time: {early:?}")) } else { Ok(()) }
}
