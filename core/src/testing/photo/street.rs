//! The old town: sky, two rows of gabled houses, a cobbled road with kerbs, and slabs on the footway.
//!
//! The fronts stand at x = ±9; the road reaches from the left front to the kerb, the footway from there to the right.

use super::canvas::{Ink, paint};
use super::stage::{Face, Flat, Stage};

/// Right edge of the road in metres.
pub(super) const KERB: f32 = 3.5;
/// Distance of the house fronts from the middle of the street.
const FRONT: f32 = 9.0;
/// Height of the kerb.
const STEP: f32 = 0.12;
/// Single stones are drawn up to this distance from the eye; further away they are smaller than the noise.
const STONES: f32 = 36.0;

const PLASTER: [Ink; 8] = [
    paint(222, 202, 160, 10),
    paint(205, 170, 120, 10),
    paint(232, 224, 206, 8),
    paint(196, 140, 112, 10),
    paint(170, 182, 164, 10),
    paint(214, 186, 96, 10),
    paint(186, 196, 206, 9),
    paint(200, 120, 96, 10),
];
const ROOFS: [Ink; 3] = [paint(150, 72, 52, 26), paint(124, 62, 50, 26), paint(92, 84, 84, 22)];
const SHUTTERS: [Ink; 3] = [paint(62, 96, 74, 10), paint(110, 58, 46, 10), paint(70, 86, 110, 10)];
const FRAME: Ink = paint(236, 234, 226, 4);
const GLASS: Ink = paint(52, 64, 76, 6).fading(34);
const TIMBER: Ink = paint(78, 56, 42, 14);
const GRANITE: Ink = paint(168, 166, 160, 22);
const SLAB: Ink = paint(150, 147, 140, 18);
const COBBLE: Ink = paint(136, 134, 132, 24);
const WARM_COBBLE: Ink = paint(142, 130, 118, 24);
const EARTH: Ink = paint(96, 92, 86, 26);

/// Draws everything that stands or lies still.
pub(super) fn draw(stage: &mut Stage) {
    sky(stage);
    ground(stage);
    for side in [-FRONT, FRONT] {
        houses(stage, side);
    }
    footway(stage);
    cobbles(stage);
    kerb(stage);
}

/// A clear sky, paler towards the horizon.
fn sky(stage: &mut Stage) {
    let (width, height) = (stage.canvas.width() as f32, stage.canvas.height() as f32);
    for band in 0..32_u8 {
        let (top, share) = (height * f32::from(band) / 32.0, i16::from(band));
        let blue = paint(118 + band * 3, 158 + band * 2, 212 + band / 2, 2).fading(2);
        let ink = if share < 31 { blue } else { blue.fading(0) };
        stage
            .canvas
            .polygon(&[(0.0, top), (width, top), (width, top + height / 31.0), (0.0, top + height / 31.0)], ink);
    }
}

fn houses(stage: &mut Stage, x: f32) {
    let mut z = -70.0;
    while z < 160.0 {
        let width = stage.random.between(5.2, 7.6);
        house(stage, &Face::along((x, 0.0, z)), width);
        z += width;
    }
}

/// One house front: wall, gable or eaves, storeys of windows, a door.
fn house(stage: &mut Stage, front: &Face, width: f32) {
    let wall = stage.random.pick(&PLASTER).copied().unwrap_or(GRANITE);
    let shutter = stage.random.pick(&SHUTTERS).copied();
    let shutter = if stage.random.one_in(3) { None } else { shutter };
    let storeys = if stage.random.one_in(3) { 3 } else { 2 };
    let eaves = 2.9 + 2.5 * storeys as f32;
    roof(stage, front, (width, eaves), wall);
    stage.rectangle(front, (0.0, 0.0), (width, eaves), wall.fading(-14));
    stage.rectangle(front, (0.0, 0.0), (width, 0.7), GRANITE.brighter(-30));
    if stage.random.one_in(3) {
        timber(stage, front, (width, eaves));
    }
    for storey in 0..storeys {
        let foot = 3.7 + 2.5 * storey as f32;
        windows(stage, front, width, foot, shutter);
    }
    ground_floor(stage, front, width);
    stage.rectangle(front, (0.0, 0.0), (width, 0.12), Ink::Veil(-30));
}

