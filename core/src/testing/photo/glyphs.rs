//! The letters and digits of a number plate as strokes of a round pen.
//!
//! Each glyph lies on a grid of 9 columns (0 to 8) and 13 rows (0 to 12, upwards). A stroke is a row of grid points,
//! each written as column and row in base 36 (so `c` is 12); strokes are separated by spaces; a stroke of one point is
//! a dot. Strokes rather than bitmaps, because the same plate appears 300 and 2500 pixels wide and stays sharp.

/// Rows of the grid above the foot line.
pub(super) const ROWS: f32 = 12.0;
/// Columns of the grid to the right of the first.
pub(super) const COLUMNS: f32 = 8.0;

/// The strokes of a character as grid points. An unknown character becomes an empty box, so a test sees the mistake;
/// a blank has no strokes.
pub(super) fn strokes(character: char) -> Vec<Vec<(f32, f32)>> {
    drawing(character).split_whitespace().map(points).collect()
}

fn points(stroke: &str) -> Vec<(f32, f32)> {
    let digits: Vec<f32> = stroke.chars().filter_map(|part| part.to_digit(36)).map(|digit| digit as f32).collect();
    digits.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))).collect()
}

fn drawing(character: char) -> &'static str {
    match character {
        'A'..='M' => first_letters(character),
        'N'..='Z' => last_letters(character),
        '0'..='9' => digits(character),
        'Ä' => "004980 1373 1c 7c",
        'Ö' => "290702206082876929 2c 6c",
        'Ü' => "090220608289 2c 6c",
        '-' => "1676",
        ' ' => "",
        _ => "000c8c8000",
    }
}

fn first_letters(character: char) -> &'static str {
    match character {
        'A' => "004c80 1474",
        'B' => "000c5c7b785606 5684826000",
        'C' => "8a6c2c0a02206082",
        'D' => "000c5c89835000",
        'E' => "8c0c0080 0666",
        'F' => "8c0c00 0666",
        'G' => "8a6c2c0a022060828656",
        'H' => "000c 808c 0686",
        'I' => "404c",
        'J' => "8c82602002",
        'K' => "000c 8c05 3780",
        'L' => "0c0080",
        _ => "000c458c80",
    }
}

fn last_letters(character: char) -> &'static str {
    match character {
        'N' => "000c808c",
        'O' => "2c0a022060828a6c2c",
        'P' => "000c6c8a876505",
        'Q' => "2c0a022060828a6c2c 5480",
        'R' => "000c6c8a876505 4580",
        'S' => "8a6c2c0a0826668482602002",
        'T' => "0c8c 4c40",
        'U' => "0c022060828c",
        'V' => "0c408c",
        'W' => "0c2048608c",
        'X' => "008c 0c80",
        'Y' => "0c468c 4640",
        _ => "0c8c0080",
    }
}

fn digits(character: char) -> &'static str {
    match character {
        '0' => "3c1a123050727a5c3c",
        '1' => "295c50",
        '2' => "092c6c8a880080",
        '3' => "0c8c47678582602002",
        '4' => "5c0484 6760",
        '5' => "7c1c17678582602002",
        '6' => "6c17040220608284662604",
        '7' => "0c8c30",
        '8' => "2c0a082666888a6c2c 2604022060828466",
        _ => "2075888a6c2c0a08266688",
    }
}
