//! A request on its way, as plain data: it can be stored, so that a host's uploader may outlive the process that asked.

use serde::{Deserialize, Serialize};

use crate::domain::{CaseId, Moment, RangeRequestId};
use crate::vault::{Item, ItemKind};

/// What is on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) what: What,
    /// When it was given out.
    pub(super) sent: Moment,
    /// Bytes of its body.
    pub(super) body: u64,
}

/// What is asked or sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum What {
    /// The box's time, for this nonce.
    Time([u8; 16]),
    Token,
    Numbers(RangeRequestId),
    Hints,
    /// A page of the cases that the box has of this device.
    Cases,
    /// Whether the box still stands by its receipt for a case.
    Suspect(CaseId),
    /// An item of the queue.
    Item(ItemKind, [u8; 16]),
}

impl Pending {
    /// An item is known again by what it is, whatever became of its row meanwhile.
    pub(super) const fn item(&self) -> Option<(ItemKind, [u8; 16])> {
        match self.what {
            What::Item(kind, target) => Some((kind, target)),
            _ => None,
        }
    }
}

impl From<&Item> for What {
    fn from(item: &Item) -> Self {
        Self::Item(item.kind, item.target)
    }
}
