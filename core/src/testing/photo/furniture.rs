//! Small things a record shows close up: the no-stopping sign on its post and the parking disc behind the windscreen.

use super::canvas::{Ink, paint};
use super::car;
use super::glyphs::strokes;
use super::stage::{Face, Flat, Space, Stage};

/// Where the post of the sign stands.
pub(super) const POST: Space = (3.9, 0.12, 13.0);
/// Height of the middle of the sign above the ground.
pub(super) const SIGN_HEIGHT: f32 = 2.4;
/// Where the parking disc leans against the windscreen, on the face of the glass.
const DISC: Flat = (0.42, 0.06);

const BLUE: Ink = paint(16, 78, 160, 3);
const RED: Ink = paint(190, 24, 34, 3);
const WHITE: Ink = paint(238, 238, 234, 3);
const BLACK: Ink = paint(28, 28, 30, 2);
const ZINC: Ink = paint(146, 150, 152, 8);

/// A round sign, blue with a red border and cross (no stopping), and the plate with its hours.
pub(super) fn sign(stage: &mut Stage) {
    let face = Face::upright(POST);
    stage.rectangle(&face, (-0.03, 0.0), (0.03, SIGN_HEIGHT + 0.3), ZINC);
    stage.rectangle(&face, (-0.022, 0.0), (-0.006, SIGN_HEIGHT + 0.3), ZINC.brighter(30));
    let face = Face { origin: (POST.0, SIGN_HEIGHT, POST.2 - 0.04), ..face };
    for (radius, ink) in [(0.3, ZINC), (0.296, WHITE), (0.29, RED), (0.232, WHITE), (0.226, BLUE)] {
        stage.disc(&face, (0.0, 0.0), radius, ink);
    }
    for side in [1.0, -1.0] {
        let (from, to) = ((-0.172 * side, -0.172), (0.172 * side, 0.172));
        stage.bar(&face, from, to, 0.058, RED);
    }
    stage.polygon(&face, &[(-0.29, 0.05), (-0.2, 0.2), (0.05, 0.29), (-0.12, 0.0)], Ink::Veil(9));
    stage.rectangle(&face, (-0.215, -0.535), (0.215, -0.345), BLACK);
    stage.rectangle(&face, (-0.207, -0.527), (0.207, -0.353), WHITE);
    letters(stage, &face, (-0.18, -0.489), (0.0065, 0.0082), "7-18 H");
}

/// A parking disc: blue card, white P, and a dial with its hand.
pub(super) fn parking_disc(stage: &mut Stage) {
    let origin = car::windscreen().at(DISC);
    let card = Face { origin, right: (-1.0, 0.0, 0.0), up: (0.0, 0.92, -0.39) };
    stage.polygon(&card, &[(-0.01, -0.01), (0.13, -0.01), (0.12, 0.16), (0.01, 0.165)], Ink::Veil(-12));
    stage.rectangle(&card, (0.0, 0.0), (0.11, 0.15), BLUE);
    stage.rectangle(&card, (0.033, 0.09), (0.077, 0.143), WHITE);
    letters(stage, &card, (0.044, 0.099), (0.0026, 0.003), "P");
    let dial = card.moved((0.055, 0.042));
    stage.disc(&dial, (0.0, 0.0), 0.039, WHITE);
    for mark in 0..60 {
        let (x, y) = stage.direction(mark);
        let inner = if mark % 5 == 0 { 0.03 } else { 0.035 };
        stage.bar(&dial, (x * inner, y * inner), (x * 0.038, y * 0.038), 0.0009, BLACK);
    }
    let hand = stage.random.below(24) * 5 / 2;
    let (x, y) = stage.direction(hand);
    stage.bar(&dial, (0.0, 0.0), (x * 0.03, y * 0.03), 0.004, RED);
    stage.disc(&dial, (0.0, 0.0), 0.006, BLUE);
    glare(stage);
}

/// The sky mirrored in the glass, over everything behind it.
fn glare(stage: &mut Stage) {
    let glass = car::windscreen();
    stage.polygon(&glass, &[(0.3, 0.03), (0.34, 0.03), (0.52, 0.4), (0.44, 0.4)], Ink::Veil(18));
    stage.polygon(&glass, &[(0.5, 0.03), (0.51, 0.03), (0.66, 0.4), (0.63, 0.4)], Ink::Veil(12));
}

/// Writes plain letters from a lower left corner; `column` and `row` are the size of a grid cell.
fn letters(stage: &mut Stage, face: &Face, (left, foot): Flat, (column, row): Flat, text: &str) {
    let mut start = left;
    for character in text.chars() {
        for stroke in strokes(character) {
            let points: Vec<Flat> = stroke.iter().map(|(x, y)| (start + x * column, foot + y * row)).collect();
            stage.line(face, &points, column * 1.7, BLACK);
        }
        start += column * if character == ' ' { 4.0 } else { 11.0 };
    }
}
