//! `schemas/examples`: what must pass passes, what must fail fails, by schema and by the core's reader.

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use streife_core::catalogue::Catalogue;
use streife_core::domain::{CaseRecord, CaseView};
use streife_core::journal::{Header, Recording};
use streife_core::rules::Rules;
use streife_core::sync::protocol::Problem;

use super::{SCHEMA_ONLY, Schema, files, json, name, text, top};

const SCHEMAS: [&str; 6] = ["case-record", "case-view", "catalogue", "problem", "rules", "shift-recording"];

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![Trial::test("examples: every folder has a schema", every_folder_has_a_schema)];
    for schema in SCHEMAS {
        let validator = Schema::load(schema);
        for (folder, judge) in [("valid", valid as Judge), ("invalid", invalid)] {
            for file in files(&top().join("schemas/examples").join(folder).join(schema), "json") {
                let validator = validator.clone();
                let title = format!("{folder} {schema}: {}", name(&file));
                trials.push(Trial::test(title, move || judge(schema, &name(&file), &validator, &json(&file))));
            }
        }
    }
    trials
}

type Judge = fn(&str, &str, &Schema, &Value) -> Result<(), Failed>;

fn valid(schema: &str, _: &str, validator: &Schema, value: &Value) -> Result<(), Failed> {
    validator.holds(value)?;
    read(schema, value).map_err(|fault| format!("valid by the schema, refused by the core: {fault}").into())
}

fn invalid(schema: &str, file: &str, validator: &Schema, value: &Value) -> Result<(), Failed> {
    if validator.faults(value).is_empty() {
        return Err("the schema takes it".into());
    }
    let listed = SCHEMA_ONLY.iter().any(|(path, _)| *path == format!("{schema}/{file}"));
    match (read(schema, value), listed) {
        (Ok(()), false) => Err("refused by the schema, taken by the core".into()),
        (Err(fault), true) => Err(format!("take it off SCHEMA_ONLY, the core refuses it: {fault}").into()),
        _ => Ok(()),
    }
}

/// Reads a value with the core, and where it writes such values compares what it would write.
fn read(schema: &str, value: &Value) -> Result<(), String> {
    let bytes = value.to_string();
    match schema {
        "case-record" => again::<CaseRecord>(value),
        "case-view" => again::<CaseView>(value),
        "catalogue" => Catalogue::parse(bytes.as_bytes()).map(drop).map_err(|fault| fault.to_string()),
        "problem" => serde_json::from_value::<Problem>(value.clone())
            .map_err(|fault| fault.to_string())
            .and_then(|problem| problem.kind().map(drop).ok_or_else(|| "an unknown type".to_owned())),
        "rules" => Rules::parse(bytes.as_bytes()).map(drop).map_err(|fault| fault.to_string()),
        "shift-recording" => recording(value).map(drop),
        other => Err(format!("no reader for {other}")),
    }
}

fn again<T: serde::Serialize + serde::de::DeserializeOwned>(value: &Value) -> Result<(), String> {
    let parsed: T = serde_json::from_value(value.clone()).map_err(|fault| fault.to_string())?;
    let written = serde_json::to_value(&parsed).map_err(|fault| fault.to_string())?;
    if written == *value { Ok(()) } else { Err(format!("the core writes it differently: {written}")) }
}

/// A line of a recording stands alone in its file; the reader wants the lines that go before it.
fn recording(line: &Value) -> Result<Recording, String> {
    let mut lines = Vec::new();
    if line.get("format").is_none() {
        lines.push(header());
    }
    let before = |rest: Value| {
        let mut event = json!({"at": "2026-06-16T05:00:00.000+02:00", "mono": 0});
        if let (Some(event), Value::Object(rest)) = (event.as_object_mut(), rest) {
            event.extend(rest);
        }
        event
    };
    let kind = line.get("type").and_then(Value::as_str).unwrap_or_default();
    let shift = before(json!({"type": "shift.open", "officer": {"id": "1"}}));
    match (kind, line.get("case")) {
        ("app.start", _) => lines.push(before(json!({"type": "app.kill"}))),
        ("shift.close" | "case.begin", _) => lines.push(shift),
        (_, Some(case)) => {
            lines.extend([shift, before(json!({"type": "case.begin", "case": case}))]);
            lines.extend(before_a_step(line, case).into_iter().map(before));
        }
        _ => {}
    }
    lines.push(line.clone());
    let text = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    Recording::parse(&text).map_err(|fault| fault.to_string())
}

/// A step of a tow wants its order and the photos that it names.
fn before_a_step(line: &Value, case: &Value) -> Vec<Value> {
    let Some(step) = line.get("step") else { return Vec::new() };
    let damage = line.get("damage").and_then(Value::as_array).into_iter().flatten();
    let photos = damage.filter_map(|damage| damage.get("photo"));
    let mut lines: Vec<_> =
        photos.map(|photo| json!({"type": "case.photo", "case": case, "photo": photo, "class": "detail"})).collect();
    if step != "ordered" {
        lines.push(json!({"type": "case.tow", "case": case, "step": "ordered", "reason": "stands in the way"}));
    }
    lines
}

fn header() -> Value {
    let header = text(&top().join("schemas/examples/valid/shift-recording/header.json"));
    let header: Header = serde_json::from_str(&header).expect("the valid header");
    serde_json::to_value(header).expect("strings and numbers")
}

/// A folder that no reader knows would be a folder of files that nobody tests.
fn every_folder_has_a_schema() -> Result<(), Failed> {
    for folder in ["valid", "invalid"] {
        let folder = top().join("schemas/examples").join(folder);
        for entry in std::fs::read_dir(folder)? {
            let schema = name(&entry?.path());
            if !SCHEMAS.contains(&schema.as_str()) {
                return Err(format!("{schema} has examples and no test").into());
            }
        }
    }
    for (path, _) in SCHEMA_ONLY {
        if !top().join(format!("schemas/examples/invalid/{path}.json")).exists() {
            return Err(format!("{path} is on SCHEMA_ONLY and does not exist").into());
        }
    }
    Ok(())
}
