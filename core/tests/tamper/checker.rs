//! Applies one manipulation to a copy of the vault and says who noticed it, and whether all else has stayed as it was.

use std::collections::{BTreeMap, BTreeSet};

use streife_core::client::{Client, Network, Notice, SyncLimits};
use streife_core::domain::{CaseId, ObjectId};
use streife_core::error::{Error, ErrorKind};
use streife_core::vault::{CaseState, Damage, Record};

use super::schema::{Dump, blob, number};
use super::world::{Tampered, World};

/// What is done to a vault, and what it may concern.
pub struct Manipulation {
    pub name: String,
    pub apply: Box<dyn Fn(&Tampered<'_>) + Send + Sync>,
    pub victims: Victims,
    /// Why it would be no harm, should nobody notice.
    pub harmless: Option<&'static str>,
    /// The chunk that must be named.
    pub chunk: Option<u32>,
    /// How opening may refuse the vault as a whole.
    pub refusals: &'static [ErrorKind],
}

/// The records that a finding may name, and the cases that may be unusable.
#[derive(Clone, Debug, Default)]
pub struct Victims {
    pub records: BTreeSet<Record>,
    pub cases: BTreeSet<CaseId>,
    /// A key or the chain itself: what is concerned cannot be told by one record.
    pub everything: bool,
}

impl Victims {
    pub fn and(mut self, other: Self) -> Self {
        self.records.extend(other.records);
        self.cases.extend(other.cases);
        self.everything |= other.everything;
        self
    }

    fn concern(&self, record: &Record) -> bool {
        let case = match record {
            Record::Case(case) | Record::Object { case, .. } | Record::Event { case, .. } => Some(case),
            _ => None,
        };
        self.everything || self.records.contains(record) || case.is_some_and(|case| self.cases.contains(case))
    }
}

/// Which of the checker's comparisons are made: a checker that looks away must miss things.
#[derive(Clone, Copy, Debug)]
pub struct Eyes {
    pub findings: bool,
    pub uses: bool,
}

pub const OPEN: Eyes = Eyes { findings: true, uses: true };
pub const SHUT: Eyes = Eyes { findings: false, uses: false };

/// Who noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Refused,
    AtOpening,
    AtUse,
    AtAudit,
    Harmless,
    Missed,
}

/// What the vault shows of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    state: Result<(CaseState, Option<u32>), ErrorKind>,
    manifest: Option<Vec<u8>>,
    receipt: Option<Vec<u8>>,
    draft: Result<String, ErrorKind>,
    /// Lengths of its photos.
    photos: Vec<(ObjectId, Result<usize, ErrorKind>)>,
}

/// Owner, size and state of items, by kind and target.
type Outbox = BTreeMap<(i64, Vec<u8>), (Vec<u8>, i64, i64)>;

/// What the vault shows, and what it holds afterwards.
pub struct Picture {
    cases: BTreeMap<CaseId, Shown>,
    /// States behind a try to hand over.
    later: BTreeMap<CaseId, CaseState>,
    /// The outbox before that, by kind and target.
    outbox: Outbox,
    pub notices: Vec<Notice>,
    pub findings: Vec<Damage>,
    later_notices: Vec<Notice>,
}

/// # Errors
/// What could not be done at all, and why.
pub fn picture(tampered: &Tampered<'_>) -> Result<Picture, (&'static str, Error)> {
    let client = tampered.open().map_err(|error| ("open", error))?;
    let notices = client.notices();
    let cases = tampered.world.cases().map(|case| (case, shown(&client, tampered.world, case))).collect();
    let findings = client.audit().map_err(|error| ("audit", error))?.findings;
    client.suspend().map_err(|error| ("suspend", error))?;
    let dump = tampered.dump();
    client.resume().map_err(|error| ("resume", error))?;
    hand_over(&client).map_err(|error| ("sync", error))?;
    let later = client.cases().map_err(|error| ("list", error))?.into_iter().map(|row| (row.case, row.state)).collect();
    let known: Vec<_> = findings.iter().cloned().map(Notice::Damaged).chain(notices.iter().cloned()).collect();
    let later_notices = client.notices().into_iter().filter(|notice| !known.contains(notice)).collect();
    Ok(Picture { cases, later, outbox: outbox(&dump), notices, findings, later_notices })
}

/// Signs what waits, lets go of what is receipted, and finds the box unreachable.
fn hand_over(client: &Client) -> Result<(), Error> {
    let limits = SyncLimits::over(Network::Unmetered);
    client.sync(&limits).map(drop)
}

fn shown(client: &Client, world: &World, case: CaseId) -> Shown {
    let row = client.case(case);
    let draft = client.draft(case).map(|facts| format!("{facts:?}")).map_err(|error| error.kind());
    let photos = world.photos.get(&case).into_iter().flatten();
    let read = |photo| client.read_photo(case, photo).map(|bytes| bytes.len()).map_err(|error| error.kind());
    let photos = photos.map(|photo| (photo.object, read(photo))).collect();
    let (manifest, receipt) = row.as_ref().map(|row| (row.manifest.clone(), row.receipt.clone())).unwrap_or_default();
    Shown { state: row.map(|row| (row.state, row.seq)).map_err(|error| error.kind()), manifest, receipt, draft, photos }
}

fn outbox(dump: &Dump) -> Outbox {
    let rows = dump.table("outbox").rows.iter();
    let item = |row| {
        let key = (number(row, "kind"), blob(row, "target"));
        (key, (blob(row, "owner"), number(row, "size"), number(row, "state")))
    };
    rows.map(item).collect()
}

