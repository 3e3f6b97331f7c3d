//! A queue of cases in a SQLCipher database, photos as blobs.
//!
//! ```text
//! streife-peer-sqlcipher capture FOLDER PHOTO...   one case for each line on standard input; prints "wall cpu" in ms
//! streife-peer-sqlcipher tamper FOLDER             shows what one flipped bit does to a stored photo
//! ```

use std::error::Error;
use std::fs::OpenOptions;
use std::io::{BufRead, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rustix::time::{ClockId, clock_gettime};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// As large as a photo, and no byte of it is zero.
const PHOTO_BYTES: usize = 4_000_000;
const PAGE_BYTES: u64 = 4_096;

fn main() -> Outcome<()> {
    let mut words = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(mode), Some(folder)) = (words.next(), words.next()) else { return Err("see the head of main.rs".into()) };
    match mode.to_str() {
        Some("capture") => serve(&folder, &words.collect::<Vec<_>>()),
        Some("tamper") => tamper(&folder),
        _ => Err("see the head of main.rs".into()),
    }
}

fn open(folder: &Path) -> Outcome<Connection> {
    let database = Connection::open(folder.join("peer.db"))?;
    database.execute_batch(
        "PRAGMA key = \"x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'\";
         PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
         CREATE TABLE IF NOT EXISTS cases (id INTEGER PRIMARY KEY, draft BLOB NOT NULL, record BLOB);
         CREATE TABLE IF NOT EXISTS photos (id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, photo BLOB NOT NULL);",
    )?;
    Ok(database)
}

fn serve(folder: &Path, photos: &[PathBuf]) -> Outcome<()> {
    let database = open(folder)?;
    for line in std::io::stdin().lock().lines() {
        line?;
        let (cpu, start) = (cpu_time()?, Instant::now());
        capture(&database, photos)?;
        let (wall, cpu) = (start.elapsed(), cpu_time()? - cpu);
        println!("{} {}", wall.as_secs_f64() * 1e3, cpu.as_secs_f64() * 1e3);
    }
    Ok(())
}

/// A draft, photos each durable on its own, and the record: as many commits as the fewest that can do.
fn capture(database: &Connection, photos: &[PathBuf]) -> Outcome<()> {
    database.prepare_cached("INSERT INTO cases (draft) VALUES (?1)")?.execute([[0_u8; 512].as_slice()])?;
    let case = database.last_insert_rowid();
    for photo in photos {
        let bytes = std::fs::read(photo)?;
        database.prepare_cached("INSERT INTO photos (case_id, photo) VALUES (?1, ?2)")?.execute((case, bytes))?;
    }
    database.prepare_cached("UPDATE cases SET record = ?2 WHERE id = ?1")?.execute((case, [1_u8; 4_096].as_slice()))?;
    Ok(())
}

fn cpu_time() -> Outcome<Duration> {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Ok(Duration::new(time.tv_sec.try_into()?, time.tv_nsec.try_into()?))
}

/// Flips one bit in the last page of a stored photo, and in one in its middle, and reads it as an app would.
fn tamper(folder: &Path) -> Outcome<()> {
    let version: String = open(folder)?.query_row("PRAGMA cipher_version", [], |row| row.get(0))?;
    println!("SQLCipher {version}");
    for (place, part) in [("last", 1), ("middle", 2)] {
        println!("one bit in the {place} page of a photo: {}", tampered(&folder.join(place), part)?);
    }
    Ok(())
}

/// A new database has one photo, whose pages follow each other to the end of the file.
fn tampered(folder: &Path, part: u64) -> Outcome<String> {
    std::fs::create_dir(folder)?;
    let photo = vec![0x5a_u8; PHOTO_BYTES];
    open(folder)?.execute("INSERT INTO photos (case_id, photo) VALUES (1, ?1)", [&photo])?;
    flip(&folder.join("peer.db"), part)?;
    let database = open(folder)?;
    let read = database.query_row("SELECT photo FROM photos", [], |row| row.get::<_, Vec<u8>>(0));
    let told = match read {
        Ok(read) => {
            let zeros = read.iter().filter(|byte| **byte == 0).count();
            let changed = read.iter().zip(&photo).filter(|(is, was)| is != was).count();
            format!("no error; {} bytes were read, {changed} of them changed, {zeros} of them zero", read.len())
        }
        Err(error) => format!("an error: {error}"),
    };
    let count = database.query_row("SELECT COUNT(*) FROM photos", [], |row| row.get::<_, i64>(0));
    let next = count.map_or_else(|error| format!("fails: {error}"), |count| format!("counts {count}"));
    let check = database.prepare("PRAGMA cipher_integrity_check")?.query_map([], |_| Ok(()))?.count();
    Ok(format!("{told}; the next query {next}; cipher_integrity_check, if asked, finds {check}"))
}

fn flip(file: &Path, part: u64) -> Outcome<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(file)?;
    let pages = file.metadata()?.len() / PAGE_BYTES;
    let page = if part == 1 { pages - 1 } else { pages / part };
    let at = SeekFrom::Start(page * PAGE_BYTES + 100);
    let mut byte = [0];
    file.seek(at)?;
    file.read_exact(&mut byte)?;
    file.seek(at)?;
    file.write_all(&byte.map(|byte| byte ^ 1))?;
    Ok(())
}
