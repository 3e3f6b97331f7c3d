//! The program as QA calls it: exit codes, names of what failed, and bad input with line and reason.

use std::path::Path;
use std::process::{Command, Output};

const HEADER: &str = r#"{"format":"streife-shift-recording","version":1,"zone":"Europe/Berlin","catalogue":"starter-2024-08-22","seed":1,"agency":"Musterstadt","title":"Short"}"#;

/// One line of a recording; `at` is minutes after six in the morning.
fn line(at: u32, rest: &str) -> String {
    format!(r#"{{"at":"2026-06-16T06:{at:02}:00+02:00","mono":{},{rest}}}"#, u64::from(at) * 60_000)
}

/// A shift with one case and so many photos.
fn shift(photos: u32) -> Vec<String> {
    let mut lines = vec![
        HEADER.to_owned(),
        line(0, r#""type":"network","state":"unmetered""#),
        line(0, r#""type":"shift.open","officer":{"id":"4827"}"#),
        line(1, r#""type":"case.begin","case":"c1""#),
        line(1, r#""type":"case.vehicle","case":"c1","plate":"M-AB 1234","nation":"D","kind":"car""#),
        line(1, r#""type":"case.check","case":"c1","valves":[]"#),
        line(1, r#""type":"case.offences","case":"c1","relation":"one-act","items":[{"number":"141322"}]"#),
        line(1, r#""type":"case.place","case":"c1","text":"Marienplatz 8""#),
    ];
    lines.extend(
        (0..photos).map(|n| line(2, &format!(r#""type":"case.photo","case":"c1","photo":"p{n}","class":"overview""#))),
    );
    lines.push(line(3, r#""type":"case.seal","case":"c1""#));
    lines.push(line(4, r#""type":"sync""#));
    lines
}

fn replay(folder: &Path, lines: &[String], more: &[&str]) -> Output {
    let recording = folder.join("shift.jsonl");
    std::fs::write(&recording, lines.join("\n")).expect("writes");
    Command::new(env!("CARGO_BIN_EXE_streife-replay"))
        .arg("run")
        .arg(&recording)
        .arg("--report")
        .arg(folder.join("report"))
        .args(more)
        .output()
        .expect("runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_shift_that_holds_exits_with_0_and_leaves_page_and_json() {
    let folder = tempfile::tempdir().expect("folder");
    let mut lines = shift(1);
    lines.push(line(5, r#""type":"expect","cases":1,"photos":1,"purged":1,"queued":0"#));
    let json = folder.path().join("outcome.json");
    let output = replay(folder.path(), &lines, &["--json", json.to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let page = std::fs::read_to_string(folder.path().join("report/report.html")).expect("a page");
    assert!(page.contains("M-AB 1234"));
    let outcome: serde_json::Value = serde_json::from_slice(&std::fs::read(json).expect("reads")).expect("JSON");
    assert_eq!(outcome.pointer("/summary/cases"), Some(&serde_json::Value::from(1)));
}

/// Hands an export over into a new folder, and says how it ended.
fn hand_over(export: &Path, format: &str, out: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_streife-replay"))
        .args(["hand-over", "--format", format, "--out"])
        .args([out, export])
        .output()
        .expect("runs")
}

#[test]
fn an_export_is_handed_over_with_its_photos_and_what_was_changed_is_left_out() {
    let folder = tempfile::tempdir().expect("folder");
    let export = folder.path().join("export");
    let output = replay(folder.path(), &shift(1), &["--export", export.to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    for (format, file) in [("xowi", "xowi.xml"), ("winowig", "xmlmde.xml")] {
        let out = folder.path().join(format);
        let output = hand_over(&export, format, &out);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let xml = std::fs::read_to_string(out.join(file)).expect("an ASCII case");
        assert!(xml.contains("M-AB 1234") && xml.contains("Marienplatz 8"), "{xml}");
        let names: Vec<_> =
            std::fs::read_dir(&out).expect("reads").map(|one| one.expect("an entry").file_name()).collect();
        let photo = names.iter().filter_map(|name| name.to_str()).find(|name| name.ends_with(".jpg")).expect("a photo");
        assert!(xml.contains(photo), "{photo} is not named");
        assert_eq!(hand_over(&export, format, &out).status.code(), Some(2), "a folder that is not empty");
    }
    for entry in std::fs::read_dir(export.join("cases")).expect("reads") {
        let manifest = entry.expect("an entry").path().join("manifest.cose");
        let mut bytes = std::fs::read(&manifest).expect("reads");
        *bytes.last_mut().expect("a signature") ^= 1;
        std::fs::write(&manifest, bytes).expect("writes");
    }
    let output = hand_over(&export, "xowi", &folder.path().join("changed"));
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("the manifest is signed by no device of the export"), "{}", said(&output));
}

#[test]
fn an_expectation_that_fails_exits_with_1_and_is_named() {
    let folder = tempfile::tempdir().expect("folder");
    let mut lines = shift(1);
    lines.push(line(5, r#""type":"expect","cases":2"#));
    let output = replay(folder.path(), &lines, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("FAIL line 12: 2 cases at the box (there are 1)"), "{}", said(&output));
}

#[test]
fn findings_of_a_draft_must_be_exactly_those_expected() {
    let folder = tempfile::tempdir().expect("folder");
    let mut lines = shift(1);
    lines.insert(9, line(2, r#""type":"expect","case":"c1","findings":["valves-moved"]"#));
    let output = replay(folder.path(), &lines, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(
        said(&output).contains("FAIL line 10: before sealing, c1 shows valves-moved (found: "),
        "{}",
        said(&output)
    );
}

/// A tow in steps, a talk, a restart of the phone: the record has them with the times of their lines.
#[test]
fn what_a_case_holds_comes_back_from_the_box() {
    let case = |at: u32, kind: &str, rest: &str| line(at, &format!(r#""type":"case.{kind}","case":"c1",{rest}"#));
    let mut lines = shift(1);
    let facts = [
        case(2, "tow", r#""step":"ordered","reason":"in the way","firm":"Muster""#),
        case(3, "tow", r#""step":"noted","damage":[{"text":"a dent","photo":"p0"}]"#),
        line(4, r#""type":"phone.reboot""#),
        line(5, r#""type":"app.start""#),
        case(6, "tow", r#""step":"arrived""#),
        case(7, "talk", r#""instructed":true,"outcome":"agreed","payment":{"amount_cents":2500,"method":"cash"}"#),
        case(8, "tow", r#""step":"finished","outcome":"empty-run""#),
        case(8, "check", r#""valves":[]"#),
        case(8, "persons", r#""persons":[{"role":"driver","family_name":"Muster"}]"#),
        case(8, "scene", r#""driver":"present""#),
        case(9, "seal", r#""confirm":[]"#),
        line(9, r#""type":"sync""#),
    ];
    lines.splice(9.., facts);
    let folder = tempfile::tempdir().expect("folder");
    let json = folder.path().join("outcome.json");
    let output = replay(folder.path(), &lines, &["--json", json.to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let outcome: serde_json::Value = serde_json::from_slice(&std::fs::read(json).expect("reads")).expect("JSON");
    let told = |pointer: &str| outcome.pointer(&format!("/cases/0{pointer}")).cloned().unwrap_or_default();
    assert_eq!(told("/facts/tow/requested/at"), "2026-06-16T06:02:00.000+02:00");
    assert_eq!(told("/facts/tow/finished/at"), "2026-06-16T06:08:00.000+02:00");
    assert_eq!((told("/facts/tow/firm"), told("/facts/tow/outcome")), ("Muster".into(), "empty-run".into()));
    assert_eq!(told("/facts/tow/damage/0/photo"), told("/photos/0/object"));
    assert_eq!((told("/facts/talk/at/mono_ms"), told("/duration_s")), (180_000.into(), 420.into()));
    assert_ne!(told("/facts/checks/0/at/boot"), told("/facts/checks/1/at/boot"));
    assert_eq!(told("/facts/persons/0/family_name"), "Muster");
}

#[test]
fn bad_input_exits_with_2_and_names_line_and_reason() {
    let faulty = |at: usize, text: String| {
        let mut lines = shift(1);
        lines[at] = text;
        lines
    };
    let doubted = |plate: &str| {
        let doubt = r#"{"doubt":{"verdict":"ambiguous","reason":"no seal"}}"#;
        let vehicle = format!(r#""case":"c1","plate":"{plate}","nation":"D","kind":"car","marks":{doubt}"#);
        line(1, &format!(r#""type":"case.vehicle",{vehicle}"#))
    };
    let cases = [
        (
            faulty(4, line(1, r#""type":"case.vehicle","case":"c1","plate":"M-ABC 1","nation":"D","kind":"car""#)),
            "line 5: the middle part",
        ),
        (faulty(4, doubted("M-AB 1234")), "line 5: the core's verdict on the plate"),
        (faulty(8, line(2, r#""type":"case.tow","case":"c1","step":"arrived""#)), "line 9: the tow was not ordered"),
        (faulty(3, line(1, r#""type":"case.teleport","case":"c1""#)), "line 4: unknown variant"),
        (faulty(0, HEADER.replace("\"version\":1", "\"version\":9")), "line 1: version 9"),
        (faulty(6, line(1, r#""type":"case.notes","case":"c1""#)), "line 10: sealing is blocked by offence-missing"),
        (vec![HEADER.to_owned()], "line 1: the recording has no event"),
    ];
    for (lines, expected) in cases {
        let folder = tempfile::tempdir().expect("folder");
        let output = replay(folder.path(), &lines, &[]);
        assert_eq!(output.status.code(), Some(2), "{expected}");
        assert!(said(&output).contains(expected), "{expected}: {}", said(&output));
    }
}

#[test]
fn missing_or_unreadable_photos_exit_with_2() {
    let folder = tempfile::tempdir().expect("folder");
    let photos = folder.path().join("photos");
    std::fs::create_dir(&photos).expect("creates");
    let flag = photos.to_str().expect("a path").to_owned();
    let output = replay(folder.path(), &shift(1), &["--photos", &flag]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("has 0 JPEG files, the recording takes 1"), "{}", said(&output));
    std::fs::write(photos.join("a.jpg"), b"no picture").expect("writes");
    let output = replay(folder.path(), &shift(1), &["--photos", &flag]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("line 9: the file is no JPEG or HEIC picture"), "{}", said(&output));
}

#[test]
fn a_box_that_is_away_exits_with_2() {
    let folder = tempfile::tempdir().expect("folder");
    let ca = folder.path().join("ca.pem");
    let ca = ca.to_str().expect("a path");
    let output = replay(folder.path(), &shift(0)[..3], &["--box", "https://localhost:9", "--ca", ca]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("agency.json"), "{}", said(&output));
}

/// The real photos beside the project, where they are: every one is taken over and comes back.
#[test]
fn real_camera_photos_come_back_byte_for_byte() {
    let photos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/photos/gps");
    if !photos.is_dir() {
        println!("SKIPPED: real photos: the folder of test data is not beside the project");
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let mut lines = shift(9);
    lines.push(line(5, r#""type":"expect","cases":1,"photos":9,"purged":1"#));
    let output = replay(folder.path(), &lines, &["--photos", photos.to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("(9 of 9)"), "{}", said(&output));
}

/// Ids, hashes and pictures follow from the seed alone.
#[test]
fn the_same_recording_gives_the_same_photos_and_ids_again() {
    let run = || {
        let folder = tempfile::tempdir().expect("folder");
        let json = folder.path().join("outcome.json");
        let output = replay(folder.path(), &shift(1), &["--json", json.to_str().expect("a path")]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let outcome: serde_json::Value = serde_json::from_slice(&std::fs::read(json).expect("reads")).expect("JSON");
        outcome.get("cases").cloned()
    };
    assert_eq!(run(), run());
}
