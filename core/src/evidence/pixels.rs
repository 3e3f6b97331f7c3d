//! Pixels of a photo: reduced decoding, resizing, turning, encoding.
//!
//! A JPEG is decoded to a half, a quarter or an eighth of its sides where that is still enough: the decoder then leaves out
//! the finer waves of each block, which takes less time and a quarter or less of the memory. Nothing of the file but its
//! pixels comes out: no EXIF, no XMP, no second picture.

use std::io::ErrorKind;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, ResizeOptions, Resizer};
use jpeg_decoder::{Decoder, PixelFormat};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use rayon::ThreadPoolBuilder;

use super::PhotoError;
use super::segment::Frame;

/// Of the encoder: text stays readable, and a preview has about 200 KB.
const QUALITY: u8 = 80;

/// Threads of a decode. They end with it; a phone keeps its other cores.
const THREADS: usize = 2;

/// A picture in memory, rows from above, grey or RGB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pixels {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bytes a pixel: 1 or 3.
    pub(super) depth: usize,
    pub(super) bytes: Vec<u8>,
}

/// Eighths of the sides that a decode gives: 1, 2, 4 or 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reduction(u32);

impl Reduction {
    /// The smallest that leaves the long side at least `long` pixels, or all of them.
    pub(super) fn to(frame: &Frame, long: u32) -> Self {
        let side = frame.width.max(frame.height);
        Self([1, 2, 4].into_iter().find(|eighths| side * eighths >= long * 8).unwrap_or(8))
    }

    /// A length of the original in reduced pixels, a begun one counted.
    pub(super) const fn of(self, length: u32) -> u32 {
        (length * self.0).div_ceil(8)
    }
}

/// Decodes a JPEG that was found to be within the limits. The frame is that of the walk; a decoder that sees another one
/// is not believed.
pub(super) fn decode(jpeg: &[u8], frame: &Frame, reduction: Reduction) -> Result<Pixels, PhotoError> {
    let undecodable = |_| PhotoError::Undecodable;
    let mut decoder = Decoder::new(jpeg);
    decoder.read_info().map_err(undecodable)?;
    let info = decoder.info().ok_or(PhotoError::Undecodable)?;
    let depth = match info.pixel_format {
        PixelFormat::L8 => 1,
        PixelFormat::RGB24 => 3,
        PixelFormat::L16 | PixelFormat::CMYK32 => return Err(PhotoError::Undecodable),
    };
    if (u32::from(info.width), u32::from(info.height)) != (frame.width, frame.height) {
        return Err(PhotoError::Undecodable);
    }
    let (width, height) = (reduction.of(frame.width), reduction.of(frame.height));
    let length = width as usize * height as usize * depth;
    decoder.set_max_decoding_buffer_size(length);
    let side = |length| u16::try_from(length).map_err(|_| PhotoError::BeyondLimits);
    decoder.scale(side(width)?, side(height)?).map_err(undecodable)?;
    let threads = ThreadPoolBuilder::new().num_threads(THREADS).build();
    let threads = threads.map_err(|_| PhotoError::Unreadable(ErrorKind::OutOfMemory))?; // says nothing about the photo
    let bytes = threads.install(|| decoder.decode()).map_err(undecodable)?;
    if bytes.len() == length { Ok(Pixels { width, height, depth, bytes }) } else { Err(PhotoError::Undecodable) }
}

impl Pixels {
    /// The picture with at most so many pixels on its long side; never larger than it is.
    pub(super) fn resized(&self, long: u32) -> Result<Self, PhotoError> {
        let side = self.width.max(self.height);
        if side <= long {
            return Ok(self.clone());
        }
        let scaled = |length: u32| {
            let pixels = (u64::from(length) * u64::from(long) * 2 + u64::from(side)) / (u64::from(side) * 2);
            u32::try_from(pixels).unwrap_or(long).max(1)
        };
        let (width, height) = (scaled(self.width), scaled(self.height));
        let kind = if self.depth == 1 { PixelType::U8 } else { PixelType::U8x3 };
        let source = ImageRef::new(self.width, self.height, &self.bytes, kind).map_err(|_| PhotoError::Undecodable)?;
        let mut target = Image::new(width, height, kind);
        let resized = Resizer::new().resize(&source, &mut target, &ResizeOptions::new());
        resized.map_err(|_| PhotoError::Undecodable)?;
        Ok(Self { width, height, depth: self.depth, bytes: target.into_vec() })
    }

    /// The picture as it is to be seen, by the EXIF orientation.
    pub(super) fn upright(self, orientation: u8) -> Self {
        let turn = Turn { orientation, width: self.width, height: self.height };
        if orientation == 1 || !(1..=8).contains(&orientation) {
            return self;
        }
        let (width, height) = turn.upright_size();
        let mut bytes = Vec::with_capacity(self.bytes.len());
        for y in 0..height {
            for x in 0..width {
                let (x, y) = turn.stored(x, y);
                let at = (y as usize * self.width as usize + x as usize) * self.depth;
                bytes.extend_from_slice(self.bytes.get(at..at + self.depth).unwrap_or_default());
            }
        }
        Self { width, height, depth: self.depth, bytes }
    }

