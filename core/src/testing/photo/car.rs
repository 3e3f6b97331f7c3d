//! The parked car: a small hatchback as a prism with a tapered glass house.
//!
//! It stands at the right kerb and looks along the street. Each part is drawn on its own face; of rear and front only
//! the one that can be seen is drawn, by [`Shown`].

use super::canvas::{Ink, paint};
use super::plate;
use super::stage::{Face, Flat, Space, Stage};
use super::street::KERB;
use super::wheel;

/// Left side of the car, in metres from the middle of the street.
pub(super) const LEFT: f32 = KERB - 1.9;
/// Its rearmost point along the street.
pub(super) const REAR: f32 = 4.0;
/// Its width.
pub(super) const WIDTH: f32 = 1.75;
/// Its length.
pub(super) const LENGTH: f32 = 4.15;
/// Distance of the axles from the rear.
pub(super) const AXLES: [f32; 2] = [0.75, 3.3];
/// Height of the edge between body and glass.
const WAIST: f32 = 1.0;
/// How far a tapered metre of height leans inwards.
const TAPER: f32 = 0.42;

const PAINTS: [Ink; 6] = [
    paint(160, 28, 34, 3),
    paint(38, 66, 120, 3),
    paint(196, 200, 204, 3),
    paint(60, 64, 70, 3),
    paint(226, 226, 222, 3),
    paint(44, 92, 78, 3),
];
const GLASS: Ink = paint(36, 44, 52, 3);
const PLASTIC: Ink = paint(44, 45, 48, 8);
const SEAM: Ink = paint(28, 28, 30, 0);
const LAMP: Ink = paint(170, 22, 26, 3);
const LENS: Ink = paint(214, 220, 226, 3);
const SILVER: Ink = paint(190, 194, 198, 3);

/// The end of the car that the eye looks at.
pub(super) enum Shown {
    /// Neither: the eye stands beside the car.
    Side,
    /// The rear, with its plate.
    Rear,
    /// The front, with the windscreen.
    Front,
}

/// Draws the car with its plate and with the valves of its wheels at `hour`.
pub(super) fn draw(stage: &mut Stage, shown: &Shown, text: &str, hour: usize) {
    let body = stage.random.pick(&PAINTS).copied().unwrap_or(SILVER);
    shadow(stage);
    underside(stage);
    side(stage, body);
    side_windows(stage, body);
    for axle in AXLES {
        wheel::draw(stage, (LEFT, 0.0, REAR + axle), hour);
    }
    match shown {
        Shown::Side => {}
        Shown::Rear => rear(stage, body, text),
        Shown::Front => front(stage, body, text),
    }
}

/// The windscreen as a face: u from the right side of the car (as its driver sees it), v up the glass, in metres.
pub(super) fn windscreen() -> Face {
    Face { origin: (LEFT + WIDTH, 1.02, REAR + 2.85), right: (-1.0, 0.0, 0.0), up: (0.0, 0.46, -0.888) }
}

fn shadow(stage: &mut Stage) {
    let ground = Face::level(0.006);
    for layer in 0..10_u8 {
        let margin = 0.2 - 0.035 * f32::from(layer);
        let (from, to) = ((LEFT - margin, REAR - margin), (LEFT + WIDTH + margin, REAR + LENGTH + margin));
        stage.rectangle(&ground, from, to, Ink::Veil(-9));
    }
}

/// The tyres of the far side and the axle, seen below the body.
fn underside(stage: &mut Stage) {
    for from_rear in AXLES.iter().rev().map(|axle| axle - 0.3) {
        let across = Face::upright(corner(0.0, from_rear));
        for left in [0.02, WIDTH - 0.22] {
            stage.rectangle(&across, (left, 0.01), (left + 0.2, 0.4), SEAM.brighter(10).fading(-10));
        }
        stage.rectangle(&across, (0.0, 0.2), (WIDTH, 0.45), SEAM);
    }
}

fn side(stage: &mut Stage, body: Ink) {
    let face = Face::along((LEFT, 0.0, REAR));
    stage.rectangle(&face, (0.2, 0.14), (LENGTH - 0.25, 0.4), SEAM);
    let outline = [
        (0.0, 0.3),
        (0.0, WAIST),
        (2.85, 1.02),
        (3.5, 0.95),
        (3.98, 0.84),
        (4.13, 0.6),
        (4.1, 0.28),
        (3.9, 0.24),
        (0.06, 0.24),
    ];
    stage.polygon(&face, &outline, body.brighter(14).fading(-54));
    stage.polygon(&face, &[(0.0, 0.82), (3.95, 0.8), (3.95, 0.77), (0.0, 0.78)], Ink::Veil(22));
    stage.rectangle(&face, (0.0, 0.24), (4.05, 0.33), PLASTIC);
    stage.line(&face, &[(1.5, 0.98), (1.44, 0.36), (2.55, 0.36), (2.72, 0.98)], 0.009, SEAM);
    stage.rectangle(&face, (1.6, 0.83), (1.8, 0.86), body.brighter(-50));
    for axle in AXLES {
        stage.disc(&face, (axle, 0.33), 0.37, SEAM);
    }
}

