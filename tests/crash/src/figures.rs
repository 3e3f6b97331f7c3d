//! What a suite has done and found.

use std::fmt::{Display, Formatter};
use std::time::Duration;

use crate::{Acknowledged, Verdict};

/// Times of one thing, of which a run says the median and the 99th percentile. Figures, not promises.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// One more.
    pub fn add(&mut self, time: Duration) {
        self.0.push(time);
    }
}

impl Display for Times {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let mut sorted = self.0.clone();
        sorted.sort();
        let at = |percent: usize| sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)));
        let ms = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1_000.0);
        write!(f, "median {:.1} ms, p99 {:.1} ms of {}", ms(at(50)), ms(at(99)), sorted.len())
    }
}

/// Counts of a suite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Times the victim was started.
    pub runs: u32,
    /// Times it was killed.
    pub kills: u32,
    /// Acknowledgements heard.
    pub acknowledged: u32,
    /// Of these, not found again.
    pub lost: u32,
    /// Things that are there and not whole.
    pub broken: u32,
    /// Photos taken into their draft again when opening.
    pub adopted: u32,
    /// Torn files removed when opening.
    pub deleted: u32,
    /// Files set aside when opening.
    pub set_aside: u32,
    /// Cases and photos that are there without an acknowledgement, which is allowed.
    pub extra: u32,
}

impl Figures {
    /// Where no loss was found in n kills, its chance is below 3/n with 95 % confidence; in percent.
    #[must_use]
    pub fn bound(&self) -> Option<f64> {
        (self.kills > 0 && self.lost + self.broken == 0).then(|| (300.0 / f64::from(self.kills)).min(100.0))
    }

    /// Adds what was heard on one vault in all its lives.
    pub const fn add_oracle(&mut self, oracle: &Acknowledged) {
        self.acknowledged += oracle.lines;
    }

    /// Adds what one opening has found.
    pub fn add(&mut self, verdict: &Verdict) {
        let count = |list: &Vec<String>| u32::try_from(list.len()).unwrap_or(u32::MAX);
        self.lost += count(&verdict.lost);
        self.broken += count(&verdict.broken);
        self.adopted += verdict.adopted;
        self.deleted += verdict.deleted;
        self.set_aside += verdict.set_aside;
        self.extra += verdict.extra;
    }
}

impl Display for Figures {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { runs, kills, acknowledged, lost, broken, adopted, deleted, set_aside, extra } = self;
        write!(
            f,
            "{runs} runs, {kills} killed, {acknowledged} acknowledged, {lost} lost, {broken} broken; orphans: \
             {adopted} adopted, {deleted} deleted, {set_aside} set aside, 0 left; {extra} unacknowledged there"
        )?;
        match self.bound() {
            Some(bound) => write!(f, "; a loss in fewer than {bound:.1} % with 95 % confidence"),
            None => Ok(()),
        }
    }
}