/// A pointed gable, a stepped gable, or a roof whose eaves face the street.
fn roof(stage: &mut Stage, front: &Face, (width, eaves): Flat, wall: Ink) {
    let tiles = stage.random.pick(&ROOFS).copied().unwrap_or(TIMBER);
    let peak = eaves + width * stage.random.between(0.42, 0.6);
    let middle = width / 2.0;
    match stage.random.below(3) {
        0 => {
            let inward = if front.origin.0 > 0.0 { 0.8 } else { -0.8 };
            let slope = Face { origin: front.at((0.0, eaves)), right: front.right, up: (inward, 1.0, 0.0) };
            stage.rectangle(&slope, (-0.15, -0.1), (width + 0.15, 3.2), tiles);
        }
        1 => {
            for step in 0..6 {
                let (inset, top) = (middle * step as f32 / 6.0, eaves + (peak - eaves) * (step + 1) as f32 / 6.0);
                stage.rectangle(front, (inset, eaves - 0.2), (width - inset, top), wall);
                stage.rectangle(front, (inset, top - 0.12), (width - inset, top), GRANITE);
            }
            pane(stage, front, (middle - 0.35, eaves + 0.5), (0.7, 1.0));
        }
        _ => {
            stage.polygon(front, &[(-0.35, eaves - 0.3), (width + 0.35, eaves - 0.3), (middle, peak + 0.3)], tiles);
            stage.polygon(front, &[(0.0, eaves - 0.3), (width, eaves - 0.3), (middle, peak)], wall);
            pane(stage, front, (middle - 0.35, eaves + 0.4), (0.7, 1.0));
        }
    }
}

/// Beams of a half-timbered upper floor.
fn timber(stage: &mut Stage, front: &Face, (width, eaves): Flat) {
    let foot = 3.1;
    for height in [foot, f32::midpoint(foot, eaves), eaves - 0.1] {
        stage.bar(front, (0.0, height), (width, height), 0.2, TIMBER);
    }
    for post in 0..=4 {
        let u = 0.1 + (width - 0.2) * post as f32 / 4.0;
        stage.bar(front, (u, foot), (u, eaves), 0.18, TIMBER);
    }
    let bay = width / 4.0;
    stage.bar(front, (0.1, foot), (bay, eaves), 0.16, TIMBER);
    stage.bar(front, (width - 0.1, foot), (width - bay, eaves), 0.16, TIMBER);
}

fn windows(stage: &mut Stage, front: &Face, width: f32, foot: f32, shutter: Option<Ink>) {
    for column in 0..3 {
        let left = width * (0.5 + column as f32) / 3.0 - 0.45;
        if let Some(ink) = shutter {
            stage.rectangle(front, (left - 0.42, foot), (left - 0.04, foot + 1.4), ink);
            stage.rectangle(front, (left + 0.94, foot), (left + 1.32, foot + 1.4), ink);
        }
        pane(stage, front, (left, foot), (0.9, 1.4));
    }
}

/// A window with frame, cross and sill, lower left corner and size.
fn pane(stage: &mut Stage, front: &Face, (u, v): Flat, (wide, high): Flat) {
    let tone = stage.random.between(-14.0, 20.0);
    let glass = GLASS.brighter(super::whole(tone));
    stage.rectangle(front, (u - 0.08, v - 0.08), (u + wide + 0.08, v + high + 0.08), FRAME);
    let (half, bar) = (wide / 2.0, 0.03);
    for (left, right) in [(u, u + half - bar), (u + half + bar, u + wide)] {
        stage.rectangle(front, (left, v), (right, v + high * 0.62), glass);
        stage.rectangle(front, (left, v + high * 0.67), (right, v + high), glass.brighter(12));
    }
    stage.rectangle(front, (u - 0.16, v - 0.16), (u + wide + 0.16, v - 0.08), GRANITE);
}

