//! All phones: prepared side by side, then each woken when its time has come.
//!
//! One queue of wake-up times, one lock, and as many threads as phones may be awake. While no phone is awake the clock
//! jumps; otherwise a thread without work waits for the next time or for a phone that falls asleep.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use streife_core::error::Error;

use super::Storm;
use super::clock::FleetClock;
use super::phone::{Next, StormPhone};
use crate::{Progress, ReplayError};

/// Nobody waits longer than a day for the end of a shift.
const LONGEST_MS: i64 = 24 * 60 * 60 * 1_000;
const MINUTE_MS: u64 = 60_000;

impl Storm {
    /// How many cases a phone has recorded.
    pub(super) fn cases_of(&self, number: u32) -> u32 {
        (self.cases + u32::try_from(self.chance(number, 1) % 3).unwrap_or(0)).saturating_sub(1).max(1)
    }

    /// Milliseconds after the start at which a phone's shift ends.
    fn end_of(&self, number: u32) -> i64 {
        let span = u64::from(self.within_min) * MINUTE_MS;
        i64::try_from(self.chance(number, 2) % span.max(1)).unwrap_or(0)
    }

    /// SplitMix64 of seed, phone and purpose.
    fn chance(&self, number: u32, purpose: u64) -> u64 {
        let mut z = self.seed ^ (u64::from(number) << 8 | purpose).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Makes all phones, two at a time.
pub fn prepare(
    storm: &Storm,
    progress: &dyn Progress,
    make: impl Fn(u32) -> Result<StormPhone, ReplayError> + Sync,
) -> Result<Vec<StormPhone>, ReplayError> {
    let (next, made) = (AtomicU32::new(0), Mutex::new(Vec::new()));
    let total = storm.devices as usize;
    std::thread::scope(|scope| {
        let work = || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= storm.devices {
                    return;
                }
                let phone = make(number);
                let is_lost = phone.is_err();
                made.lock().expect("no holder panics").push(phone);
                if is_lost {
                    next.store(storm.devices, Ordering::Relaxed);
                }
            }
        };
        let workers = [scope.spawn(work), scope.spawn(work)];
        while workers.iter().any(|worker| !worker.is_finished()) {
            progress.played(made.lock().expect("no holder panics").len(), total, "preparing phones");
            std::thread::park_timeout(std::time::Duration::from_millis(100));
        }
    });
    made.into_inner().expect("no holder panics").into_iter().collect()
}

/// A phone that has come to its end, and what it said last.
pub struct Slept {
    /// The phone.
    pub phone: StormPhone,
    /// When it was done, milliseconds after the start; none if it never was.
    pub done_ms: Option<i64>,
    /// What stopped it.
    pub error: Option<Error>,
}

/// Phones by the time of their next wake-up.
pub struct Fleet {
    clock: Arc<FleetClock>,
    start_ms: i64,
    state: Mutex<State>,
    changed: Condvar,
    done: AtomicUsize,
    total: usize,
}

struct State {
    due: BinaryHeap<Reverse<(i64, usize)>>,
    phones: Vec<Option<StormPhone>>,
    awake: usize,
    slept: Vec<Slept>,
}

impl Fleet {
    /// A fleet whose shifts end one after another.
    pub fn new(phones: Vec<StormPhone>, storm: &Storm, clock: &Arc<FleetClock>) -> Self {
        let start_ms = clock.now_ms();
        let ends = (0..storm.devices).zip(0_usize..).map(|(number, index)| (start_ms + storm.end_of(number), index));
        let total = phones.len();
        let state = State {
            due: ends.take(total).map(Reverse).collect(),
            phones: phones.into_iter().map(Some).collect(),
            awake: 0,
            slept: Vec::new(),
        };
        let (state, changed) = (Mutex::new(state), Condvar::new());
        Self { clock: clock.clone(), start_ms, state, changed, done: AtomicUsize::new(0), total }
    }

    /// Wakes phones until all are done.
    pub fn play(self, threads: usize, progress: &dyn Progress) -> Vec<Slept> {
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(|| self.work())).collect();
            while workers.iter().any(|worker| !worker.is_finished()) {
                let minutes = (self.clock.now_ms() - self.start_ms) / 60_000;
                let told = format!("phones have handed over; {minutes} min of the fleet's clock");
                progress.played(self.done.load(Ordering::Relaxed), self.total, &told);
                std::thread::park_timeout(std::time::Duration::from_millis(100));
            }
        });
        self.state.into_inner().expect("no holder panics").slept
    }

    fn work(&self) {
        while let Some((index, mut phone)) = self.next() {
            let woken = phone.wake(self.clock.now_ms());
            self.falls_asleep(index, phone, woken);
        }
    }

    /// The next phone whose time has come; `None` when all are done.
    fn next(&self) -> Option<(usize, StormPhone)> {
        let mut state = self.state();
        loop {
            let now = self.clock.now_ms();
            match state.due.peek() {
                None if state.awake == 0 => return None,
                None => state = self.changed.wait(state).expect("no holder panics"),
                Some(Reverse((due, _))) if *due <= now => {
                    let Reverse((_, index)) = state.due.pop()?;
                    state.awake += 1;
                    let phone = state.phones.get_mut(index)?.take()?;
                    return Some((index, phone));
                }
                Some(Reverse((due, _))) if state.awake == 0 => self.clock.jump_to(*due),
                Some(Reverse((due, _))) => {
                    let wait = self.clock.real(due - now);
                    state = self.changed.wait_timeout(state, wait).expect("no holder panics").0;
                }
            }
        }
    }

    fn falls_asleep(&self, index: usize, phone: StormPhone, woken: Result<Next, Error>) {
        let now = self.clock.now_ms();
        let mut state = self.state();
        state.awake -= 1;
        let passed = now - self.start_ms;
        match woken {
            Ok(Next::WakeAt(time)) if passed < LONGEST_MS => {
                state.due.push(Reverse((time.max(now), index)));
                if let Some(place) = state.phones.get_mut(index) {
                    *place = Some(phone);
                }
            }
            Ok(next) => {
                let done_ms = (next == Next::Done).then_some(passed);
                state.slept.push(Slept { phone, done_ms, error: None });
            }
            Err(error) => state.slept.push(Slept { phone, done_ms: None, error: Some(error) }),
        }
        self.done.store(state.slept.len(), Ordering::Relaxed);
        drop(state);
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }
}
