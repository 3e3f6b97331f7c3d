//! Every cell with one fault.

use crate::faults::{self, Kind};
use crate::plan::{Cell, Shape, Step};

/// Every fault of the box at every step it fits, every fault of wire and phone, and every shape undisturbed.
pub fn all() -> Vec<Cell> {
    let mut cells: Vec<Cell> =
        [Shape::NoPhoto, Shape::One, Shape::Three, Shape::Twins, Shape::Empty, Shape::Company, Shape::Fifty]
            .into_iter()
            .map(|shape| Cell { shape, strikes: Vec::new() })
            .collect();
    for kind in faults::of_box() {
        for step in Step::ALL.into_iter().filter(|step| kind.fits(*step)) {
            cells.extend(shapes(step).iter().map(|shape| at(&kind, Some(step), *shape)));
        }
    }
    for kind in faults::of_wire().into_iter().chain(faults::of_life()) {
        cells.extend([Shape::One, Shape::Company, Shape::Three].map(|shape| at(&kind, None, shape)));
    }
    cells
}

fn at(kind: &Kind, step: Option<Step>, shape: Shape) -> Cell {
    Cell { shape, strikes: vec![(kind.clone(), step)] }
}

const fn shapes(step: Step) -> &'static [Shape] {
    match step {
        Step::MiddleChunk => &[Shape::Three],
        Step::FirstChunk | Step::LastChunk => &[Shape::Company, Shape::Three, Shape::Twins],
        Step::Manifest | Step::SmallObject | Step::Receipt => &[Shape::Company, Shape::NoPhoto],
        _ => &[Shape::Company],
    }
}
