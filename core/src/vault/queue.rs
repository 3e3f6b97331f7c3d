//! What is asked of the queue at every capture and at every step of a handover.
//!
//! Each question reads the rows it asks for and no others, so its cost does not grow with the queue. The two that sum
//! up, [`Vault::case_counts`] and [`Vault::open_bytes`], read one entry of an index for each row and no row.

use rusqlite::{Connection, Row};

use super::cases::{self, CaseState};
use super::events::{self, EventRow};
use super::outbox::{self, Item, ItemKind, ItemState, Window};
use super::shifts::{self, ShiftRow};
use super::{Record, Vault, VaultError};
use crate::domain::{CaseId, EventId, ShiftId};

/// One case in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseSummary {
    /// The case.
    pub case: CaseId,
    /// Its shift.
    pub shift: ShiftId,
    /// How far it has come.
    pub state: CaseState,
    /// Number within the shift, once sealed.
    pub seq: Option<u32>,
    /// Whether it was voided.
    pub voided: bool,
    /// The box's refusal, if something of it is quarantined.
    pub reason: Option<String>,
}

impl Vault {
    /// The first item within a window that may be sent now.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn next_item(&self, now_ms: i64, window: Window) -> Result<Option<Item>, VaultError> {
        self.database.read(|connection| outbox::next_ready(connection, now_ms, window))
    }

    /// When the next item within a window may be sent, unix milliseconds.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn next_item_time(&self, window: Window) -> Result<Option<i64>, VaultError> {
        self.database.read(|connection| outbox::next_time(connection, window))
    }

    /// When the ready item that waits longest may be sent, unix milliseconds.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn last_item_time(&self) -> Result<Option<i64>, VaultError> {
        self.database.read(outbox::last_time)
    }

    /// An item, if it is there.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn item(&self, kind: ItemKind, target: &[u8; 16]) -> Result<Option<Item>, VaultError> {
        self.database.read(|connection| outbox::one(connection, kind, target))
    }

    /// All cases in the order they were begun, without what is stored of them.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn summaries(&self) -> Result<Vec<CaseSummary>, VaultError> {
        self.database.read(|connection| list(connection, "ORDER BY ordinal", []))
    }

    /// At most `limit` cases, newest first, begun before `after`.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] if there is no case `after`.
    pub fn summaries_page(&self, after: Option<CaseId>, limit: u32) -> Result<Vec<CaseSummary>, VaultError> {
        self.database.read(|connection| {
            let before = after.map_or(Ok(i64::MAX), |case| cases::ordinal(connection, case))?;
            list(connection, "WHERE ordinal < ?1 ORDER BY ordinal DESC LIMIT ?2", (before, limit))
        })
    }

    /// How many cases are in each state that has any.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn case_counts(&self) -> Result<Vec<(CaseState, u32)>, VaultError> {
        self.database.read(cases::counts)
    }

    /// Bytes of all items that have not arrived and were not refused.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn open_bytes(&self) -> Result<u64, VaultError> {
        self.database.read(outbox::open_bytes)
    }

    /// Cases in a state, in the order they were begun.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn cases_in_state(&self, state: CaseState) -> Result<Vec<CaseId>, VaultError> {
        self.database.read(|connection| cases::in_state(connection, state))
    }

    /// One event.
    ///
    /// # Errors
    /// [`VaultError::NotFound`].
    pub fn event(&self, event: EventId) -> Result<EventRow, VaultError> {
        self.database.read(|connection| events::one(connection, event))
    }

    /// One shift.
    ///
    /// # Errors
    /// [`VaultError::NotFound`].
    pub fn shift(&self, shift: ShiftId) -> Result<ShiftRow, VaultError> {
        self.database.read(|connection| shifts::one(connection, shift))
    }

    /// Shifts without a signed seal, oldest first: the open one, and those that wait for the signer.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn unsealed_shifts(&self) -> Result<Vec<ShiftRow>, VaultError> {
        self.database.read(shifts::unsealed)
    }
}

/// What a list shows of a case. `+` keeps the planner from walking all refused items in their order instead of the few
/// items of one case.
fn summary_sql(which: &str) -> String {
    let (manifest, refused) = (ItemKind::Manifest as u8, ItemState::Quarantined as u8);
    format!(
        "SELECT case_id, shift_id, state, seq,
             EXISTS (SELECT 1 FROM events WHERE events.case_id = cases.case_id),
             (SELECT reason FROM outbox
              WHERE (owner = cases.case_id OR (kind = {manifest} AND target = cases.case_id))
                AND +outbox.state = {refused}
              ORDER BY +rank, +id LIMIT 1)
         FROM cases {which}"
    )
}

