//! What this machine can do at best: signatures verified by one processor, small writes made durable, and whole files.

use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;

use streife_core::ports::{OsEntropy, Signer};
use streife_core::seal::{SoftwareKey, jose};

use crate::figures::Run;

/// Microseconds that one processor takes to verify one proof, its JSON included.
pub fn verification_us() -> f64 {
    const COUNT: u32 = 4_000;
    let key = SoftwareKey::generate(&OsEntropy).expect("a key");
    let claims = jose::ProofClaims {
        jti: "0".repeat(64),
        htm: "PUT".to_owned(),
        htu: "https://localhost:8443/v1/cases/00000000000000000000000000000000".to_owned(),
        iat: 0,
        ath: Some("0".repeat(43)),
        nonce: Some("0".repeat(32)),
    };
    let proof = jose::sign_proof(&claims, &key).expect("signs");
    let run = Run::begin();
    (0..COUNT).for_each(|_| drop(black_box(jose::verify_proof(&proof).expect("verifies"))));
    run.elapsed().as_secs_f64() * 1e6 / f64::from(COUNT)
}

/// Microseconds that one processor takes to sign one receipt's worth of bytes.
pub fn signature_us() -> f64 {
    const COUNT: u32 = 2_000;
    let key = SoftwareKey::generate(&OsEntropy).expect("a key");
    let run = Run::begin();
    (0..COUNT).for_each(|_| drop(black_box(key.sign(&[7; 400]).expect("signs"))));
    run.elapsed().as_secs_f64() * 1e6 / f64::from(COUNT)
}

/// Appends of 4 KiB a second, each durable before the next begins.
pub fn syncs_per_s(folder: &Path) -> f64 {
    const COUNT: u32 = 400;
    let mut file = File::create(folder.join("syncs")).expect("creates");
    let run = Run::begin();
    for _ in 0..COUNT {
        file.write_all(&[7; 4096]).expect("writes");
        file.sync_data().expect("syncs");
    }
    f64::from(COUNT) / run.elapsed().as_secs_f64()
}

/// MB/s of so many threads that write `files` files of this size between them, each durable under its name before the next
/// begins.
pub fn files(folder: &Path, files: usize, size: usize, threads: usize) -> f64 {
    std::fs::create_dir_all(folder).expect("a folder");
    let bytes: Vec<u8> = (0..size).map(|n| n.to_le_bytes()[0].wrapping_mul(31)).collect();
    let each = files.div_ceil(threads);
    let run = Run::begin();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let bytes = &bytes;
            scope.spawn(move || (0..each).for_each(|n| write(folder, &format!("{thread}-{n}"), bytes)));
        }
    });
    let seconds = run.elapsed().as_secs_f64();
    std::fs::remove_dir_all(folder).expect("removes");
    (threads * each * size) as f64 / 1e6 / seconds
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let part = folder.join(format!("{name}.part"));
    let mut file = File::create(&part).expect("creates");
    file.write_all(bytes).expect("writes");
    file.sync_data().expect("syncs");
    std::fs::rename(part, folder.join(name)).expect("renames");
    File::open(folder).and_then(|folder| folder.sync_all()).expect("syncs");
}
