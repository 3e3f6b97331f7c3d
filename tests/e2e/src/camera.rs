//! Photos as large as a test wants them.

use std::path::{Path, PathBuf};

use streife_core::testing::photo;

/// A photo of at least so many bytes: a picture with a motion photo's film behind it, of noise that nothing could make
/// smaller. `seed` makes it another file.
///
/// # Panics
/// If the folder cannot be written.
#[must_use]
pub fn photo(folder: &Path, seed: u64, bytes: usize) -> PathBuf {
    let mut photo = photo::make(&photo::PhotoSpec { width: 1_280, height: 960, ..Default::default() });
    let mut state = seed;
    while photo.len() < bytes {
        photo.extend_from_slice(&noise(&mut state).to_be_bytes());
    }
    let file = folder.join("camera.jpg");
    std::fs::write(&file, photo).expect("writes");
    file
}

/// SplitMix64.
const fn noise(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
