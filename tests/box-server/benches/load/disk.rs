//! The disk's own speed: the same bytes into files, synced and renamed, and nothing else.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::figures::Run;

/// MB/s of so many threads that write `files` files of this size between them, each durable before the next begins.
pub fn floor(folder: &Path, files: usize, size: usize, threads: usize) -> f64 {
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
