//! One writer an object, and the newest one wins.
//!
//! A phone that lost its connection comes back long before the box learns that the old connection is dead. If the old
//! request kept the object, the phone would be locked out for minutes; so a newcomer asks the holder to stop. The
//! holder keeps what it has written and refuses its own request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use streife_core::domain::ObjectId;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, watch};

/// All objects that are being written.
#[derive(Clone, Debug, Default)]
pub struct Locks(Arc<Mutex<HashMap<ObjectId, Slot>>>);

#[derive(Clone, Debug)]
struct Slot {
    writer: Arc<AsyncMutex<()>>,
    /// Counts arrivals.
    arrivals: Arc<watch::Sender<u64>>,
}

/// The right to write an object.
#[derive(Debug)]
pub struct Turn {
    object: ObjectId,
    arrivals: watch::Receiver<u64>,
    writer: Option<OwnedMutexGuard<()>>,
    all: Locks,
}

impl Locks {
    /// Asks the present writer to stop, waits until it has, and takes its place.
    pub async fn take(&self, object: ObjectId) -> Turn {
        let (slot, arrivals) = self.arrive(object);
        let writer = slot.writer.lock_owned().await;
        Turn { object, arrivals, writer: Some(writer), all: self.clone() }
    }

    /// Number of objects that are being written.
    pub fn count(&self) -> usize {
        self.0.lock().expect("no holder panics").len()
    }

    fn arrive(&self, object: ObjectId) -> (Slot, watch::Receiver<u64>) {
        let mut slots = self.0.lock().expect("no holder panics");
        let slot = slots
            .entry(object)
            .or_insert_with(|| Slot { writer: Arc::default(), arrivals: Arc::new(watch::Sender::new(0)) });
        slot.arrivals.send_modify(|count| *count += 1);
        (slot.clone(), slot.arrivals.subscribe())
    }
}

impl Turn {
    /// Ends when a newcomer wants to write.
    pub async fn superseded(&mut self) {
        // An error would mean that the sender is gone; it stays in the map while there is a receiver.
        let _ = self.arrivals.changed().await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.writer.take());
        let mut slots = self.all.0.lock().expect("no holder panics");
        // One receiver is ours; more belong to those who wait.
        if slots.get(&self.object).is_some_and(|slot| slot.arrivals.receiver_count() == 1) {
            slots.remove(&self.object);
        }
    }
}
