//! Which cells run: all of them and many pairs, or a sample.

use std::collections::BTreeSet;

use crate::cells;
use crate::faults;
use crate::plan::{Cell, Shape, Step};

/// At least so many runs in full mode.
pub const FULL_RUNS: usize = 5_000;
/// One of so many cells is in the sample, besides those it needs to meet every fault and every step.
const SAMPLE: usize = 9;
/// Pairs in the sample.
const SAMPLE_PAIRS: usize = 12;

/// The cells of this run.
pub fn chosen(full: bool, seed: u64) -> Vec<Cell> {
    let all = cells::all();
    let (mut chosen, pairs) = if full {
        let left = FULL_RUNS.saturating_sub(all.len());
        (all, left)
    } else {
        (sample(all), SAMPLE_PAIRS)
    };
    let mut chance = Chance(seed);
    chosen.extend((0..pairs).map(|n| pair(&mut chance, n)));
    chosen
}

/// Every fault at least at one step, every step at least under one fault; fifty photos are for the full run.
fn sample(all: Vec<Cell>) -> Vec<Cell> {
    let mut met = BTreeSet::new();
    let mut is_chosen = |(n, cell): &(usize, Cell)| {
        let is_new =
            cell.strikes.iter().fold(cell.strikes.is_empty(), |new, (kind, _)| met.insert(kind.name.clone()) | new);
        (is_new || n % SAMPLE == 0) && cell.shape != Shape::Fifty
    };
    let mut order: Vec<_> = all.into_iter().enumerate().collect();
    // From afar, so that the first cell of a fault is not always the one at the first step.
    let count = order.len();
    order.sort_by_key(|(n, _)| n * 617 % count);
    order.into_iter().filter(|entry| is_chosen(entry)).map(|(_, cell)| cell).collect()
}

fn pair(chance: &mut Chance, n: usize) -> Cell {
    let shape =
        if n % 100 == 99 { Shape::Fifty } else { chance.of(&[Shape::One, Shape::Three, Shape::Company, Shape::Twins]) };
    let mut kinds = faults::of_box();
    let mut strikes = Vec::new();
    while strikes.len() < 2 {
        let (kind, step) = (kinds.swap_remove(chance.below(kinds.len())), chance.of(&Step::ALL));
        if kind.fits(step) && shape.has(step) {
            strikes.push((kind, Some(step)));
        }
        if strikes.len() == 1 && chance.below(4) == 0 {
            let others: Vec<_> = faults::of_wire().into_iter().chain(faults::of_life()).collect();
            strikes.push((chance.of(&others), None));
        }
    }
    Cell { shape, strikes }
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).expect("below the limit")
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices.get(self.below(choices.len())).expect("within").clone()
    }
}
