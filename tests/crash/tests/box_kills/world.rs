//! A box, its phones, and what the phones were told.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;

use reqwest::blocking::Client;
use serde_json::Value;
use streife_core::domain::{CaseId, ObjectId, from_hex};
use streife_core::seal::{Checkpoint, Hash, LogConsistency, LogProof, Receipt, Signed, VerifyingKey, merkle};
use streife_core::sync::protocol::path;
use streife_crash::Victim;

use crate::phone::{self, Phone};
use crate::program;

const PHONES: usize = 4;
/// What is looked at behind each kill; in the end all of it is.
const NEWEST: usize = 16;

/// What box and phones know of each other.
pub struct Agreement {
    pub origin: String,
    pub ca_pem: String,
    pub agency: String,
    pub agency_root: Vec<u8>,
    pub enrolment_code: String,
    box_key: VerifyingKey,
    desk_token: String,
}

/// A case for which a phone has a receipt.
#[derive(Clone)]
pub struct Handed {
    pub case: CaseId,
    /// What stands for it in the log.
    pub entry: Hash,
    pub receipt: Vec<u8>,
    pub objects: Vec<(ObjectId, Hash)>,
}

/// What the phones share with their test.
pub struct Shared {
    pub told: Agreement,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    has_box: bool,
    is_over: bool,
    is_abandoned: bool,
    has_failed: bool,
    begun: BTreeSet<CaseId>,
    handed: Vec<Handed>,
    checkpoints: Vec<Checkpoint>,
}

impl Shared {
    pub fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// Waits until there is a box; `false` if there will be none.
    pub fn wait_for_box(&self) -> bool {
        let wait = |state: &mut State| !state.has_box && !state.is_abandoned;
        !self.changed.wait_while(self.state(), wait).expect("no holder panics").is_abandoned
    }

    pub fn begin(&self, case: CaseId) {
        self.state().begun.insert(case);
    }

    pub fn handed(&self, handed: Handed) {
        self.set(|state| state.handed.push(handed));
    }

    pub fn seen(&self, checkpoint: &[u8]) {
        let signed = Signed::<Checkpoint>::verify(checkpoint, &self.told.box_key).expect("the box's checkpoint");
        self.set(|state| state.checkpoints.push(signed.into_payload()));
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }
}

/// Tells the test when a phone panics, so that nobody waits for its news.
struct Alarm(Arc<Shared>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.set(|state| state.has_failed = true);
        }
    }
}

/// A box that can be started again and again, with phones that live through it.
pub struct World {
    folder: PathBuf,
    port: u16,
    process: String,
    shared: Arc<Shared>,
    phones: Vec<JoinHandle<Option<()>>>,
    desk: Client,
}

