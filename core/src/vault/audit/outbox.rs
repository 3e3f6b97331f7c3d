//! The outbox against what it is to send: nothing may be missing, unknown, or stand as arrived that has not.

use rusqlite::Connection;

use super::Auditor;
use crate::domain::{CaseId, EventId, ObjectId, ShiftId, to_hex};
use crate::vault::cases::CaseState;
use crate::vault::damage::{Fault, Record};
use crate::vault::{CaseRow, Item, ItemKind, ItemState, VaultError, cases, events, objects, outbox, shifts};

impl Auditor<'_> {
    pub(super) fn outbox(&mut self, connection: &Connection) -> Result<(), VaultError> {
        let outbox = outbox::all(connection)?;
        if outbox::count(connection)? != outbox.items.len() as u64 {
            self.find(Record::from("outbox"), Fault::Malformed);
        }
        for item in &outbox.items {
            self.checked.rows += 1;
            let fault = item_fault(connection, item)?;
            let fault = fault.or_else(|| (!self.is_refusal_told(item)).then_some(Fault::State));
            if let Some(fault) = fault {
                self.find(Record::Item { kind: item.kind, target: to_hex(&item.target) }, fault);
            } else if waits_for_nothing(connection, item)? {
                self.find(Record::Item { kind: item.kind, target: to_hex(&item.target) }, Fault::State);
            }
        }
        for case in cases::in_state(connection, CaseState::Quarantined)? {
            let refused =
                outbox.items.iter().any(|item| item.state == ItemState::Quarantined && case_of(item) == Some(case));
            if !refused {
                self.find(Record::Case(case), Fault::State);
            }
        }
        Ok(())
    }
}

impl Auditor<'_> {
    /// Whether the journal tells that the box refused an item, if it stands so.
    fn is_refusal_told(&self, item: &Item) -> bool {
        let owner = case_of(item).map_or(item.owner, |case| *case.as_bytes());
        item.state != ItemState::Quarantined
            || self.story.silent.is_some()
            || self.story.salvaged.is_some()
            || self.story.refused.contains(&to_hex(&owner))
    }
}

/// Whether an item waits for what has arrived already.
fn waits_for_nothing(connection: &Connection, item: &Item) -> Result<bool, VaultError> {
    if item.state != ItemState::Blocked {
        return Ok(false);
    }
    Ok(match item.kind {
        ItemKind::ShiftOpening => true,
        ItemKind::Manifest | ItemKind::ShiftSeal => {
            outbox::has_arrived(connection, ItemKind::ShiftOpening, &item.owner)?
        }
        ItemKind::Object | ItemKind::Event => outbox::has_arrived(connection, ItemKind::Manifest, &item.owner)?,
        ItemKind::Receipt => {
            outbox::has_arrived(connection, ItemKind::Manifest, &item.owner)?
                && outbox::open_count(connection, &item.owner, ItemKind::Object)? == 0
        }
    })
}

/// The case that goes with an item, as the queue treats it.
fn case_of(item: &Item) -> Option<CaseId> {
    match item.kind {
        ItemKind::Manifest => Some(CaseId::new(item.target)),
        ItemKind::Object | ItemKind::Receipt => Some(CaseId::new(item.owner)),
        ItemKind::ShiftOpening | ItemKind::ShiftSeal | ItemKind::Event => None,
    }
}

fn item_fault(connection: &Connection, item: &Item) -> Result<Option<Fault>, VaultError> {
    let fault = match item.kind {
        ItemKind::ShiftOpening | ItemKind::ShiftSeal => of_shift(connection, item),
        ItemKind::Event => of_event(connection, item),
        ItemKind::Manifest | ItemKind::Object | ItemKind::Receipt => of_case(connection, item),
    };
    match fault {
        Err(VaultError::NotFound { .. }) => Ok(Some(Fault::Unknown)),
        Err(VaultError::Malformed { .. }) => Ok(None), // its record is the finding
        other => other,
    }
}

/// Size of what it sends, or a fault.
fn sized(item: &Item, bytes: Option<&Vec<u8>>) -> Option<Fault> {
    match bytes {
        None => Some(Fault::Unknown),
        Some(bytes) if item.size != bytes.len() as u64 => Some(Fault::Changed),
        Some(_) => None,
    }
}

fn of_shift(connection: &Connection, item: &Item) -> Result<Option<Fault>, VaultError> {
    let row = shifts::one(connection, ShiftId::new(item.target))?;
    let bytes = if item.kind == ItemKind::ShiftOpening { &row.opening } else { &row.seal };
    Ok(if item.owner == item.target { sized(item, bytes.as_ref()) } else { Some(Fault::Changed) })
}

fn of_event(connection: &Connection, item: &Item) -> Result<Option<Fault>, VaultError> {
    let row = events::one(connection, EventId::new(item.target))?;
    Ok(if item.owner == *row.case.as_bytes() { sized(item, row.signed.as_ref()) } else { Some(Fault::Changed) })
}

fn of_case(connection: &Connection, item: &Item) -> Result<Option<Fault>, VaultError> {
    let case = case_of(item).ok_or(VaultError::NotFound { table: "cases" })?;
    let row = cases::one(connection, case)?;
    let is_gone = matches!(row.state, CaseState::Purging | CaseState::Purged);
    let fault = match item.kind {
        ItemKind::Manifest if item.owner != *row.shift.as_bytes() => Some(Fault::Changed),
        ItemKind::Manifest if !is_gone => sized(item, row.manifest.as_ref()),
        ItemKind::Object if !is_gone => {
            let object = objects::one(connection, ObjectId::new(item.target))?;
            let fits = object.case == case && object.object.length == item.size;
            (!fits).then_some(Fault::Changed)
        }
        ItemKind::Receipt => (item.target != item.owner || item.size != 0).then_some(Fault::Changed),
        _ => None,
    };
    Ok(fault.or_else(|| (!fits_case(&row, item)).then_some(Fault::State)))
}

/// Whether an item may be in its state while its case is in its own.
const fn fits_case(row: &CaseRow, item: &Item) -> bool {
    use ItemState::{Blocked, Done, Ready};
    match (row.state, item.kind) {
        (CaseState::Draft, _) => false,
        (CaseState::Unsigned, ItemKind::Manifest) => false,
        (CaseState::Unsigned, _) => matches!(item.state, Blocked),
        (CaseState::Sealed, ItemKind::Receipt) => matches!(item.state, Blocked | Ready),
        (CaseState::Sealed, _) => matches!(item.state, Blocked | Ready | Done),
        (CaseState::Receipted | CaseState::Purging | CaseState::Purged, _) => matches!(item.state, Done),
        (CaseState::Quarantined | CaseState::Stranded, _) => true,
    }
}
