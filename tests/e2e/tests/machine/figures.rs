//! What a run has done and met.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};

use streife_core::error::ErrorKind;

/// Counts of a run.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub cases: u32,
    pub steps: u32,
    /// Steps that found nothing to do, such as an edit where no case is.
    pub idle: u32,
    /// Kills between two calls.
    pub kills: u32,
    /// Kills within a call.
    pub kills_within: u32,
    /// Kills while the vault was opened.
    pub kills_opening: u32,
    /// Troubles that struck, by name.
    pub faults: BTreeMap<&'static str, u32>,
    /// Errors that the core answered with, by kind.
    pub errors: BTreeMap<String, u32>,
    /// Acknowledged drafts, edits, photos, seals and voids.
    pub acknowledged: u32,
    /// Cases opened and compared at the box.
    pub compared: u32,
    /// Of these, cases with a case number, each another.
    pub numbered: u32,
    /// Photos opened and compared at the box.
    pub photos: u32,
    /// Photos adopted behind a kill.
    pub adopted: u32,
    /// Requests sent.
    pub requests: u64,
    /// Drafts whose key was gone for good at the end, by the loss of memory or hardware.
    pub dark: u32,
    pub losses: u32,
}

impl Figures {
    /// A fault has struck.
    pub fn fault(&mut self, name: &'static str) {
        *self.faults.entry(name).or_default() += 1;
    }

    /// A call was refused.
    pub fn error(&mut self, kind: ErrorKind) {
        *self.errors.entry(format!("{kind:?}")).or_default() += 1;
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        self.steps += other.steps;
        self.idle += other.idle;
        self.kills += other.kills;
        self.kills_within += other.kills_within;
        self.kills_opening += other.kills_opening;
        self.acknowledged += other.acknowledged;
        self.compared += other.compared;
        self.numbered += other.numbered;
        self.photos += other.photos;
        self.adopted += other.adopted;
        self.requests += other.requests;
        self.dark += other.dark;
        self.losses += other.losses;
        other.faults.iter().for_each(|(name, count)| *self.faults.entry(name).or_default() += count);
        other.errors.iter().for_each(|(kind, count)| *self.errors.entry(kind.clone()).or_default() += count);
    }
}

impl Display for Figures {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { cases, steps, idle, acknowledged, compared, photos, adopted, requests, losses, .. } = self;
        let (between, within, opening) = (self.kills, self.kills_within, self.kills_opening);
        writeln!(f, "{cases} cases, {steps} steps ({idle} found nothing to do), {acknowledged} acknowledged")?;
        writeln!(
            f,
            "kills: {between} between calls, {within} within one, {opening} in an opening; {adopted} photos adopted"
        )?;
        writeln!(f, "at the box: {compared} cases and {photos} photos opened and equal, {requests} requests")?;
        writeln!(f, "cases with a case number that no other has: {}", self.numbered)?;
        writeln!(f, "faults that struck: {}", list(self.faults.iter()))?;
        writeln!(f, "errors by kind: {}", list(self.errors.iter()))?;
        writeln!(f, "drafts that only the recovery key opens: {}", self.dark)?;
        write!(f, "losses: {losses}")
    }
}

fn list<'a, K: Display + 'a>(counts: impl Iterator<Item = (K, &'a u32)>) -> String {
    let all: Vec<_> = counts.map(|(name, count)| format!("{name} {count}")).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}