impl World {
    /// Founds a box in the folder and lets phones loose on it; they wait until it is started.
    pub fn begin(folder: &Path) -> Self {
        let folder = folder.join("box");
        std::fs::create_dir_all(&folder).expect("a folder");
        let port = free_port();
        let founded = spawn(&folder, port, None).expect("founds a box");
        drop(founded.0.kill());
        let told = Agreement::read(&folder);
        let desk = phone::client(&told);
        let shared = Arc::new(Shared { told, state: Mutex::default(), changed: Condvar::new() });
        let live = |_| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || {
                let _alarm = Alarm(Arc::clone(&shared));
                Phone::new(shared).live()
            })
        };
        let phones = (0..PHONES).map(live).collect();
        Self { folder, port, process: String::new(), shared, phones, desk }
    }

    /// Starts the box, under strace if its arguments are given; nothing if it dies before it takes requests.
    pub fn start(&mut self, strace: Option<&[&str]>) -> Option<Victim<String>> {
        let (victim, process) = spawn(&self.folder, self.port, strace)?;
        self.process = process;
        self.shared.set(|state| state.has_box = true);
        Some(victim)
    }

    /// Process id of the box that was started last.
    pub fn process(&self) -> &str {
        &self.process
    }

    /// Waits until so many more receipts have come.
    pub fn wait_for_news(&self, count: u32) {
        let state = self.shared.state();
        let enough = state.handed.len() + count as usize;
        let wait = |state: &mut State| state.handed.len() < enough && !state.has_failed;
        let state = self.shared.changed.wait_while(state, wait).expect("no holder panics");
        assert!(!state.has_failed, "a phone has failed");
    }

    pub fn assert_sound(&mut self, what: &str) {
        if let Err(loss) = self.check() {
            self.abandon();
            panic!("{what}: {loss}");
        }
    }

    /// Starts the box that was killed, alone, and holds it against what the phones were told lately.
    pub fn check(&mut self) -> Result<(), String> {
        self.shared.set(|state| state.has_box = false);
        let Some((victim, _)) = spawn(&self.folder, self.port, None) else {
            return Err("it does not start".to_owned());
        };
        let (handed, checkpoints) = {
            let state = self.shared.state();
            assert!(!state.has_failed, "a phone has failed");
            (newest(&state.handed).to_vec(), newest(&state.checkpoints).to_vec())
        };
        let found = self.hold_against(&handed, &checkpoints);
        drop(victim.kill());
        found.map(drop)
    }

    /// Lets the phones end, and holds the box against everything they were ever told.
    pub fn drain(mut self) -> String {
        self.shared.set(|state| state.is_over = true);
        let victim = self.start(None).expect("starts");
        for phone in std::mem::take(&mut self.phones) {
            assert_eq!(phone.join().expect("a phone ends"), Some(()));
        }
        let state = std::mem::take(&mut *self.shared.state());
        let newest = self.hold_against(&state.handed, &state.checkpoints).expect("everything is there");
        let cases = self.cases();
        let once: BTreeSet<CaseId> = cases.iter().copied().collect();
        assert_eq!((once.len(), &once), (cases.len(), &state.begun), "every case is there once, and no other");
        assert_eq!(newest.size, cases.len() as u64);
        assert_eq!(merkle::root(&self.entries()), newest.root);
        drop(victim.kill());
        format!("{} cases, each once; {} checkpoints, each grown; lost 0", cases.len(), state.checkpoints.len())
    }

    /// Lets the phones go without a box.
    pub fn abandon(&mut self) {
        self.shared.set(|state| state.is_abandoned = true);
        std::mem::take(&mut self.phones).into_iter().for_each(|phone| drop(phone.join()));
    }

    fn hold_against(&self, handed: &[Handed], checkpoints: &[Checkpoint]) -> Result<Checkpoint, String> {
        handed.iter().try_for_each(|handed| self.has(handed))?;
        let key = &self.shared.told.box_key;
        let bytes = self.get(path::CHECKPOINT)?;
        let newest =
            Signed::<Checkpoint>::verify(&bytes, key).map_err(|_| "a checkpoint does not verify")?.into_payload();
        for earlier in checkpoints {
            if earlier.size > newest.size {
                return Err(format!("the log fell from {} to {}", earlier.size, newest.size));
            }
            if earlier.size > 0 {
                let bytes = self.get(&path::log_consistency(earlier.size, newest.size))?;
                let grown = LogConsistency::verify(&bytes, &earlier.root, key);
                if !grown.is_ok_and(|(_, root)| root == newest.root) {
                    return Err(format!("the log of size {} is another", earlier.size));
                }
            }
        }
        Ok(newest)
    }

    /// The receipt as it was, the place it names, and the objects it lists.
    fn has(&self, handed: &Handed) -> Result<(), String> {
        let (case, key) = (handed.case, &self.shared.told.box_key);
        let receipt = Signed::<Receipt>::verify(&handed.receipt, key).map_err(|_| "a receipt does not verify")?;
        if self.get(&path::receipt(case))? != handed.receipt {
            return Err(format!("{case} has another receipt"));
        }
        let proof = LogProof::verify(&self.get(&path::proof(case))?, &handed.entry, key);
        if !proof.is_ok_and(|(proof, _)| Some(proof.index) == receipt.payload().log_index) {
            return Err(format!("{case} is not at its place in the log"));
        }
        for (object, hash) in &handed.objects {
            if Hash::of(&[&self.get(&path::object(case, *object))?]) != *hash {
                return Err(format!("{object} of {case} is another"));
            }
        }
        Ok(())
    }

    fn cases(&self) -> Vec<CaseId> {
        let (mut cases, mut after) = (Vec::new(), 0);
        loop {
            let page = self.json(&format!("/v1/cases?after={after}"));
            let lines = page.get("cases").and_then(Value::as_array).expect("a list");
            if lines.is_empty() {
                return cases;
            }
            for line in lines {
                assert_eq!(text(line, "state"), "complete");
                cases.push(text(line, "case").parse().expect("an id"));
            }
            after = page.get("next").and_then(Value::as_u64).expect("a number");
        }
    }

    fn entries(&self) -> Vec<Hash> {
        let page = self.json(&path::log_entries(0));
        let entries = page.get("entries").and_then(Value::as_array).expect("a list");
        entries.iter().map(|entry| serde_json::from_value(entry.clone()).expect("a hash")).collect()
    }

    fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.get(path).expect("an answer")).expect("a document")
    }

    /// As the desk.
    fn get(&self, path: &str) -> Result<Vec<u8>, String> {
        let told = &self.shared.told;
        let request = self.desk.get(format!("{}{path}", told.origin));
        let request = request.header("authorization", format!("Bearer {}", told.desk_token));
        let answer = request.send().map_err(|error| format!("{path}: {error}"))?;
        if answer.status() != 200 {
            return Err(format!("{path}: {}", answer.status()));
        }
        Ok(answer.bytes().map_err(|error| format!("{path}: {error}"))?.to_vec())
    }
}

impl Agreement {
    /// From the files that a box makes for developers.
    fn read(folder: &Path) -> Self {
        let file = |name| std::fs::read_to_string(folder.join("dev").join(name)).expect("reads");
        let agency: Value = serde_json::from_str(&file("agency.json")).expect("a document");
        let point = |name| from_hex::<65>(text(&agency, name)).expect("a point").to_vec();
        Self {
            origin: text(&agency, "url").to_owned(),
            ca_pem: file("ca.pem"),
            agency: text(&agency, "agency").to_owned(),
            agency_root: point("agency_root"),
            enrolment_code: text(&agency, "enrolment_code").to_owned(),
            box_key: VerifyingKey::from_sec1(&point("box_key")).expect("a key"),
            desk_token: text(&agency, "desk_token").to_owned(),
        }
    }
}

/// Starts the program; with its process id once it takes requests, nothing if it ends before.
fn spawn(folder: &Path, port: u16, strace: Option<&[&str]>) -> Option<(Victim<String>, String)> {
    let mut command = match strace {
        Some(arguments) => {
            let mut command = Command::new("strace");
            command.args(["-f", "-qq", "-o", "/dev/null"]).args(arguments).arg(program());
            command
        }
        None => Command::new(program()),
    };
    command.arg(folder).arg(port.to_string());
    let mut victim = Victim::<String>::spawn(command);
    let process = victim.hear()?;
    Some((victim, process))
}

/// A port that nobody listens on; the box keeps it over all its starts, because tokens are made for its address.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("binds");
    listener.local_addr().expect("an address").port()
}

fn newest<T>(list: &[T]) -> &[T] {
    list.get(list.len().saturating_sub(NEWEST)..).unwrap_or_default()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).expect("text")
}
