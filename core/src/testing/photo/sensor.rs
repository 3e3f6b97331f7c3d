//! Reads the finished picture the way the sensor stores it: turned or mirrored by the EXIF orientation, with noise.
//!
//! The pixels of a phone's sensor lie fixed; the tag tells how to turn them upright. So the upright picture is turned
//! the opposite way here. Turning by a quarter needs a transposed copy of each plane; mirroring happens while rows are
//! read.

use jpeg_encoder::{ImageBuffer, JpegColorType};

use super::canvas::Canvas;
use super::grain::{Noise, lift};

/// Side of the squares in which a plane is transposed, so that both copies stay in the cache.
const BLOCK: usize = 64;

/// The picture as the encoder reads it.
pub(super) struct Sensor {
    size: (u16, u16),
    planes: [Vec<u8>; 3],
    bottom_up: bool,
    right_to_left: bool,
    noise: Noise,
}

/// Whether the stored picture of an orientation has rows and columns exchanged.
pub(super) fn lies_on_its_side(orientation: u8) -> bool {
    matches!(orientation, 5..=8)
}

impl Sensor {
    /// Takes a picture over for storing at `size`; the picture has the size as seen upright.
    pub(super) fn new(picture: Canvas, size: (u16, u16), orientation: u8, noise: Noise) -> Self {
        let width = picture.width();
        let planes = [picture.luma, picture.blue, picture.red];
        let turned = lies_on_its_side(orientation);
        Self {
            size,
            planes: if turned { planes.map(|plane| transposed(&plane, width)) } else { planes },
            bottom_up: matches!(orientation, 3 | 4 | 6 | 7),
            right_to_left: matches!(orientation, 2 | 3 | 7 | 8),
            noise,
        }
    }

    fn row<'a>(&self, plane: &'a [u8], y: usize) -> &'a [u8] {
        let (width, height) = (usize::from(self.size.0), usize::from(self.size.1));
        let y = if self.bottom_up { height - 1 - y } else { y };
        plane.get(y * width..(y + 1) * width).unwrap_or_default()
    }
}

impl ImageBuffer for Sensor {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.size.0
    }

    fn height(&self) -> u16 {
        self.size.1
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let y = usize::from(y);
        for (plane, buffer) in self.planes.iter().zip(buffers.iter_mut()) {
            let row = self.row(plane, y);
            let start = buffer.len();
            buffer.extend_from_slice(row);
            if self.right_to_left {
                buffer.get_mut(start..).unwrap_or_default().reverse();
            }
        }
        let [luma, ..] = buffers;
        let start = luma.len() - usize::from(self.size.0);
        let fresh = luma.get_mut(start..).unwrap_or_default();
        for (pixel, &noise) in fresh.iter_mut().zip(self.noise.row(y)) {
            *pixel = lift(*pixel, i16::from(noise));
        }
    }
}

/// Exchanges rows and columns of a plane whose rows are `width` long.
fn transposed(plane: &[u8], width: usize) -> Vec<u8> {
    let height = plane.len() / width.max(1);
    let mut turned = vec![0_u8; plane.len()];
    for (block, columns) in turned.chunks_mut(height * BLOCK).enumerate() {
        for top in (0..height).step_by(BLOCK) {
            for (across, line) in columns.chunks_exact_mut(height).enumerate() {
                let source = plane.get(top * width + block * BLOCK + across..).unwrap_or_default();
                let target = line.iter_mut().skip(top).take(BLOCK);
                target.zip(source.iter().step_by(width)).for_each(|(to, &from)| *to = from);
            }
        }
    }
    turned
}
