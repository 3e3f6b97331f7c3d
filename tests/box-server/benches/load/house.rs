//! The box as a process of its own: the program that an operator starts, with the defaults it has.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use streife_box::Connection;
use streife_core::domain::from_hex;

/// Clock ticks a second in `/proc`, on every Linux there is.
const TICKS: f64 = 100.0;

/// A running box. Dropping it ends it.
pub struct House {
    program: Child,
    pub connection: Connection,
}

impl House {
    /// Starts a box on a new folder; it takes requests when this returns.
    pub fn start(folder: &Path) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_streife-box"));
        program.args(["--listen", "127.0.0.1:0", "--data"]).arg(folder).env("RUST_LOG", "error");
        let mut program = program.stdout(Stdio::piped()).spawn().expect("starts");
        let output = BufReader::new(program.stdout.take().expect("a pipe"));
        // It greets once it listens; the last line names the folder that tells the rest.
        output.lines().map(|line| line.expect("text")).find(|line| line.starts_with("agency's files")).expect("greets");
        Self { program, connection: told(&folder.join("dev")) }
    }

    /// Processor time so far, seconds, all threads.
    pub fn processor_s(&self) -> f64 {
        let stat = self.proc("stat");
        let behind_name = stat.rsplit(')').next().unwrap_or_default();
        let times = behind_name.split_whitespace().skip(11).take(2);
        times.filter_map(|word| word.parse::<f64>().ok()).sum::<f64>() / TICKS
    }

    /// Memory, KiB.
    pub fn memory_kb(&self) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
    }

    fn proc(&self, file: &str) -> String {
        let path: PathBuf = ["/proc", &self.program.id().to_string(), file].iter().collect();
        std::fs::read_to_string(path).expect("the box runs")
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.program.kill(); // its folder goes, too
        let _ = self.program.wait();
    }
}

/// What the agency tells its phones, as the box has written it down.
fn told(folder: &Path) -> Connection {
    let file = std::fs::read(folder.join("agency.json")).expect("the agency's file");
    let file: serde_json::Value = serde_json::from_slice(&file).expect("JSON");
    let text = |name: &str| file.get(name).and_then(|value| value.as_str()).expect("text").to_owned();
    let point = |name: &str| from_hex::<65>(&text(name)).expect("a point").to_vec();
    Connection {
        origin: text("url"),
        ca_pem: std::fs::read_to_string(folder.join("ca.pem")).expect("a certificate"),
        agency: text("agency"),
        agency_root: point("agency_root"),
        box_key: point("box_key"),
        box_id: text("box_id").parse().expect("an id"),
        enrolment_code: text("enrolment_code"),
        desk_token: text("desk_token"),
    }
}
