//! Holds core and `schemas/` together: one test a file of the examples, the known answers, the recordings, the
//! catalogue, and what a real flow writes.
//!
//! Each example is judged twice, by its schema and by the core's own reader. Where the schema is stricter than the
//! reader on purpose, [`SCHEMA_ONLY`] says why; an entry there that has become needless is a failure, too.

#[path = "schemas/examples.rs"]
mod examples;
#[path = "schemas/flow.rs"]
mod flow;
#[path = "schemas/known_answers.rs"]
mod known_answers;
#[path = "schemas/vault.rs"]
mod vault;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

/// Invalid examples that the core's reader takes, and why it may. The core never writes one of these: a case is sealed
/// only without blocking findings, its amounts come from the catalogue, its plates from the parser.
const SCHEMA_ONLY: [(&str, &str); 36] = [
    ("case-record/agreed-without-instruction", "a rule between members; the limits of input keep it"),
    ("case-record/as-seen-plate-with-parts", "a rule between members; the plate is made of its text alone"),
    ("case-record/electric-plate-without-suffix", "a rule between members; the plate's parser keeps it"),
    ("case-record/empty-place-in-a-live-case", "a rule between members; finding place-missing keeps it"),
    ("case-record/foreign-plate-of-germany", "a rule between members; the plate's parser keeps it"),
    ("case-record/missing-offences-in-a-live-case", "a rule between members; finding offence-missing keeps it"),
    ("case-record/missing-vehicle-in-a-live-case", "a rule between members; finding vehicle-missing keeps it"),
    ("case-record/nation-as-iso-code-in-lower-case", "a pattern; the limits of input keep it"),
    ("case-record/no-check-in-a-live-case", "a rule between members; finding check-missing keeps it"),
    ("case-record/offence-list-empty", "an empty list is never written"),
    ("case-record/paid-without-agreement", "a rule between members; the limits of input keep it"),
    ("case-record/photo-gps-present-without-coordinates", "a rule between members; the EXIF reader keeps it"),
    ("case-record/photo-of-another-media-type", "the import takes JPEG alone"),
    ("case-record/season-plate-without-months", "a rule between members; the plate's parser keeps it"),
    ("case-record/seq-zero", "the manifest's reader refuses it"),
    ("case-record/tow-with-outcome-and-no-end", "a rule between members; the limits of input keep it"),
    ("case-record/vin-with-the-letter-o", "a pattern; the limits of input keep it"),
    ("case-record/voice-note-as-text", "the import looks at the bytes"),
    ("case-record/warning-above-55-euros", "a rule between members; the category is computed"),
    ("case-record/witness-without-name", "a rule between members; the limits of input keep it"),
    ("case-view/end-without-start", "a rule between members"),
    ("case-view/live-case-without-place", "a rule between members; finding place-missing keeps it"),
    ("problem/case-incomplete-without-missing", "the engine asks the box again and needs no list"),
    ("problem/status-of-a-success", "the engine goes by the status line"),
    ("problem/upload-offset-without-offset", "the engine asks for the offset"),
    ("shift-recording/expect-without-a-count", "it expects nothing and harms nothing"),
    ("shift-recording/latitude-beyond-the-pole", "a fix off the globe is a finding, not a fault of the file"),
    ("shift-recording/notes-without-text", "it notes nothing and harms nothing"),
    ("shift-recording/offences-empty", "an officer can take all offences back"),
    ("shift-recording/persons-empty", "an officer can take all persons back"),
    ("shift-recording/scene-without-a-fact", "it notes nothing and harms nothing"),
    ("shift-recording/slip-code-of-19-characters", "the slip is parsed when it is played"),
    ("shift-recording/slip-code-with-the-letter-o", "the slip is parsed when it is played"),
    ("shift-recording/talk-paid-without-agreement", "a rule between members; the limits of input keep it"),
    ("shift-recording/vin-of-16-characters", "a pattern; the limits of input keep it"),
    ("shift-recording/witness-without-name", "a rule between members; the limits of input keep it"),
];

fn main() {
    let mut trials = examples::trials();
    trials.extend(known_answers::trials());
    trials.extend(recordings());
    trials.push(Trial::test("the starter catalogue", starter_catalogue));
    trials.extend(flow::trials());
    trials.extend(vault::trials());
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("core lies in the repository").to_owned()
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a readable file")
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&text(path)).expect("JSON")
}

/// Files of a folder with an ending, in order.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a readable folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == extension)).collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_stem().expect("a file").to_string_lossy().into_owned()
}

/// One of the project's schemas.
#[derive(Clone)]
struct Schema(Arc<jsonschema::Validator>);

impl Schema {
    fn load(name: &str) -> Self {
        let schema = json(&top().join(format!("schemas/{name}.schema.json")));
        Self(Arc::new(jsonschema::validator_for(&schema).expect("a schema of draft 2020-12")))
    }

    /// What is wrong with a value; nothing if it is valid.
    fn faults(&self, value: &Value) -> Vec<String> {
        self.0.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    fn holds(&self, value: &Value) -> Result<(), Failed> {
        let faults = self.faults(value);
        if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
    }
}

/// Every line by the schema, the whole by the core.
fn recordings() -> Vec<Trial> {
    let trial = |path: PathBuf| {
        Trial::test(format!("recording {}", name(&path)), move || {
            let (schema, text) = (Schema::load("shift-recording"), text(&path));
            for (number, line) in (1..).zip(text.lines()) {
                let value = serde_json::from_str(line).map_err(|error| format!("line {number}: {error}"))?;
                schema.holds(&value).map_err(|fault| format!("line {number}: {}", fault.message().unwrap_or("?")))?;
            }
            streife_core::journal::Recording::parse(&text)?;
            Ok(())
        })
    };
    files(&top().join("tests/shifts"), "jsonl").into_iter().map(trial).collect()
}

fn starter_catalogue() -> Result<(), Failed> {
    let path = top().join("core/data/starter-catalogue.json");
    Schema::load("catalogue").holds(&json(&path))?;
    streife_core::catalogue::Catalogue::parse(text(&path).as_bytes())?;
    Ok(())
}
