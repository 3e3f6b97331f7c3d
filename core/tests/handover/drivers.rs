//! The two drivers under one contract: the blocking loop over a transport, and a host that carries each request itself.

use std::sync::Arc;

use streife_core::client::{Client, Config, Ports, Retention, SyncEnd, SyncLimits, Transfer, Waiting};
use streife_core::domain::CaseId;
use streife_core::ports::{Clock, Transport};
use streife_core::sync::Network;
use streife_core::vault::CaseState;

use crate::common::{Phone, officer};
use crate::desk::Desk;

/// A phone and a box.
pub struct World {
    pub phone: Phone,
    pub desk: Arc<Desk>,
    pub retention: Retention,
    pub numbers: std::cell::Cell<u32>,
}

impl World {
    pub fn new() -> Self {
        Self::with_speed(None)
    }

    pub fn with_speed(speed: Option<u64>) -> Self {
        let phone = Phone::new();
        let mut desk = Desk::new(phone.box_key.clone(), phone.clock.clone());
        desk.speed = speed;
        let desk = Arc::new(desk);
        Self { phone, desk, retention: Retention::AT_ONCE, numbers: std::cell::Cell::new(0) }
    }

    pub fn keeping(retention: Retention) -> Self {
        Self { retention, ..Self::new() }
    }

    pub fn config(&self) -> Config {
        Config { retention: self.retention, ..self.phone.config() }
    }

    pub fn open_over(&self, transport: Arc<dyn Transport>) -> Client {
        Client::open(self.config(), Ports { transport, ..self.phone.ports() }).expect("opens")
    }

    /// The app for the first time, with everything it needs, and a shift.
    pub fn begin(&self, driver: &dyn Driver) -> Client {
        drop(self.phone.open());
        let client = driver.open(self);
        client.open_shift(&officer()).expect("opens");
        client
    }

    pub fn seal(&self, client: &Client) -> CaseId {
        self.numbers.set(self.numbers.get() + 1);
        let case = self.phone.complete_draft(client, &format!("M-AB {}", 1_000 + self.numbers.get()));
        client.seal_case(case, Vec::new()).expect("seals");
        case
    }

    /// Lets time pass until nothing is left; how often it had to wait.
    pub fn drain(&self, driver: &dyn Driver, client: &Client) -> u32 {
        for waits in 0..200 {
            match driver.sync(self, client, Network::Unmetered).0 {
                SyncEnd::WaitUntil(time) => self.wait_until(time),
                SyncEnd::Idle => return waits,
                other => panic!("{other:?}"),
            }
        }
        panic!("the queue does not drain");
    }

    pub fn wait_until(&self, time: i64) {
        let ahead = time - self.phone.clock.read().unix_ms;
        self.phone.clock.advance_ms(u32::try_from(ahead).expect("not backwards"));
    }

    pub fn assert_handed_over(&self, client: &Client, case: CaseId, context: &str) {
        assert!(self.desk.is_whole(case), "{context}");
        assert_eq!(client.case(case).expect("the tombstone").state, CaseState::Purged, "{context}");
        assert_eq!(client.status().expect("reads").quarantined, 0, "{context}");
    }
}

/// A way to drive the engine.
pub trait Driver: Sync {
    fn open(&self, world: &World) -> Client;
    /// Until nothing can be done now.
    fn sync(&self, world: &World, client: &Client, network: Network) -> (SyncEnd, Option<Waiting>);
}

/// The loop of the core.
pub struct Blocking;

impl Driver for Blocking {
    fn open(&self, world: &World) -> Client {
        world.open_over(world.desk.clone())
    }

    fn sync(&self, _: &World, client: &Client, network: Network) -> (SyncEnd, Option<Waiting>) {
        let report = client.sync(&SyncLimits::over(network)).expect("the vault works");
        (report.end, report.waiting)
    }
}

/// A host with an uploader of its own.
pub struct Host;

impl Driver for Host {
    fn open(&self, world: &World) -> Client {
        world.open_over(world.phone.ports().transport)
    }

    fn sync(&self, world: &World, client: &Client, network: Network) -> (SyncEnd, Option<Waiting>) {
        let limits = SyncLimits::over(network);
        loop {
            let end = match client.next_transfer(&limits).expect("the vault works") {
                Transfer::Send { token, method, path, headers, body } => {
                    let outcome = world.desk.handle(method, &path, &headers, &body);
                    let report = client.transfer_done(token, outcome, &limits).expect("is taken");
                    if report.end == SyncEnd::Revoked {
                        return (SyncEnd::Revoked, None);
                    }
                    continue;
                }
                Transfer::WaitUntil(time) => SyncEnd::WaitUntil(time),
                Transfer::OutOfTime => SyncEnd::Deadline,
                Transfer::Idle => SyncEnd::Idle,
            };
            return (end, client.sync_state().waiting);
        }
    }
}
