//! Previews and thumbnails by libjpeg-turbo, reduced while decoding.
//!
//! ```text
//! streife-peer-turbojpeg PHOTO   one derivation for each line on standard input; prints "wall cpu width height"
//! ```

use std::error::Error;
use std::io::BufRead;
use std::time::{Duration, Instant};

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, ResizeOptions, Resizer};
use rustix::time::{ClockId, clock_gettime};
use turbojpeg::{Compressor, Decompressor, PixelFormat, ScalingFactor, Subsamp};

type Outcome<T> = Result<T, Box<dyn Error>>;

const QUALITY: i32 = 80;

/// RGB, rows from above.
struct Pixels {
    width: usize,
    height: usize,
    bytes: Vec<u8>,
}

fn main() -> Outcome<()> {
    let photo = std::fs::read(std::env::args_os().nth(1).ok_or("see the head of main.rs")?)?;
    for line in std::io::stdin().lock().lines() {
        line?;
        let (cpu, start) = (cpu_time()?, Instant::now());
        let (width, height) = derive(&photo)?;
        let (wall, cpu) = (start.elapsed(), cpu_time()? - cpu);
        println!("{} {} {width} {height}", wall.as_secs_f64() * 1e3, cpu.as_secs_f64() * 1e3);
    }
    Ok(())
}

fn derive(photo: &[u8]) -> Outcome<(usize, usize)> {
    let preview = decode(photo, 1_600)?.resized(1_600)?;
    let thumbnail = preview.resized(320)?;
    for picture in [&preview, &thumbnail] {
        std::hint::black_box(picture.encoded()?);
    }
    Ok((preview.width, preview.height))
}

fn decode(photo: &[u8], long: usize) -> Outcome<Pixels> {
    let mut decoder = Decompressor::new()?;
    let header = decoder.read_header(photo)?;
    let eighths = [1, 2, 4, 8].into_iter().find(|eighths| header.width.max(header.height) * eighths >= long * 8);
    let scaling = ScalingFactor::new(eighths.unwrap_or(8), 8);
    decoder.set_scaling_factor(scaling)?;
    let (width, height) = (scaling.scale(header.width), scaling.scale(header.height));
    let mut pixels = Pixels { width, height, bytes: vec![0; width * height * 3] };
    let (pitch, format) = (width * 3, PixelFormat::RGB);
    let image = turbojpeg::Image { pixels: pixels.bytes.as_mut_slice(), width, pitch, height, format };
    decoder.decompress(photo, image)?;
    Ok(pixels)
}

impl Pixels {
    fn resized(&self, long: usize) -> Outcome<Self> {
        let side = self.width.max(self.height);
        let scaled = |length: usize| (length * long * 2 + side) / (side * 2);
        let (width, height) = (scaled(self.width), scaled(self.height));
        let side = |length: usize| u32::try_from(length);
        let source = ImageRef::new(side(self.width)?, side(self.height)?, &self.bytes, PixelType::U8x3)?;
        let mut target = Image::new(side(width)?, side(height)?, PixelType::U8x3);
        Resizer::new().resize(&source, &mut target, &ResizeOptions::new())?;
        Ok(Self { width, height, bytes: target.into_vec() })
    }

    fn encoded(&self) -> Outcome<Vec<u8>> {
        let mut encoder = Compressor::new()?;
        encoder.set_quality(QUALITY)?;
        encoder.set_subsamp(Subsamp::Sub2x2)?;
        let (width, height, pitch) = (self.width, self.height, self.width * 3);
        let image = turbojpeg::Image { pixels: self.bytes.as_slice(), width, pitch, height, format: PixelFormat::RGB };
        Ok(encoder.compress_to_vec(image)?)
    }
}

fn cpu_time() -> Outcome<Duration> {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Ok(Duration::new(u64::try_from(time.tv_sec)?, u32::try_from(time.tv_nsec)?))
}
