//! A wheel as seen from its side of the street, with a valve whose hour on the clock face a record can name.

use super::canvas::{Ink, paint};
use super::stage::{Face, Flat, Space, Stage};

/// Radius of the tyre in metres.
const TYRE: f32 = 0.31;
/// Radius of the rim.
const RIM: f32 = 0.22;

const RUBBER: Ink = paint(38, 38, 40, 12);
const ALLOY: Ink = paint(186, 190, 194, 4);
const HOLLOW: Ink = paint(46, 48, 52, 6);
const BRAKE: Ink = paint(98, 96, 94, 8);
const STEEL: Ink = paint(128, 130, 134, 3);
const CAP: Ink = paint(24, 24, 26, 0);

/// Draws the wheel that stands on the ground at `foot`, its valve pointing to `hour` (1 to 12).
pub(super) fn draw(stage: &mut Stage, foot: Space, hour: usize) {
    let face = Face { origin: foot, right: (0.0, 0.0, -1.0), up: (0.0, 1.0, 0.0) }.moved((0.0, TYRE));
    let hub = (0.0, 0.0);
    for (radius, ink) in
        [(TYRE, RUBBER), (0.285, RUBBER.brighter(10)), (0.28, RUBBER), (RIM + 0.008, RUBBER.brighter(-16))]
    {
        stage.disc(&face, hub, radius, ink);
    }
    stage.disc(&face, hub, RIM, ALLOY);
    stage.disc(&face, hub, RIM - 0.014, HOLLOW);
    stage.disc(&face, hub, 0.14, BRAKE);
    spokes(stage, &face, hour);
    valve(stage, &face, hour);
}

/// Five spokes, two of which have the valve between them.
fn spokes(stage: &mut Stage, face: &Face, hour: usize) {
    for spoke in 0..5 {
        let (x, y) = stage.direction(hour * 5 + 6 + spoke * 12);
        let blade = |radius: f32, aside: f32| -> Flat { (x * radius + y * aside, y * radius - x * aside) };
        let outline = [blade(0.03, -0.03), blade(RIM - 0.01, -0.022), blade(RIM - 0.01, 0.022), blade(0.03, 0.03)];
        stage.polygon(face, &outline, ALLOY.fading(-18));
        stage.bar(face, blade(0.05, 0.0), blade(RIM - 0.02, 0.0), 0.008, ALLOY.brighter(-34));
    }
    stage.disc(face, (0.0, 0.0), 0.068, ALLOY.brighter(-8));
    for nut in 0..5 {
        let (x, y) = stage.direction(hour * 5 + 6 + nut * 12);
        stage.disc(face, (x * 0.05, y * 0.05), 0.0095, STEEL.brighter(-50));
    }
    stage.disc(face, (0.0, 0.0), 0.03, STEEL);
    stage.disc(face, (0.0, 0.0), 0.026, ALLOY.brighter(14));
}

fn valve(stage: &mut Stage, face: &Face, hour: usize) {
    let (x, y) = stage.hour(hour);
    let at = |radius: f32| (x * radius, y * radius);
    stage.line(face, &[at(0.168), at(0.204)], 0.013, STEEL.brighter(40));
    stage.line(face, &[at(0.162), at(0.18)], 0.015, CAP);
    stage.disc(face, at(0.207), 0.012, RUBBER);
}
