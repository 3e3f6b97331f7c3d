//! What may go now, when the rest may, and why not before: policy, the box's windows and waiting times together.

use super::engine::{Context, Engine};
use super::memory::Pause;
use super::policy::{self, Held};
use super::{SyncError, Waiting};
use crate::domain::DeviceId;
use crate::seal::Hash;
use crate::vault::Window;

/// What may go now, and why the rest may not.
pub(super) struct Gate {
    pub(super) window: Window,
    held: Option<Held>,
    /// When more may go, if this device's turn has not come.
    turn: Option<i64>,
}

impl Engine {
    /// Since when something waits; the beginning of the windows in which phones spread their start. It is stored only if
    /// the box has such windows.
    pub(super) fn note_queue(&mut self, context: &Context<'_>) -> Result<(), SyncError> {
        let waits = context.vault.next_item_time(Window::ALL)?.is_some();
        if waits == self.memory.waiting_since.is_some() {
            return Ok(());
        }
        (self.memory.done_cases, self.memory.done_bytes) = (0, 0);
        self.memory.waiting_since = waits.then_some(context.now.unix_ms());
        let spreads =
            self.memory.hints.as_ref().is_some_and(|hints| hints.manifest_window_s + hints.photo_window_s > 0);
        if spreads { self.keep(context, |step| step.remember()) } else { Ok(()) }
    }

    pub(super) fn gate(&self, context: &Context<'_>) -> Gate {
        let allowed = policy::allowed(context.policy, context.network, context.battery, &self.memory, &context.now);
        let (rank, turn) = self.turn(context);
        Gate { window: Window { size: allowed.size, rank }, held: allowed.held, turn }
    }

    /// What this device's place within the box's windows lets go, and when the next goes.
    fn turn(&self, context: &Context<'_>) -> (i64, Option<i64>) {
        let (Some(hints), Some(since)) = (&self.memory.hints, self.memory.waiting_since) else {
            return (Window::ALL.rank, None);
        };
        let begins = |window_s: u32| since.saturating_add(spread_ms(context.device, window_s));
        let now = context.now.unix_ms();
        let (structures, photos) = (begins(hints.manifest_window_s), begins(hints.photo_window_s));
        if now < structures {
            (Window::URGENT, Some(structures))
        } else if now < photos {
            (Window::BEFORE_PHOTOS, Some(photos))
        } else {
            (Window::ALL.rank, None)
        }
    }

    /// When the first item may go; says why if it may not go now.
    pub(super) fn items_time(&mut self, context: &Context<'_>, gate: &Gate) -> Result<Option<i64>, SyncError> {
        let (vault, now) = (context.vault, context.now.unix_ms());
        // What is due is found at once; only where nothing is, all that waits must be looked at.
        if let Some(item) = vault.next_item(now, gate.window)? {
            return Ok(Some(item.not_before));
        }
        let open = vault.next_item_time(gate.window)?.map(|time| (time, Waiting::Retry));
        let turn = match gate.turn {
            Some(at) => {
                let window = Window { rank: Window::ALL.rank, ..gate.window };
                vault.next_item_time(window)?.map(|time| (time.max(at), Waiting::Turn))
            }
            None => None,
        };
        let budget = match gate.held {
            Some(Held::Budget(at)) => {
                let window = Window { size: context.policy.metered_object, ..Window::ALL };
                vault.next_item_time(window)?.map(|time| (time.max(at), Waiting::Budget))
            }
            _ => None,
        };
        let first = [open, turn, budget].into_iter().flatten().min_by_key(|(time, _)| *time);
        self.waiting = first.map(|(_, why)| why);
        if first.is_none() && vault.next_item_time(Window::ALL)?.is_some() {
            self.waiting =
                Some(if gate.held == Some(Held::Battery) { Waiting::Charger } else { Waiting::UnmeteredLink });
        }
        Ok(first.map(|(time, _)| time))
    }
}

/// The place of a device in a window, milliseconds: the same each time, so that a restart does not draw again.
fn spread_ms(device: DeviceId, window_s: u32) -> i64 {
    let Hash([a, b, c, d, ..]) = Hash::of(&[b"streife/1 spread", device.as_bytes()]);
    let place = u64::from(u32::from_be_bytes([a, b, c, d]));
    i64::try_from((place * u64::from(window_s) * 1_000) >> 32).unwrap_or_default()
}

impl From<Pause> for Waiting {
    fn from(pause: Pause) -> Self {
        match pause {
            Pause::Unreachable => Self::BoxUnreachable,
            Pause::Untrusted => Self::NotTheBox,
            Pause::Busy => Self::BoxBusy,
            Pause::Failing => Self::BoxFailing,
            Pause::Revoked => Self::Revoked,
        }
    }
}
