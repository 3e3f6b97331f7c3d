//! Small files of the data folder, written so that a power cut leaves the old or the new one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use streife_core::domain::from_hex;

use crate::BoxError;

/// Writes a file that everyone may read.
pub fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    write(file, bytes, 0o644)
}

/// Writes a file that only its owner may read.
pub fn write_secret(file: &Path, text: &str) -> io::Result<()> {
    write(file, text.as_bytes(), 0o600)
}

/// Reads 32 bytes in hexadecimal.
pub fn read_secret(file: &Path) -> Result<[u8; 32], BoxError> {
    let text = fs::read_to_string(file).map_err(|_| BoxError::Damaged("a key file cannot be read"))?;
    from_hex(text.trim()).map_err(|_| BoxError::Damaged("a key file holds no key"))
}

fn write(file: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let fresh = file.with_extension("new");
    remove(&fresh)?; // its mode would stay what it was
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let mut out = options.open(&fresh)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    fs::rename(fresh, file)?;
    file.parent().map_or(Ok(()), sync_folder)
}

/// Makes the names in a folder durable.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Removes a file that may not be there.
pub fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