/// Checks one manipulation.
///
/// # Errors
/// What is wrong: it was missed, a record that is not concerned was blamed, or another case has suffered.
pub fn check(world: &World, before: &Picture, one: &Manipulation, eyes: Eyes) -> Result<Outcome, String> {
    let tampered = world.copy();
    (one.apply)(&tampered);
    let after = match picture(&tampered) {
        Ok(after) => after,
        Err(("open", error)) if one.refusals.contains(&error.kind()) => return Ok(Outcome::Refused),
        Err((what, error)) => return Err(format!("not usable: {what}: {error:?}")),
    };
    one.refuse_harm(world, before, &after)?;
    one.judge(before, &after, eyes)
}

impl Manipulation {
    fn judge(&self, before: &Picture, after: &Picture, eyes: Eyes) -> Result<Outcome, String> {
        if eyes.findings && self.is_named(&after.notices) {
            return Ok(Outcome::AtOpening);
        }
        if eyes.uses && self.is_refused(before, after) {
            return Ok(Outcome::AtUse);
        }
        let findings: Vec<_> = after.findings.iter().cloned().map(Notice::Damaged).collect();
        if eyes.findings && self.is_named(&findings) {
            return Ok(Outcome::AtAudit);
        }
        match self.harmless {
            Some(_) => self.prove_harmless(before, after).map(|()| Outcome::Harmless),
            None => Ok(Outcome::Missed),
        }
    }

    fn is_named(&self, notices: &[Notice]) -> bool {
        notices.iter().any(|notice| match notice {
            Notice::Damaged(damage) => {
                self.victims.records.contains(&damage.record) && (self.chunk.is_none() || damage.chunk == self.chunk)
            }
            Notice::Copied if self.victims.records.contains(&Record::Setting("instance".to_owned())) => true,
            Notice::SetBack { .. } | Notice::Copied | Notice::Keys { .. } => self.victims.everything,
            _ => false,
        })
    }

    /// A call about one of the victims fails with a type, or signing and purging have told of it.
    fn is_refused(&self, before: &Picture, after: &Picture) -> bool {
        let typed = |shown: &Shown| {
            shown.draft.is_err() || shown.state.is_err() || shown.photos.iter().any(|(_, read)| read.is_err())
        };
        let fails = |case: &CaseId| {
            let (was, is) = (before.cases.get(case), after.cases.get(case));
            was != is && is.is_some_and(typed)
        };
        self.chunk.is_none() && (self.victims.cases.iter().any(fails) || self.is_named(&after.later_notices))
    }

    /// What nobody noticed must have changed nothing that anybody sees or sends.
    fn prove_harmless(&self, before: &Picture, after: &Picture) -> Result<(), String> {
        if !after.findings.is_empty() || after.notices != before.notices {
            return Err(format!("harmless, and found: {:?} {:?}", after.findings, after.notices));
        }
        if after.cases != before.cases {
            return Err("called harmless, and shows something else".to_owned());
        }
        if after.later != before.later {
            return Err(format!("called harmless, and goes on otherwise: {:?}, not {:?}", after.later, before.later));
        }
        Ok(())
    }

    /// Nobody else may be blamed, and no other case may suffer.
    fn refuse_harm(&self, world: &World, before: &Picture, after: &Picture) -> Result<(), String> {
        if self.victims.everything {
            return Ok(());
        }
        let told = after.notices.iter().chain(&after.later_notices);
        let damage = told.filter_map(|notice| if let Notice::Damaged(damage) = notice { Some(damage) } else { None });
        if let Some(other) = damage.chain(&after.findings).find(|damage| !self.victims.concern(&damage.record)) {
            return Err(format!("blames another: {other}"));
        }
        for case in world.cases().filter(|case| !self.victims.cases.contains(case)) {
            if before.cases.get(&case) != after.cases.get(&case) {
                return Err(format!("{case} has changed: {:?}", after.cases.get(&case)));
            }
            if before.later.get(&case) != after.later.get(&case) {
                return Err(format!("{case} does not go on: {:?}", after.later.get(&case)));
            }
        }
        self.refuse_harm_to_items(world, before, after)
    }

    fn refuse_harm_to_items(&self, world: &World, before: &Picture, after: &Picture) -> Result<(), String> {
        let is_victim = |id: &[u8]| {
            let case = CaseId::try_from(id).ok();
            let object = ObjectId::try_from(id).ok().and_then(|object| world.objects.get(&object)).copied();
            let event = id.try_into().ok().and_then(|event| world.events.get(&event)).copied();
            [case, object, event].into_iter().flatten().any(|case| self.victims.cases.contains(&case))
        };
        let named = |target: &[u8]| {
            let target: String = target.iter().map(|byte| format!("{byte:02x}")).collect();
            self.victims.records.iter().any(|record| match record {
                Record::Item { target: named, .. } => *named == target,
                Record::Shift(shift) => shift.to_string() == target,
                _ => false,
            })
        };
        for (key, was) in before.outbox.iter().filter(|((_, target), _)| !is_victim(target) && !named(target)) {
            if after.outbox.get(key) != Some(was) {
                return Err(format!("item {key:?} of another is {:?}, not {was:?}", after.outbox.get(key)));
            }
        }
        Ok(())
    }
}

impl Picture {
    /// The unchanged vault must give no reason to speak.
    pub fn is_quiet(&self) -> bool {
        self.notices.is_empty() && self.findings.is_empty() && self.later_notices.is_empty()
    }
}
