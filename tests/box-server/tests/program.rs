//! The program as a developer starts it.

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use streife_box::Connection;
use streife_core::domain::BoxId;

#[test]
fn the_program_says_where_it_is_and_ends_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = Command::new(env!("CARGO_BIN_EXE_streife-box"))
        .args(["--listen", "127.0.0.1:0", "--agency", "Neustadt", "--data"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let output = BufReader::new(program.stdout.take().expect("a pipe"));
    let lines: Vec<String> = output.lines().take(5).map(|line| line.expect("text")).collect();
    let said = |label: &str| {
        let line = lines.iter().find_map(|line| line.strip_prefix(label)).expect("a line");
        line.trim().to_owned()
    };
    assert!(said("box").ends_with("(Neustadt)"));
    let connection = Connection {
        origin: said("box").split(' ').next().expect("an address").to_owned(),
        ca_pem: std::fs::read_to_string(said("trust")).expect("a certificate"),
        agency: "Neustadt".to_owned(),
        agency_root: Vec::new(),
        box_key: Vec::new(),
        box_id: BoxId::new([0; 16]),
        enrolment_code: said("enrolment code"),
        desk_token: String::new(),
    };
    let answer = support::client(&connection).get(format!("{}/v1/box", connection.origin)).send().expect("an answer");
    assert_eq!(answer.status(), 200);
    for file in ["agency.json", "case-worker.json", "case-worker.key", "recovery.key", "ca.pem"] {
        assert!(std::path::Path::new(&said("agency's files")).join(file).exists(), "{file}");
    }
    let asked = Command::new("kill").arg(program.id().to_string()).status().expect("asks");
    assert!(asked.success());
    assert!(program.wait().expect("ends").success());
}

#[test]
fn the_program_misbehaves_as_it_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = Command::new(env!("CARGO_BIN_EXE_streife-box"))
        .args([
            "--listen",
            "127.0.0.1:0",
            "--chaos",
            "box-get:2:status=503,7",
            "--chaos",
            "time-get:1:drop-before",
            "--data",
        ])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let output = BufReader::new(program.stdout.take().expect("a pipe"));
    let lines: Vec<String> = output.lines().take(5).map(|line| line.expect("text")).collect();
    let origin = lines[0].split_whitespace().nth(1).expect("an address").to_owned();
    let ca_pem = std::fs::read_to_string(folder.path().join("dev/ca.pem")).expect("a certificate");
    let connection = Connection {
        origin: origin.clone(),
        ca_pem,
        agency: String::new(),
        agency_root: Vec::new(),
        box_key: Vec::new(),
        box_id: BoxId::new([0; 16]),
        enrolment_code: String::new(),
        desk_token: String::new(),
    };
    let client = support::client(&connection);
    let ask = || client.get(format!("{origin}/v1/box")).send().expect("an answer");
    assert_eq!(ask().status(), 200);
    let refused = ask();
    assert_eq!((refused.status().as_u16(), support::number(&refused, "retry-after")), (503, 7));
    assert_eq!(ask().status(), 200);
    assert!(client.get(format!("{origin}/v1/time?nonce=00000000000000000000000000000000")).send().is_err());
    program.kill().expect("ends");
    program.wait().expect("ends");
}

#[test]
fn the_program_runs_in_memory_and_says_that_nothing_survives() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_streife-box"))
        .args(["--listen", "127.0.0.1:0", "--memory"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let output = BufReader::new(program.stdout.take().expect("a pipe"));
    let last = output.lines().map(|line| line.expect("text")).find(|line| line.starts_with("in memory"));
    assert!(last.expect("a warning").contains("nothing survives"));
    program.kill().expect("ends");
    program.wait().expect("ends");
    let both = ["--memory", "--data", "nowhere"];
    for words in [&both[..], &[]] {
        let refused = Command::new(env!("CARGO_BIN_EXE_streife-box")).args(words).output().expect("starts");
        assert!(!refused.status.success(), "a folder or memory, one of the two");
    }
}

#[test]
fn a_wrong_word_of_chaos_names_the_right_ones() {
    let refused = Command::new(env!("CARGO_BIN_EXE_streife-box"))
        .args(["--data", "nowhere", "--chaos", "case-put:1:explode"])
        .output()
        .expect("starts");
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("drop-in-answer"));
}
