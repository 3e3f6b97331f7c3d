//! A number plate of 520 x 110 mm: white with a black rim, the blue band with stars and D, and the text.
//!
//! Not the legal typeface, but upright, evenly wide and easy to read, for eyes and for text recognition.

use super::canvas::{Ink, paint};
use super::glyphs::{COLUMNS, ROWS, strokes};
use super::stage::{Face, Stage};

/// Width in metres.
pub(super) const WIDTH: f32 = 0.52;
/// Height in metres.
pub(super) const HEIGHT: f32 = 0.11;

const WHITE: Ink = paint(236, 236, 230, 2);
const BLACK: Ink = paint(22, 22, 24, 2);
const BLUE: Ink = paint(20, 60, 150, 2);
const YELLOW: Ink = paint(240, 205, 40, 0);

/// Width of the blue band and height of the letters from middle to middle of the pen, in metres.
const BAND: f32 = 0.044;
const LETTER: f32 = 0.066;
const PEN: f32 = 0.0105;
/// A full character with the gap behind it, in columns of the grid.
const STEP: f32 = 11.5;

/// Draws the plate with its lower left corner at (0, 0) of the face.
pub(super) fn draw(stage: &mut Stage, face: &Face, text: &str) {
    stage.rectangle(face, (-0.008, -0.008), (WIDTH + 0.008, HEIGHT + 0.008), paint(40, 40, 42, 4));
    stage.rectangle(face, (0.0, 0.0), (WIDTH, HEIGHT), BLACK);
    stage.rectangle(face, (0.004, 0.004), (WIDTH - 0.004, HEIGHT - 0.004), WHITE);
    stage.rectangle(face, (0.004, 0.004), (BAND, HEIGHT - 0.004), BLUE);
    band(stage, face);
    write(stage, face, &text.to_uppercase());
}

/// Twelve stars in a ring and the letter of the country.
fn band(stage: &mut Stage, face: &Face) {
    for hour in 0..12 {
        let (x, y) = stage.hour(hour);
        stage.disc(face, (0.024 + x * 0.0125, 0.076 + y * 0.0125), 0.0022, YELLOW);
    }
    for stroke in strokes('D') {
        let points: Vec<_> = stroke.iter().map(|(x, y)| (0.017 + x * 0.0017, 0.017 + y * 0.0021)).collect();
        stage.line(face, &points, 0.0045, WHITE);
    }
}

/// Sets the text centred in the free field, narrowed if it would be too long.
fn write(stage: &mut Stage, face: &Face, text: &str) {
    let columns: f32 = text.chars().map(advance).sum::<f32>() - (STEP - COLUMNS);
    let (left, right) = (BAND + 0.021, WIDTH - 0.024);
    let column = ((right - left) / columns.max(1.0)).min(LETTER / ROWS);
    let row = LETTER / ROWS;
    let mut start = f32::midpoint(left, right) - columns * column / 2.0;
    for character in text.chars() {
        for stroke in strokes(character) {
            let points: Vec<_> = stroke.iter().map(|(x, y)| (start + x * column, 0.022 + y * row)).collect();
            stage.line(face, &points, PEN, BLACK);
        }
        start += advance(character) * column;
    }
}

fn advance(character: char) -> f32 {
    if character == ' ' { STEP / 2.0 } else { STEP }
}
