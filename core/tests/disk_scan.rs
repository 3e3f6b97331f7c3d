//! No disk and no log shows what an officer has recorded (FORMATS 16): a phone lives its whole life in a process of its
//! own, with a canary in every field, is stopped wherever the core asks a port, killed twice, and at each stop every byte
//! it has left is searched, in every spelling that a program is likely to write.
//!
//! Searched are the vault, the folder for temporary files, home and working folder, the log at its most talkative, the
//! error output, all file names, and files that are open without a name. The photo the camera left and the hardware's
//! keys lie elsewhere. One value stands in clear on purpose: the number of the slip, in the payload of the manifest that
//! the box gets, from sealing to purge.

#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

#[path = "disk_scan/authority.rs"]
mod authority;
#[path = "disk_scan/canaries.rs"]
mod canaries;
mod common;
#[path = "disk_scan/edits.rs"]
mod edits;
#[path = "disk_scan/phone.rs"]
mod phone;
#[path = "disk_scan/scanner.rs"]
mod scanner;

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};
use scanner::{Canary, Hit, Scanner, files, nameless_files};

const AS_A_PHONE: &str = "--as-a-phone";

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    if let [_, mode, folder, script] = arguments.as_slice()
        && mode == AS_A_PHONE
    {
        return phone::run(Path::new(folder), script);
    }
    let trials = vec![
        Trial::test("every_spelling_of_every_canary_is_found", every_spelling_is_found),
        Trial::test("files_and_their_names_are_searched", files_and_their_names_are_searched),
        Trial::test("a_plain_row_of_a_database_is_found", plain_rows_are_found),
        Trial::test("no_disk_and_no_log_shows_what_was_recorded", nothing_is_shown),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

// ---- controls: a search that finds nothing proves nothing ----

fn every_spelling_is_found() -> Result<(), Failed> {
    let scanner = Scanner::new(canaries::all());
    let carrier: Vec<_> = canaries::camera_photo().iter().map(|byte| byte ^ 0xa5).take(3_000).collect();
    none(&scanner.scan("the carrier alone", &carrier))?;
    for (number, canary) in scanner.canaries().iter().enumerate() {
        for (how, leak) in canary.leaks() {
            let (head, tail) = carrier.split_at(1_000 + number);
            let found = scanner.scan("a leak", &[head, &leak, tail].concat());
            if !found.iter().any(|hit| hit.canary == canary.name && hit.how == how) {
                return Err(format!("{} is not found {how}", canary.name).into());
            }
        }
    }
    Ok(())
}

fn files_and_their_names_are_searched() -> Result<(), Failed> {
    let scanner = Scanner::new(canaries::all());
    let folder = tempfile::tempdir()?;
    let inside = folder.path().join("a/b");
    std::fs::create_dir_all(&inside)?;
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"), inside.join("copy"))?;
    let search = || files(folder.path()).iter().flat_map(|(name, bytes)| scanner.scan(name, bytes)).collect::<Vec<_>>();
    none(&search())?;
    File::options().append(true).open(inside.join("copy"))?.write_all(canaries::NOTE_INTERNAL.as_bytes())?;
    std::fs::write(inside.join(canaries::SLIP_CODE), b"")?;
    let found = search();
    assert!(found.iter().any(|hit| hit.canary == "internal note" && hit.place == "a/b/copy"));
    assert!(found.iter().any(|hit| hit.canary == "slip code"), "a file's name is not searched");
    Ok(())
}

fn plain_rows_are_found() -> Result<(), Failed> {
    let scanner = Scanner::new(canaries::all());
    for encoding in ["UTF-8", "UTF-16le", "UTF-16be"] {
        let folder = tempfile::tempdir()?;
        let plain = rusqlite::Connection::open(folder.path().join("plain.db"))?;
        plain.execute_batch(&format!(
            "PRAGMA encoding = '{encoding}'; PRAGMA journal_mode = WAL;
             CREATE TABLE facts (place TEXT, lat INTEGER, lon INTEGER, degrees REAL, photo BLOB)"
        ))?;
        plain.execute(
            "INSERT INTO facts VALUES (?, ?, ?, ?, ?)",
            rusqlite::params![
                canaries::PLACE,
                canaries::LAT_E7,
                canaries::LON_E7,
                f64::from(canaries::LON_E7) / 1e7,
                canaries::camera_photo(),
            ],
        )?;
        let hits: Vec<_> = files(folder.path()).iter().flat_map(|(name, bytes)| scanner.scan(name, bytes)).collect();
        let places: BTreeSet<_> = hits.iter().map(|hit| hit.place.as_str()).collect();
        let names: BTreeSet<_> = hits.iter().map(|hit| hit.canary.as_str()).collect();
        let ways: BTreeSet<_> = hits.iter().filter(|hit| hit.canary == "place").map(|hit| hit.how).collect();
        assert!(places.contains("plain.db-wal"), "{encoding}: {places:?}");
        assert!(names.contains("tables of a JPEG") && names.contains("photo, piece 7"), "{encoding}: {names:?}");
        let text = if encoding == "UTF-8" { "as it is" } else { "UTF-16, " };
        assert!(ways.iter().any(|how| how.starts_with(text)), "{encoding}: {ways:?}");
        assert!(ways.contains("two i32, big-endian") && ways.contains("f64, big-endian"), "{encoding}: {ways:?}");
    }
    Ok(())
}

fn none(hits: &[Hit]) -> Result<(), Failed> {
    let lines: Vec<_> = hits.iter().map(ToString::to_string).collect();
    if hits.is_empty() { Ok(()) } else { Err(format!("{} found:\n{}", hits.len(), lines.join("\n")).into()) }
}

// ---- the life of a phone ----

fn nothing_is_shown() -> Result<(), Failed> {
    let mut search = Search::new()?;
    search.play("patrol", None)?;
    search.play("killed-in-a-photo", Some((phone::HALF_A_PHOTO, 1)))?;
    search.play("killed-in-sealing", Some(("randomness", 8)))?;
    search.play("home", None)?;
    search.report()
}

/// A phone's folder, what is looked for in it, and what was found.
struct Search {
    top: tempfile::TempDir,
    scanner: Scanner,
    hits: Vec<Hit>,
    /// What was found once is not told again at every later stop.
    reported: BTreeSet<(String, String, &'static str)>,
    /// Stops at which the slip's number was found where the manifest's payload lies.
    in_clear: Vec<String>,
    nameless: usize,
    /// What a file was at the last stop and what was found in it; most files never change.
    known: HashMap<String, (Vec<u8>, Vec<Hit>)>,
    stops: usize,
    bytes: usize,
}

impl Search {
    fn new() -> Result<Self, Failed> {
        let top = tempfile::tempdir()?;
        std::fs::write(top.path().join("camera.jpg"), canaries::camera_photo())?;
        std::fs::write(top.path().join("voice.ogg"), ["OggS", &canaries::VOICE.repeat(9_000)].concat())?;
        for folder in ["tmp", "home", "work"] {
            std::fs::create_dir_all(top.path().join("phone").join(folder))?;
        }
        let scanner = Scanner::new(canaries::all());
        let (hits, reported, in_clear, known) = (Vec::new(), BTreeSet::new(), Vec::new(), HashMap::new());
        Ok(Self { top, scanner, hits, reported, in_clear, nameless: 0, known, stops: 0, bytes: 0 })
    }

    fn folder(&self) -> PathBuf {
        self.top.path().join("phone")
    }

    fn look_for(&mut self, canary: Canary) {
        self.scanner.add(canary);
        self.known.clear();
    }

    /// Plays a script to its end, or kills it at the n-th stop of a name.
    fn play(&mut self, script: &str, kill: Option<(&str, usize)>) -> Result<(), Failed> {
        let mut running = Running::start(&self.folder(), script)?;
        let mut seen = 0;
        while let Some(place) = running.next_stop(self)? {
            self.look(script, &place, Some(running.child.id()));
            seen += usize::from(kill.is_some_and(|(at, _)| at == place));
            if kill.is_some_and(|(_, times)| seen == times) {
                running.child.kill()?;
                running.child.wait()?;
                self.look(script, "killed", None);
                return Ok(());
            }
            running.go_on()?;
        }
        let status = running.child.wait()?;
        if !status.success() || kill.is_some() {
            let words = std::fs::read_to_string(self.folder().join("errors"))?;
            return Err(format!("{script} ended by itself, {status}:\n{words}").into());
        }
        self.look(script, "ended", None);
        Ok(())
    }

    fn look(&mut self, script: &str, place: &str, process: Option<u32>) {
        self.stops += 1;
        let nameless = process.map(nameless_files).unwrap_or_default();
        if place == "planted" {
            let temporary = self.folder().join("tmp").canonicalize().expect("is there");
            let inside = nameless.iter().filter(|(name, _)| Path::new(name).starts_with(&temporary));
            let found = inside.flat_map(|(name, bytes)| self.scanner.scan(name, bytes));
            self.nameless += found.filter(|hit| hit.canary == "place").count();
        } else {
            for (name, bytes) in nameless {
                self.judge(script, place, self.scanner.scan(&name, &bytes));
            }
        }
        for (name, bytes) in files(&self.folder()) {
            if self.known.get(&name).is_none_or(|(known, _)| *known != bytes) {
                self.bytes += bytes.len();
                let hits = self.scanner.scan(&name, &bytes);
                self.known.insert(name.clone(), (bytes, hits));
            }
            let hits = self.known.get(&name).map(|(_, hits)| hits.clone()).unwrap_or_default();
            self.judge(script, place, hits);
        }
    }

    fn judge(&mut self, script: &str, place: &str, hits: Vec<Hit>) {
        for hit in hits {
            let holds_manifests = hit.place == "vault/vault.db"
                || hit.place == "vault/vault.db-wal"
                || (hit.place.starts_with("vault/spare/") && hit.place.ends_with(".manifest"));
            if hit.canary == canaries::SLIP_NUMBER_NAME && hit.how == "as it is" && holds_manifests {
                self.in_clear.push(format!("{script}: {place}"));
            } else if self.reported.insert((hit.place.clone(), hit.canary.clone(), hit.how)) {
                self.hits.push(Hit { place: format!("{script}: {place}: {}", hit.place), ..hit });
            }
        }
    }

    #[expect(clippy::print_stdout, reason = "the figures of the run")]
    fn report(&self) -> Result<(), Failed> {
        let spellings: usize = self.scanner.canaries().iter().map(Canary::spellings).sum();
        println!(
            "disk scan: {} canaries in {spellings} spellings, {} stops, {} MB of new bytes searched, {} found",
            self.scanner.canaries().len(),
            self.stops,
            self.bytes / 1_000_000,
            self.hits.len()
        );
        if cfg!(not(target_os = "linux")) {
            println!("SKIPPED: open files without a name: only Linux shows them");
        }
        none(&self.hits)?;
        self.slip_number_stands_only_where_it_must();
        self.every_part_was_there();
        Ok(())
    }

    /// From sealing on in the manifest's payload, and after the purge nowhere.
    fn slip_number_stands_only_where_it_must(&self) {
        let is_in_clear = |stop: &str| self.in_clear.iter().any(|place| place == stop);
        for stop in ["patrol: the case is sealed", "patrol: ended", "killed-in-sealing: killed"] {
            assert!(is_in_clear(stop), "the slip's number is not found: {stop}");
        }
        for stop in ["patrol: the draft is complete", "home: everything is handed over", "home: ended"] {
            assert!(!is_in_clear(stop), "the slip's number stands in clear: {stop}");
        }
    }

    /// Controls: the search has looked at what it speaks of.
    fn every_part_was_there(&self) {
        if cfg!(target_os = "linux") {
            assert!(self.nameless > 0, "the file without a name was not found");
        }
        let log = std::fs::read_to_string(self.folder().join("log")).expect("a log");
        assert_eq!(log.matches("recovered after a crash").count(), 2, "both kills have left something to mend");
        assert!(log.contains("Arrived(Receipt)"), "the log does not tell of what was handed over");
        let secrets = self.scanner.canaries().iter().filter(|canary| canary.name == "key").count();
        assert!(secrets >= 3, "{secrets} keys were told");
        assert!(self.stops > 100, "only {} stops", self.stops);
    }
}

/// A phone that runs.
struct Running {
    child: Child,
    go: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(folder: &Path, script: &str) -> Result<Self, Failed> {
        let errors = File::options().create(true).append(true).open(folder.join("errors"))?;
        let temporary = folder.join("tmp");
        let mut child = Command::new(std::env::current_exe()?)
            .arg(AS_A_PHONE)
            .args([folder.as_os_str(), script.as_ref()])
            .current_dir(folder.join("work"))
            .env("HOME", folder.join("home"))
            .envs([("TMPDIR", &temporary), ("SQLITE_TMPDIR", &temporary)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()?;
        let go = child.stdin.take().expect("is piped");
        let lines = BufReader::new(child.stdout.take().expect("is piped")).lines();
        Ok(Self { child, go, lines })
    }

    /// Where it has stopped; `None` at its end. Keys that it tells are looked for from now on.
    fn next_stop(&mut self, search: &mut Search) -> Result<Option<String>, Failed> {
        for line in self.lines.by_ref() {
            let line = line?;
            match line.split_once(' ') {
                Some(("stop", place)) => return Ok(Some(place.to_owned())),
                Some(("secret", key)) => {
                    let key: [u8; 32] = streife_core::domain::from_hex(key)?;
                    search.look_for(Canary::bytes("key", &key));
                }
                Some(("end", _)) => return Ok(None),
                _ => return Err(format!("no line of a phone: {line}").into()),
            }
        }
        Ok(None)
    }

    fn go_on(&mut self) -> Result<(), Failed> {
        Ok(self.go.write_all(b"go\n")?)
    }
}
