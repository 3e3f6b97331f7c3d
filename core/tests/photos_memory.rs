//! What preview, thumbnail and masked copy take of memory, for a photo of 12 megapixels and one of 48. A process of its
//! own, because the high-water mark is the process's.
#![cfg(target_os = "linux")]

use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType, SamplingFactor};
use streife_core::domain::Region;
use streife_core::evidence::{JpegScan, Wanted, derive};

/// Resident high-water mark in KiB.
fn high_water() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the process's status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a high-water mark");
    line.trim().trim_end_matches("kB").trim().parse().expect("a number")
}

fn reset_high_water() {
    std::fs::write("/proc/self/clear_refs", "5").expect("resets the mark");
}

/// Texture row by row, so that drawing takes no memory.
struct Texture(u16, u16);

impl ImageBuffer for Texture {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.0
    }

    fn height(&self) -> u16 {
        self.1
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let y = u32::from(y);
        for x in 0..u32::from(self.0) {
            let noise = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(2_246_822_519) >> 27;
            for (buffer, value) in buffers.iter_mut().zip([x / 20 + noise * 3, 100 + y / 60, 130 + noise / 4]) {
                buffer.push((value & 255) as u8);
            }
        }
    }
}

fn photo(width: u16, height: u16) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 90);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode_image(Texture(width, height)).expect("a vector takes every byte");
    file
}

#[test]
fn one_photo_of_12_megapixels_takes_60_mib_and_one_of_48_takes_120() {
    let regions = [Region { left: 100, top: 100, width: 400, height: 100 }];
    let small = Wanted { preview: true, thumbnail: true, masked: None };
    let all = Wanted { masked: Some(&regions), ..small };
    for (width, height, wanted, limit) in
        [(4_000, 3_000, &small, 60), (4_000, 3_000, &all, 60), (8_000, 6_000, &small, 120), (8_000, 6_000, &all, 120)]
    {
        let file = photo(width, height);
        assert!(file.len() > 2_000_000, "as heavy as a camera's: {} bytes", file.len());
        reset_high_water();
        let made = derive(&file, 6, wanted).expect("derives");
        let mark = high_water();
        assert_eq!(JpegScan::of(&made.preview.expect("wanted")).frame.height, 1_600);
        println!("{width} x {height}, {} bytes, masked: {}: {mark} KiB", file.len(), made.masked.is_some());
        assert!(mark <= limit * 1_024, "{width} x {height}: {mark} KiB");
    }
    // Positive control: a picture held whole shows in the mark.
    reset_high_water();
    let whole = vec![1_u8; 8_000 * 6_000 * 3];
    assert!(high_water() > 120 * 1_024, "{} bytes held", whole.len());
}