fn side_windows(stage: &mut Stage, body: Ink) {
    let face = Face { origin: (LEFT, WAIST, REAR), right: (0.0, 0.0, 1.0), up: (TAPER, 1.0, 0.0) };
    let pillars = [(0.0, 0.0), (0.46, 0.44), (0.75, 0.46), (1.95, 0.46), (2.1, 0.43), (2.9, 0.0)];
    stage.polygon(&face, &pillars, body.brighter(10).fading(-10));
    stage.polygon(&face, &[(0.5, 0.04), (0.76, 0.38), (1.42, 0.4), (1.44, 0.04)], GLASS.fading(-16));
    stage.polygon(&face, &[(1.52, 0.04), (1.5, 0.4), (1.98, 0.39), (2.62, 0.04)], GLASS.fading(-16));
    stage.polygon(&face, &[(1.6, 0.04), (1.66, 0.4), (1.8, 0.4), (1.9, 0.04)], Ink::Veil(20));
    let roof = Face::level(WAIST + 0.455).moved((LEFT, REAR));
    stage.rectangle(&roof, (0.17, 0.44), (WIDTH - 0.17, 2.0), body.brighter(34));
    let mirrors = Face::upright(corner(WAIST, 2.45));
    for (inner, outer) in [(0.02, -0.17), (WIDTH - 0.02, WIDTH + 0.17)] {
        stage.polygon(&mirrors, &[(inner, 0.03), (outer, 0.01), (outer, 0.11), (inner, 0.1)], body.brighter(-16));
    }
}

/// A window narrowed towards its top, on a face that starts at the waist.
fn slanted(stage: &mut Stage, face: &Face, high: f32, body: Ink) {
    let lean = |v: f32, margin: f32| TAPER * 0.46 * v / high + margin;
    let outline = |low: f32, top: f32, margin: f32| -> [Flat; 4] {
        [
            (lean(low, margin), low),
            (WIDTH - lean(low, margin), low),
            (WIDTH - lean(top, margin), top),
            (lean(top, margin), top),
        ]
    };
    stage.polygon(face, &outline(0.0, high, -0.015), body.brighter(16).fading(-6));
    stage.polygon(face, &outline(0.05, high - 0.07, 0.08), GLASS.brighter(14).fading(-16));
}

/// The corner of the roof or of a slanted window in space.
fn corner(height: f32, from_rear: f32) -> Space {
    (LEFT, height, REAR + from_rear)
}

fn rear(stage: &mut Stage, body: Ink, text: &str) {
    let glass = Face { origin: corner(WAIST, 0.0), right: (1.0, 0.0, 0.0), up: (0.0, 0.69, 0.72) };
    slanted(stage, &glass, 0.66, body);
    stage.line(&glass, &[(0.85, 0.06), (1.2, 0.2)], 0.025, SEAM);
    let face = Face::upright(corner(0.0, 0.0));
    stage.rectangle(&face, (0.0, 0.5), (WIDTH, WAIST), body.brighter(8).fading(-26));
    stage.rectangle(&face, (0.0, 0.93), (WIDTH, 0.96), Ink::Veil(12));
    stage.rectangle(&face, (0.0, 0.3), (WIDTH, 0.5), body.brighter(-26).fading(-20));
    stage.rectangle(&face, (0.0, 0.24), (WIDTH, 0.35), PLASTIC);
    stage.bar(&face, (0.05, 0.5), (1.7, 0.5), 0.012, SEAM);
    stage.line(&face, &[(0.36, 0.52), (0.36, 0.97), (1.39, 0.97), (1.39, 0.52)], 0.008, SEAM);
    for inward in [1.0, -1.0] {
        tail_lamp(stage, &face, inward);
    }
    stage.disc(&face, (WIDTH / 2.0, 0.88), 0.045, SILVER.brighter(-40));
    stage.disc(&face, (WIDTH / 2.0, 0.88), 0.037, SILVER);
    let recess = ((WIDTH - plate::WIDTH) / 2.0, 0.66);
    stage.rectangle(&face, (recess.0 - 0.06, 0.63), (recess.0 + plate::WIDTH + 0.06, 0.81), body.brighter(-24));
    stage.rectangle(&face, (recess.0 - 0.02, 0.8), (recess.0 + plate::WIDTH + 0.02, 0.82), PLASTIC);
    plate::draw(stage, &face.moved(recess), text);
}