fn list(connection: &Connection, which: &str, values: impl rusqlite::Params) -> Result<Vec<CaseSummary>, VaultError> {
    let mut statement = connection.prepare_cached(&summary_sql(which))?;
    let mut rows = statement.query(values)?;
    let mut summaries = Vec::new();
    while let Some(row) = rows.next()? {
        match read(row) {
            Err(VaultError::Malformed { .. }) => {} // it must not hide the others
            row => summaries.push(row?),
        }
    }
    Ok(summaries)
}

fn read(row: &Row<'_>) -> Result<CaseSummary, VaultError> {
    let case = CaseId::new(row.get(0)?);
    let decode = || -> Result<CaseSummary, VaultError> {
        Ok(CaseSummary {
            case,
            shift: ShiftId::new(row.get(1)?),
            state: CaseState::from_number(row.get(2)?).ok_or_else(|| Record::Case(case).malformed())?,
            seq: row.get(3)?,
            voided: row.get(4)?,
            reason: row.get(5)?,
        })
    };
    decode().map_err(|error| error.of(Record::Case(case)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use rusqlite::StatementStatus;
    use rusqlite::trace::TraceEvent;

    use super::*;
    use crate::domain::{BoxId, CaseFacts, Moment, ObjectId, Officer, VoidReason};
    use crate::ports::{Clock, NoAnchor, OsEntropy};
    use crate::seal::{Hash, Kind, ManifestObject, Scope};
    use crate::testing::{DangerousSoftwareKeyStore, SimClock};
    use crate::vault::{
        Item, NextPlace, ObjectRow, Opened, PartFile, SealedCase, StorageConfig, VaultPorts, Void, Window,
    };

    const SHIFT: ShiftId = ShiftId::new([7; 16]);

    fn vault(folder: &std::path::Path) -> Vault {
        let ports = VaultPorts {
            key_store: Arc::<DangerousSoftwareKeyStore>::default(),
            entropy: Arc::new(OsEntropy),
            anchor: Arc::new(NoAnchor),
            clock: Arc::new(SimClock::new(1_781_582_400_000, 0)),
            trust: None,
        };
        let Opened { vault, .. } =
            Vault::open(folder, StorageConfig { ballast: 0, ..StorageConfig::default() }, ports).expect("opens");
        vault.open_shift(SHIFT, &Officer { id: "1".to_owned(), unit: None }, now()).expect("opens");
        vault.store_opening(SHIFT, b"opening").expect("stores");
        vault
    }

    fn now() -> Moment {
        let reading = SimClock::new(1_781_582_400_000, 0).read();
        Moment::new(reading.unix_ms, reading.offset_s, reading.mono_ms, reading.boot).expect("in the calendar")
    }

    /// A case as its calls make it, with everything that an app and the handover ask for on the way.
    fn capture(vault: &Vault, number: u8) {
        let case = CaseId::new([number; 16]);
        let shift = vault.open_shift_row().expect("reads").expect("is open").shift;
        vault.begin_case(case, shift, &CaseFacts::default(), now()).expect("begins");
        vault.save_draft(case, &vault.draft(case).expect("a draft"), now()).expect("saves");
        let NextPlace { seq, head, number: none } = vault.next_place(shift).expect("reads");
        let sealed = SealedCase { case, seq, payload: vec![number; 3_000], number: none, slip: None, remembered: None };
        vault.seal_case(&sealed, head, vec![object(vault, case, number)], now(), None).expect("seals");
        assert_eq!(vault.cases_in_state(CaseState::Unsigned).expect("reads"), [case]);
        let payload = vault.payload_to_sign(case).expect("reads").expect("is journalled");
        vault.store_manifest(case, shift, &payload).expect("stores");
        let event = EventId::new([number; 16]);
        let void = Void { case, event, reason: VoidReason::Other, note: None };
        vault.void_case(&void, now()).expect("voids");
        assert_eq!(vault.unsigned_events().expect("reads"), [event]);
        let unsigned = vault.event_to_sign(event).expect("reads").expect("is journalled");
        vault.sign_event(event, case, &unsigned.payload).expect("stores");
        assert_eq!(vault.event(event).expect("is there").case, case);
        assert_eq!(vault.unsealed_shifts().expect("reads").len(), 1);
        assert!(vault.cases_in_state(CaseState::Receipted).expect("reads").is_empty());
        vault.shift(shift).expect("is there");
        vault.summaries_page(Some(case), 2).expect("lists");
        assert_eq!(vault.next_item_time(Window::ALL).expect("reads"), Some(0));
        vault
            .next_item(0, Window { size: 100_000, rank: Window::BEFORE_PHOTOS })
            .expect("reads")
            .expect("an opening or a manifest");
        vault.open_bytes().expect("sums");
        vault.case_counts().expect("counts");
    }

    fn object(vault: &Vault, case: CaseId, number: u8) -> (PartFile, ObjectRow) {
        let object = ObjectId::new([number; 16]);
        let mut part = vault.create_object(object).expect("creates");
        part.write_all(b"sealed").expect("writes");
        let (hash, media_type) = (Hash::of(&[b"sealed"]), "application/json".to_owned());
        let (kind, scope) = (Kind::Record, Scope::Full);
        let object = ManifestObject { object, kind, scope, media_type, length: 6, hash, commitment: hash };
        (part, ObjectRow { case, object })
    }

    /// A case on its way to the box and out of the phone, by the items of its outbox, and one that is refused.
    fn hand_over(vault: &Vault, items: &[Item]) {
        let item = |number: u8, kind| {
            let is_meant = |item: &&Item| item.kind == kind && item.target == [number; 16];
            items.iter().find(is_meant).expect("queued")
        };
        let object = (ObjectId::new([1; 16]), "{}".to_owned());
        vault.step(None).manifest_arrived(item(1, ItemKind::Manifest), &[object]).expect("goes on");
        vault.step(None).upload_moved(item(1, ItemKind::Object), "{}").expect("goes on");
        vault.step(Some(b"memory")).defer(item(1, ItemKind::Object), 5, None).expect("waits");
        vault.step(None).redeclare(CaseId::new([1; 16]), None).expect("goes back");
        vault.step(None).manifest_arrived(item(1, ItemKind::Manifest), &[]).expect("goes on");
        vault.step(None).object_arrived(item(1, ItemKind::Object)).expect("goes on");
        vault.step(None).item_arrived(item(1, ItemKind::Event), now()).expect("goes on");
        vault
            .step(None)
            .receipt_arrived(item(1, ItemKind::Receipt), b"receipt", BoxId::new([9; 16]), now())
            .expect("goes on");
        vault.purge(CaseId::new([1; 16]), now()).expect("lets go");
        vault.step(None).quarantine(item(2, ItemKind::Manifest), "refused", now()).expect("keeps");
        assert_eq!(
            vault.summaries_page(Some(CaseId::new([3; 16])), 1).expect("lists")[0].reason.as_deref(),
            Some("refused")
        );
    }

    /// Most steps of SQLite's machine that a run of each statement took, for one more case behind `queued` ones.
    fn steps(queued: u8) -> BTreeMap<String, i32> {
        let folder = tempfile::tempdir().expect("folder");
        let vault = vault(folder.path());
        (1..=queued).for_each(|number| capture(&vault, number));
        let items = vault.outbox().expect("reads").items;
        let opening = items.iter().find(|item| item.kind == ItemKind::ShiftOpening).expect("queued");
        vault.step(None).opening_arrived(opening, now()).expect("goes on");
        let seen = Arc::new(Mutex::new(BTreeMap::<String, i32>::new()));
        let told = seen.clone();
        vault.database.trace(move |event| {
            if let TraceEvent::Profile(statement, _) = event {
                let steps = statement.get_status(StatementStatus::VmStep);
                let mut told = told.lock().expect("no holder panics");
                let most = told.entry(statement.sql().into_owned()).or_default();
                *most = steps.max(*most);
            }
        });
        capture(&vault, queued + 1);
        hand_over(&vault, &items);
        drop(vault);
        let seen = seen.lock().expect("no holder panics");
        seen.clone()
    }

    #[test]
    fn no_statement_but_the_two_sums_takes_more_steps_behind_a_longer_queue() {
        let (short, long) = (steps(4), steps(60));
        assert!(short.len() > 20, "only {} statements were seen", short.len());
        assert!(short.keys().eq(long.keys()));
        let steps = short.iter().zip(long.values());
        let grown: Vec<_> = steps.filter(|((_, short), long)| **long > **short * 2).map(|((sql, _), _)| sql).collect();
        // The sums show that growth would be seen.
        assert!(
            matches!(*grown, [one, other] if one.contains("SUM(size)") && other.contains("GROUP BY")),
            "{grown:#?}"
        );
    }
}
