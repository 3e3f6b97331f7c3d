//! The floor: what one case with photos costs if nobody kept a journal, a record, a signature or a recipient.
//!
//! Plain read, SHA-256, XChaCha20-Poly1305, write with early write-back, fsync, rename, fsync of the folder, commit:
//! the same durability, photo by photo, from the same crates and nothing of this library. A ratio to it says what the
//! product adds; the milliseconds themselves belong to one machine.
//!
//! The shortest case makes five commits: a draft, three photos, the case. An officer who also enters vehicle, offence,
//! place and observation is acknowledged four times more, and [`Floor::capture_with_edits`] commits as often.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rusqlite::Connection;
use sha2::{Digest, Sha256};

const CHUNK: usize = 65_536;
const PIECE: usize = 1 << 20;

pub struct Floor {
    folder: PathBuf,
    database: Connection,
    photos: u64,
}

impl Floor {
    pub fn new(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).expect("folder");
        let database = Connection::open(folder.join("floor.db")).expect("opens");
        database
            .execute_batch(
                "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
                 CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, value BLOB NOT NULL);",
            )
            .expect("prepares");
        Self { folder: folder.to_owned(), database, photos: 0 }
    }

    /// A draft, photos each durable on its own, and the case.
    pub fn capture(&mut self, photos: &[PathBuf]) {
        self.capture_with(photos, 0);
    }

    /// The same with an acknowledged edit of the draft for each of vehicle, offence, place and observation.
    pub fn capture_with_edits(&mut self, photos: &[PathBuf]) {
        self.capture_with(photos, 4);
    }

    fn capture_with(&mut self, photos: &[PathBuf], edits: usize) {
        self.commit(&[0; 512]);
        photos.iter().for_each(|photo| self.photo(photo));
        (0..edits).for_each(|_| self.commit(&[0; 512]));
        self.commit(&[1; 4_096]);
    }

    /// One photo, durable.
    pub fn photo(&mut self, photo: &Path) {
        self.photos += 1;
        let hash = self.seal(photo, &self.photos.to_string());
        self.commit(&hash);
    }

    fn seal(&self, photo: &Path, name: &str) -> Vec<u8> {
        let cipher = XChaCha20Poly1305::new(&[7; 32].into());
        let part = self.folder.join(format!("{name}.part"));
        let (mut source, mut out) = (File::open(photo).expect("opens"), File::create(&part).expect("creates"));
        let (mut hash, mut piece, mut written) = (Sha256::new(), Vec::with_capacity(PIECE + CHUNK), 0);
        for counter in 0_u64.. {
            let mut chunk = Vec::with_capacity(CHUNK + 16);
            (&mut source).take(CHUNK as u64).read_to_end(&mut chunk).expect("reads");
            if chunk.is_empty() {
                break;
            }
            hash.update(&chunk);
            let mut nonce = XNonce::default();
            nonce.iter_mut().skip(16).zip(counter.to_be_bytes()).for_each(|(to, from)| *to = from);
            cipher.encrypt_in_place(&nonce, b"", &mut chunk).expect("seals");
            piece.append(&mut chunk);
            if piece.len() >= PIECE {
                written = flush(&mut out, &mut piece, written);
            }
        }
        flush(&mut out, &mut piece, written);
        out.sync_all().expect("syncs");
        std::fs::rename(&part, self.folder.join(format!("{name}.sealed"))).expect("renames");
        sync_folder(&self.folder);
        hash.finalize().to_vec()
    }

    fn commit(&self, value: &[u8]) {
        self.database.execute("INSERT INTO rows (value) VALUES (?1)", [value]).expect("commits");
        sync_folder(&self.folder);
    }
}

fn flush(out: &mut File, piece: &mut Vec<u8>, written: u64) -> u64 {
    out.write_all(piece).expect("writes");
    let length = piece.len() as u64;
    let _ = rustix::fs::fadvise(&*out, written, NonZeroU64::new(length), rustix::fs::Advice::DontNeed);
    piece.clear();
    written + length
}

fn sync_folder(folder: &Path) {
    File::open(folder).and_then(|folder| folder.sync_all()).expect("syncs");
}
