//! Makes the photos of the test kit: a JPEG as a phone would write it, drawn from a seed.
//!
//! # What for
//!
//! The core is measured on photos of real size (12 megapixels, 3 to 5 MB): hashing, sealing, previews, transfer. Real
//! photos show real people and plates, can't be published and can't be varied. So the kit draws them: a car in an old
//! street with a plate, a sign, a wheel with its valve, all readable, and nobody in the picture.
//!
//! # Contract
//!
//! - The same [`PhotoSpec`] gives the same bytes: on every run, thread and platform. No clock, no platform mathematics,
//!   no thread. The bytes may change with a new version of this module or of the encoder; tests must not pin them.
//!   The encoder's feature `simd` must stay off: it rounds differently, and only on processors with AVX2.
//! - The file is a baseline JPEG with 4:2:0 colour, an EXIF block behind the JFIF header, and no preview inside.
//! - `width` and `height` are those of the stored pixels. If the orientation isn't 1 the picture is stored turned or
//!   mirrored so that a viewer that honours the tag shows it upright; for 5 to 8 that picture is `height` wide.
//! - Texture and noise, not content, make up the size: about 4 MB for 12 megapixels in every scene.
//! - One photo takes three planes of a byte a pixel and the file (41 MB for 12 megapixels), and one plane more for a
//!   moment when it is turned by a quarter. It starts no thread; tests make several side by side.
//!
//! # Why drawn like this
//!
//! A flat picture with noise would be shorter, but previews, masks and plate reading want edges and letters in known
//! places. A bundled photo would weigh megabytes in the repository and be one photo. Three-dimensional faces instead of
//! one drawing a scene: the close-ups of a seed then show the same car as its overview.

mod canvas;
mod car;
mod clock;
mod exif;
mod furniture;
mod glyphs;
mod grain;
mod plate;
mod random;
mod scenes;
mod sensor;
mod stage;
mod street;
#[cfg(test)]
mod tests;
mod tiff;
mod wheel;

use jpeg_encoder::{Encoder, SamplingFactor};

use grain::Noise;
use random::Random;
use sensor::Sensor;

/// Quality of the encoder: the usual step of phone cameras.
const QUALITY: u8 = 90;
/// Widest deflection of the sensor's noise, in steps of brightness.
const NOISE: i16 = 28;
const NOISE_STREAM: u64 = 5;
const VALVE_STREAM: u64 = 6;

/// What a photo shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scene {
    /// The street with the whole car, its plate and the sign.
    Overview,
    /// The number plate, filling half of the width.
    Plate,
    /// The no-stopping sign with its hours.
    Sign,
    /// A wheel with its valve at [`PhotoSpec::valve_hour`].
    Valve,
    /// The parking disc behind the windscreen.
    Detail,
    /// The windscreen from the front, with nobody behind it.
    Driver,
}

impl Scene {
    /// All scenes, in the order in which a record is usually photographed.
    pub const ALL: [Self; 6] = [Self::Overview, Self::Plate, Self::Sign, Self::Valve, Self::Detail, Self::Driver];
}

/// Everything a photo depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct PhotoSpec {
    /// Decides on the houses, the car's paint, the valve, the texture and the noise.
    pub seed: u64,
    /// Width of the stored pixels, 1 to 65535.
    pub width: u32,
    /// Height of the stored pixels, 1 to 65535.
    pub height: u32,
    /// Text of the number plate: letters with Ä, Ö, Ü, digits, `-` and blank. Others become an empty box.
    pub plate: String,
    /// Local time of the exposure, `YYYY:MM:DD HH:MM:SS`. Written as it is, even if unreadable.
    pub taken_local: String,
    /// Offset of the local time from UTC, `+HH:MM` or `-HH:MM`. Written as it is, even if unreadable.
    pub utc_offset: String,
    /// Latitude and longitude in degrees (WGS 84), north and east positive. Without it the photo has no GPS block.
    pub fix: Option<(f64, f64)>,
    /// EXIF orientation 1 to 8. Another value is written as it is and the picture stored upright.
    pub orientation: u8,
    /// What the photo shows.
    pub scene: Scene,
}

impl Default for PhotoSpec {
    /// An overview with 12 megapixels, taken in Rothenburg ob der Tauber on a summer morning.
    fn default() -> Self {
        Self {
            seed: 1,
            width: 4000,
            height: 3000,
            plate: "AN-XY 123".to_owned(),
            taken_local: "2025:07:14 09:41:07".to_owned(),
            utc_offset: "+02:00".to_owned(),
            fix: Some((49.377_12, 10.178_95)),
            orientation: 1,
            scene: Scene::Overview,
        }
    }
}

impl PhotoSpec {
    /// The hour, 1 to 12, to which the valves of the car's left wheels point in the photos of this seed.
    #[must_use]
    pub fn valve_hour(&self) -> usize {
        1 + Random::new(self.seed, VALVE_STREAM).below(12)
    }
}

/// Makes the photo of a spec and returns the JPEG file.
///
/// # Panics
///
/// If `width` or `height` is 0 or more than 65535, which no JPEG can have.
#[must_use]
pub fn make(spec: &PhotoSpec) -> Vec<u8> {
    let size = (side(spec.width), side(spec.height));
    let (width, height) = (usize::from(size.0), usize::from(size.1));
    let upright = if sensor::lies_on_its_side(spec.orientation) { (height, width) } else { (width, height) };
    let picture = scenes::draw(spec, upright.0, upright.1);
    let noise = Noise::new(width, height, NOISE, &mut Random::new(spec.seed, NOISE_STREAM));
    let mut file = Vec::with_capacity(width * height / 2);
    let mut encoder = Encoder::new(&mut file, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.add_exif_metadata(&exif::block(spec)).expect("the EXIF block is shorter than a segment may be");
    encoder.encode_image(Sensor::new(picture, size, spec.orientation, noise)).expect("a vector takes every byte");
    file
}

/// A length that a JPEG can have.
fn side(pixels: u32) -> u16 {
    u16::try_from(pixels).ok().filter(|&side| side > 0).expect("a photo is 1 to 65535 pixels wide and high")
}

/// The whole part of a brightness step.
#[expect(clippy::cast_possible_truncation, reason = "brightness steps are below 256")]
fn whole(value: f32) -> i16 {
    value as i16
}