/// Shop window or door at street level.
fn ground_floor(stage: &mut Stage, front: &Face, width: f32) {
    let door = stage.random.pick(&SHUTTERS).copied().unwrap_or(TIMBER);
    let left = width * 0.12;
    stage.rectangle(front, (left - 0.15, 0.0), (left + 1.25, 2.45), GRANITE);
    stage.rectangle(front, (left, 0.0), (left + 1.1, 2.3), door);
    stage.rectangle(front, (left + 0.15, 1.5), (left + 0.95, 2.1), GLASS);
    stage.disc(front, (left + 0.95, 1.05), 0.04, paint(190, 160, 80, 0));
    if stage.random.one_in(2) {
        let start = width * 0.42;
        stage.rectangle(front, (start - 0.1, 0.6), (width - 0.5, 2.5), door);
        stage.rectangle(front, (start, 0.75), (width - 0.6, 2.1), GLASS.brighter(10));
        stage.rectangle(front, (start, 2.2), (width - 0.6, 2.45), FRAME);
    } else {
        pane(stage, front, (width * 0.5, 1.0), (0.9, 1.3));
        pane(stage, front, (width * 0.76, 1.0), (0.9, 1.3));
    }
}

/// Earth under everything, from behind the eye to the horizon.
fn ground(stage: &mut Stage) {
    let (level, z) = (Face::level(0.0), stage.eye.place.2);
    stage.rectangle(&level, (-400.0, -400.0), (400.0, 400.0), COBBLE.brighter(-10));
    stage.rectangle(&level, (-FRONT, z - STONES), (KERB, z + STONES), EARTH);
}

/// Slabs of half a metre on the footway to the right.
fn footway(stage: &mut Stage) {
    let level = Face::level(STEP);
    stage.rectangle(&level, (KERB, -70.0), (FRONT, 160.0), SLAB.brighter(-20));
    let mut x = KERB + 0.2;
    while x < FRONT {
        let mut z = stage.eye.place.2 - STONES;
        while z < stage.eye.place.2 + STONES {
            if stage.scale_at((x, STEP, z)).is_some() {
                let tone = super::whole(stage.random.between(-9.0, 9.0));
                stage.rectangle(&level, (x + 0.012, z + 0.012), (x + 0.488, z + 0.738), SLAB.brighter(tone));
            }
            z += 0.75;
        }
        x += 0.5;
    }
}

/// Cobbles of the road, each a little crooked and in its own grey.
fn cobbles(stage: &mut Stage) {
    let level = Face::level(0.0);
    let mut z = stage.eye.place.2 - STONES;
    while z < stage.eye.place.2 + STONES {
        let mut x = -FRONT + stage.random.between(0.0, 0.2);
        while x < KERB - 0.18 {
            let width = stage.random.between(0.14, 0.2);
            if stage.scale_at((x, 0.0, z)).is_some_and(|scale| scale > 60.0) {
                cobble(stage, &level.moved((x, z)), (width, 0.15));
            }
            x += width + 0.012;
        }
        z += 0.162;
    }
}

fn cobble(stage: &mut Stage, corner: &Face, (w, d): Flat) {
    let tone = super::whole(stage.random.between(-22.0, 22.0));
    let warm = stage.random.one_in(5);
    let ink = if warm { WARM_COBBLE } else { COBBLE }.brighter(tone);
    let cut = stage.random.between(0.02, 0.045);
    let outline =
        [(cut, 0.0), (w - cut, 0.0), (w, cut), (w, d - cut), (w - cut, d), (cut, d), (0.0, d - cut), (0.0, cut)];
    stage.polygon(corner, &outline, ink.fading(-10));
}

/// Kerb stones of a metre: the side in shade, the top in light.
fn kerb(stage: &mut Stage) {
    let (side, top) = (Face::along((KERB, 0.0, 0.0)), Face::level(STEP));
    stage.rectangle(&side, (-70.0, 0.0), (160.0, STEP), GRANITE.brighter(-48));
    stage.rectangle(&top, (KERB, -70.0), (KERB + 0.18, 160.0), GRANITE.brighter(10));
    for stone in -20..40 {
        let z = stone as f32;
        stage.bar(&side, (z, 0.0), (z, STEP), 0.015, GRANITE.brighter(-90));
        stage.bar(&top, (KERB, z), (KERB + 0.18, z), 0.015, GRANITE.brighter(-70));
    }
}
