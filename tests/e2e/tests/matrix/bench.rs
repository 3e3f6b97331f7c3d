//! Boxes for the runs, one run at a time each, and what all runs came to.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;

use streife_box::Route;
use streife_e2e::Rig;
use streife_e2e::proxy::Proxy;

use crate::flow;
use crate::plan::{Cell, Shape};

/// So many phones share a box: its lists grow with them.
const RUNS_A_BOX: u32 = 150;

/// A box behind a proxy.
pub struct Bench {
    /// Goes first: a box that ends waits for its connections.
    pub proxy: Proxy,
    pub rig: Rig,
    runs: u32,
}

impl Bench {
    pub fn new() -> Self {
        let rig = Rig::new();
        let proxy = Proxy::before(rig.server.address());
        Self { rig, proxy, runs: 0 }
    }
}

/// What an undisturbed handover takes.
#[derive(Clone, Debug, Default)]
pub struct Rehearsal {
    pub requests: u32,
    pub routes: BTreeMap<Route, u64>,
}

/// What the runs came to, as FAULTS publishes it.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub runs: u64,
    pub cases: u64,
    pub lost: u64,
    pub doubled: u64,
    pub let_go: u64,
    pub refused: u64,
    pub unmet: u64,
    pub waits: u64,
    pub requests: u64,
    pub sent: u64,
    pub needed: u64,
}

impl Figures {
    pub fn add(&mut self, run: &Self) {
        for (sum, more) in [
            (&mut self.runs, run.runs),
            (&mut self.cases, run.cases),
            (&mut self.lost, run.lost),
            (&mut self.doubled, run.doubled),
            (&mut self.let_go, run.let_go),
            (&mut self.refused, run.refused),
            (&mut self.unmet, run.unmet),
            (&mut self.waits, run.waits),
            (&mut self.requests, run.requests),
            (&mut self.sent, run.sent),
            (&mut self.needed, run.needed),
        ] {
            *sum += more;
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = 300.0 / f64::from(u32::try_from(self.runs.max(1)).unwrap_or(u32::MAX));
        let ratio = 100 * self.sent / self.needed.max(1);
        write!(
            f,
            "{} runs, {} cases: {} lost, {} doubled, {} let go without receipt (95 % bound {bound:.3} % a run); {} refused as \
             scripted, {} second faults unmet; {} waits, {} requests, bytes sent {ratio} % of those needed",
            self.runs,
            self.cases,
            self.lost,
            self.doubled,
            self.let_go,
            self.refused,
            self.unmet,
            self.waits,
            self.requests
        )
    }
}

/// Lends benches and counts.
#[derive(Default)]
pub struct House {
    benches: Mutex<Vec<Bench>>,
    rehearsed: Mutex<BTreeMap<Shape, Rehearsal>>,
    figures: Mutex<Figures>,
}

impl House {
    /// Runs a cell; the error is what the oracle found.
    pub fn run(&self, cell: &Cell) -> Result<(), String> {
        let free = self.benches.lock().expect("no holder panics").pop();
        let mut bench = free.unwrap_or_else(Bench::new);
        let rehearsal = self.rehearsal(&bench, cell.shape)?;
        let run = flow::run(&bench, cell, &rehearsal);
        bench.runs += 1;
        self.figures.lock().expect("no holder panics").add(&run.figures);
        if run.findings.is_empty() && bench.runs < RUNS_A_BOX {
            self.benches.lock().expect("no holder panics").push(bench);
        }
        if run.findings.is_empty() { Ok(()) } else { Err(run.findings.join("\n")) }
    }

    fn rehearsal(&self, bench: &Bench, shape: Shape) -> Result<Rehearsal, String> {
        let known = self.rehearsed.lock().expect("no holder panics").get(&shape).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let rehearsal = flow::rehearse(bench, shape)?;
        self.rehearsed.lock().expect("no holder panics").insert(shape, rehearsal.clone());
        Ok(rehearsal)
    }

    #[expect(clippy::print_stdout, reason = "the figures are published")]
    pub fn say_figures(&self) {
        println!("matrix: {}", self.figures.lock().expect("no holder panics"));
    }
}