fn tail_lamp(stage: &mut Stage, face: &Face, inward: f32) {
    let edge = if inward > 0.0 { 0.02 } else { WIDTH - 0.02 };
    let at = |u: f32, v: f32| (edge + u * inward, v);
    stage.polygon(face, &[at(0.0, 0.66), at(0.01, 0.93), at(0.3, 0.9), at(0.33, 0.72)], LAMP.fading(-16));
    stage.polygon(face, &[at(0.16, 0.74), at(0.16, 0.82), at(0.3, 0.81), at(0.31, 0.74)], LENS);
    stage.polygon(face, &[at(0.02, 0.88), at(0.02, 0.91), at(0.28, 0.885), at(0.28, 0.865)], Ink::Veil(36));
    stage.rectangle(face, at(0.06, 0.4), at(0.22, 0.44), LAMP);
}

fn front(stage: &mut Stage, body: Ink, text: &str) {
    let glass = windscreen();
    slanted(stage, &glass, 0.957, body);
    cabin(stage, &glass);
    let bonnet = Face { origin: (LEFT + WIDTH, 0.84, REAR + 4.0), right: (-1.0, 0.0, 0.0), up: (0.0, 0.18, -1.15) };
    stage.polygon(&bonnet, &[(0.0, 0.0), (WIDTH, 0.0), (WIDTH, 1.0), (0.0, 1.0)], body.brighter(26).fading(-20));
    stage.polygon(&bonnet, &[(0.3, 0.0), (0.36, 0.0), (0.5, 1.0), (0.4, 1.0)], Ink::Veil(16));
    stage.polygon(&bonnet, &[(1.39, 0.0), (1.45, 0.0), (1.35, 1.0), (1.25, 1.0)], Ink::Veil(-14));
    stage.rectangle(&bonnet, (0.06, 0.97), (WIDTH - 0.06, 1.03), PLASTIC);
    for (from, to) in [((0.5, 0.03), (1.05, 0.1)), ((1.05, 0.03), (1.58, 0.12))] {
        stage.line(&glass, &[from, to], 0.018, SEAM);
    }
    let face = Face { origin: (LEFT + WIDTH, 0.0, REAR + 4.12), right: (-1.0, 0.0, 0.0), up: (0.0, 1.0, 0.0) };
    stage.rectangle(&face, (0.0, 0.3), (WIDTH, 0.84), body.fading(-30));
    stage.rectangle(&face, (0.45, 0.62), (1.3, 0.76), PLASTIC);
    for left in [0.06, WIDTH - 0.42] {
        stage.rectangle(&face, (left, 0.62), (left + 0.36, 0.78), LENS);
    }
    plate::draw(stage, &face.moved(((WIDTH - plate::WIDTH) / 2.0, 0.42)), text);
}

/// What shows through the windscreen: empty seats, the wheel, the mirror, and the sky on the glass.
fn cabin(stage: &mut Stage, glass: &Face) {
    for middle in [0.5, 1.25] {
        let seat = [(middle - 0.25, 0.1), (middle - 0.22, 0.52), (middle + 0.22, 0.52), (middle + 0.25, 0.1)];
        stage.polygon(glass, &seat, PLASTIC.brighter(-8));
        stage.rectangle(glass, (middle - 0.12, 0.55), (middle + 0.12, 0.72), PLASTIC);
    }
    stage.rectangle(glass, (0.1, 0.05), (WIDTH - 0.1, 0.16), SEAM.brighter(10));
    for (radius, ink) in [(0.19, SEAM), (0.165, GLASS.brighter(6)), (0.05, SEAM)] {
        stage.disc(glass, (1.25, 0.22), radius, ink);
    }
    stage.bar(glass, (1.07, 0.22), (1.43, 0.22), 0.03, SEAM);
    stage.rectangle(glass, (0.78, 0.76), (0.98, 0.84), SEAM);
    stage.polygon(glass, &[(0.2, 0.05), (0.5, 0.05), (0.85, 0.88), (0.6, 0.88)], Ink::Veil(20));
    stage.polygon(glass, &[(0.6, 0.05), (0.7, 0.05), (1.02, 0.88), (0.94, 0.88)], Ink::Veil(14));
}