    /// A baseline JPEG with a JFIF header and nothing else beside the picture.
    pub(super) fn encoded(&self) -> Result<Vec<u8>, PhotoError> {
        let mut out = Vec::with_capacity(self.bytes.len() / 12);
        let mut encoder = Encoder::new(&mut out, QUALITY);
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        let side = |length| u16::try_from(length).map_err(|_| PhotoError::Undecodable);
        let kind = if self.depth == 1 { ColorType::Luma } else { ColorType::Rgb };
        let written = encoder.encode(&self.bytes, side(self.width)?, side(self.height)?, kind);
        written.map_err(|_| PhotoError::Undecodable)?;
        Ok(out)
    }
}

/// How an orientation turns a picture of a stored size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) orientation: u8,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Turn {
    /// Width and height as seen.
    pub(super) const fn upright_size(&self) -> (u32, u32) {
        if self.orientation >= 5 { (self.height, self.width) } else { (self.width, self.height) }
    }

    /// Where a pixel lies in the file that is seen at this place. The place must lie within the upright size.
    pub(super) const fn stored(&self, x: u32, y: u32) -> (u32, u32) {
        let (right, bottom) = (self.width.saturating_sub(1), self.height.saturating_sub(1));
        match self.orientation {
            2 => (right.saturating_sub(x), y),
            3 => (right.saturating_sub(x), bottom.saturating_sub(y)),
            4 => (x, bottom.saturating_sub(y)),
            5 => (y, x),
            6 => (y, bottom.saturating_sub(x)),
            7 => (right.saturating_sub(y), bottom.saturating_sub(x)),
            8 => (right.saturating_sub(y), x),
            _ => (x, y),
        }
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "texture")]
mod tests {
    use image::metadata::Orientation;
    use image::{DynamicImage, RgbImage};

    use super::*;

    fn picture(width: u32, height: u32) -> Pixels {
        let bytes =
            (0..height).flat_map(|y| (0..width).flat_map(move |x| [(x * 20) as u8, (y * 20) as u8, (x + y) as u8]));
        Pixels { width, height, depth: 3, bytes: bytes.collect() }
    }

    fn frame(width: u32, height: u32) -> Frame {
        Frame { code: 0xc0, precision: 8, width, height, components: 3, across: 2, down: 2 }
    }

    #[test]
    fn every_orientation_turns_as_another_library_does() {
        let stored = picture(5, 3);
        for orientation in 1..=8 {
            let mut expected = DynamicImage::from(RgbImage::from_raw(5, 3, stored.bytes.clone()).expect("fits"));
            expected.apply_orientation(Orientation::from_exif(orientation).expect("1 to 8"));
            let turned = stored.clone().upright(orientation);
            assert_eq!((turned.width, turned.height), (expected.width(), expected.height()), "{orientation}");
            assert_eq!(turned.bytes, expected.into_rgb8().into_raw(), "{orientation}");
        }
        assert_eq!(stored.clone().upright(0), stored, "what is no orientation turns nothing");
    }

    #[test]
    fn a_decode_is_reduced_as_far_as_the_long_side_allows() {
        for (width, long, expected) in
            [(4_000, 1_600, 4), (3_200, 1_600, 4), (3_199, 1_600, 8), (8_000, 1_600, 2), (4_000, 320, 1), (300, 320, 8)]
        {
            assert_eq!(Reduction::to(&frame(width, 10), long).0, expected, "{width} to {long}");
        }
    }

    #[test]
    fn sizes_are_rounded_and_never_zero() {
        let size = |width, height, long| {
            let small = picture(width, height).resized(long).expect("resizes");
            assert_eq!(small.bytes.len(), small.width as usize * small.height as usize * 3);
            (small.width, small.height)
        };
        assert_eq!(size(40, 30, 16), (16, 12));
        assert_eq!(size(30, 40, 16), (12, 16));
        assert_eq!(size(400, 1, 16), (16, 1));
        assert_eq!(size(10, 10, 16), (10, 10));
    }

    /// A reduced decode and a small difference to a full one that another library makes smaller.
    #[test]
    fn a_reduced_decode_shows_what_a_full_one_shows() {
        let slope = |x: u32, y: u32| [(x / 3) as u8, (y / 2) as u8, ((x + y) / 5) as u8];
        let bytes = (0..480_u32).flat_map(|y| (0..640_u32).flat_map(move |x| slope(x, y))).collect();
        let blurred = Pixels { width: 640, height: 480, depth: 3, bytes };
        let file = blurred.encoded().expect("encodes");
        let frame = frame(blurred.width, blurred.height);
        let half = decode(&file, &frame, Reduction(4)).expect("decodes");
        let full = decode(&file, &frame, Reduction(8)).expect("decodes");
        let expected = full.resized(half.width).expect("resizes");
        assert_eq!((half.width, half.height), (expected.width, expected.height));
        let error: u64 =
            half.bytes.iter().zip(&expected.bytes).map(|(one, other)| u64::from(one.abs_diff(*other))).sum();
        assert!(error / (half.bytes.len() as u64) < 2, "mean error {}", error as f64 / half.bytes.len() as f64);
    }

    #[test]
    fn a_frame_that_the_decoder_sees_otherwise_is_not_believed() {
        let file = picture(64, 48).encoded().expect("encodes");
        assert!(decode(&file, &frame(64, 48), Reduction(8)).is_ok());
        assert!(matches!(decode(&file, &frame(48, 64), Reduction(8)), Err(PhotoError::Undecodable)));
    }
}
