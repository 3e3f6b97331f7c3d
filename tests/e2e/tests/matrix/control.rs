//! The oracle must catch what it is there for: each of these breaks one thing, and a finding must name it.

use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use streife_core::domain::CaseId;
use streife_core::ports::{Cancel, Request, Response, Transport, TransportError};

use crate::bench::Bench;
use crate::drain::drain;
use crate::oracle::{Keys, Left, Seen, judge};
use crate::phone::{Link, Phone};
use crate::plan::Shape;

/// One test for each way to be wrong.
pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("control/nothing-is-found-where-nothing-is-wrong", || broken(&mut |_, _, _| Ok(()), None)),
        Trial::test("control/a-transport-acknowledges-what-it-did-not-send", acknowledges_unsent),
        Trial::test("control/a-box-doubles-a-case", || broken(&mut double, Some("I2"))),
        Trial::test("control/a-box-forgets-a-case", || broken(&mut forget, Some("I6"))),
        Trial::test("control/a-box-changes-a-byte", || broken(&mut change_a_byte, Some("I3"))),
        Trial::test("control/a-box-loses-a-file", || broken(&mut lose_a_file, Some("I3"))),
        Trial::test("control/a-phone-keeps-no-receipt", || broken(&mut keep_no_receipt, Some("I8"))),
        Trial::test("control/a-phone-lets-go-early", lets_go_early),
    ]
}

type Breaks<'a> = &'a mut dyn FnMut(&Phone<'_>, &mut Seen, &mut Left) -> Result<(), String>;

/// An honest handover, of which one thing is then broken.
fn broken(breaks: Breaks<'_>, expected: Option<&str>) -> Result<(), Failed> {
    let bench = Bench::new();
    let mut phone = Phone::new(&bench)?;
    phone.record(Shape::Company)?;
    drain(&phone, &mut |_| {})?;
    let (mut seen, mut left) = (Seen::of(&bench.rig, phone.client().device()), Left::of(&phone)?);
    breaks(&phone, &mut seen, &mut left)?;
    is_caught(&judge(&phone.told, &seen, &left, &Keys::of(&phone), 0).0, expected)
}

fn is_caught(findings: &[String], expected: Option<&str>) -> Result<(), Failed> {
    match expected {
        None if findings.is_empty() => Ok(()),
        Some(invariant) if findings.iter().any(|finding| finding.starts_with(invariant)) => Ok(()),
        _ => Err(format!("expected {expected:?}, found {findings:?}").into()),
    }
}

fn double(_: &Phone<'_>, seen: &mut Seen, _: &mut Left) -> Result<(), String> {
    let mut again = seen.cases.first().cloned().ok_or("no case")?;
    again.case = CaseId::new([0x77; 16]);
    seen.cases.push(again);
    Ok(())
}

fn forget(_: &Phone<'_>, seen: &mut Seen, _: &mut Left) -> Result<(), String> {
    seen.cases.pop().map(drop).ok_or_else(|| "no case".to_owned())
}

/// A file of the box.
fn file(seen: &Seen) -> Result<std::path::PathBuf, String> {
    let object = seen.cases.iter().find_map(|case| case.objects.first());
    object.and_then(|object| object.file.clone()).ok_or_else(|| "no file".to_owned())
}

fn change_a_byte(_: &Phone<'_>, seen: &mut Seen, _: &mut Left) -> Result<(), String> {
    let file = file(seen)?;
    let mut bytes = std::fs::read(&file).map_err(|error| error.to_string())?;
    *bytes.last_mut().ok_or("an empty file")? ^= 1;
    std::fs::write(file, bytes).map_err(|error| error.to_string())
}

fn lose_a_file(_: &Phone<'_>, seen: &mut Seen, _: &mut Left) -> Result<(), String> {
    std::fs::remove_file(file(seen)?).map_err(|error| error.to_string())
}

fn keep_no_receipt(_: &Phone<'_>, _: &mut Seen, left: &mut Left) -> Result<(), String> {
    left.rows.values_mut().for_each(|row| row.receipt = None);
    Ok(())
}

/// A phone whose files go while the box has nothing.
fn lets_go_early() -> Result<(), Failed> {
    let bench = Bench::new();
    let mut phone = Phone::new(&bench)?;
    phone.record(Shape::One)?;
    let name = phone.told.cases.values().find_map(|sealed| sealed.objects.keys().next().cloned()).ok_or("no object")?;
    std::fs::remove_file(phone.objects().join(format!("{name}.sbx")))?;
    let (seen, left) = (Seen::of(&bench.rig, phone.client().device()), Left::of(&phone)?);
    is_caught(&judge(&phone.told, &seen, &left, &Keys::of(&phone), 0).0, Some("I8"))
}

/// Says that seal and void have arrived, and sends neither.
struct Liar(Arc<Link>);

impl Transport for Liar {
    fn origin(&self) -> &str {
        self.0.origin()
    }

    fn send(&self, request: &Request, cancel: &dyn Cancel) -> Result<Response, TransportError> {
        if request.path.ends_with("/seal") || request.path.contains("/events/") {
            return Ok(Response { status: 201, ..Response::default() });
        }
        self.0.send(request, cancel)
    }
}

fn acknowledges_unsent() -> Result<(), Failed> {
    let bench = Bench::new();
    let mut phone = Phone::new(&bench)?;
    phone.record(Shape::One)?;
    phone.open_over(Arc::new(Liar(phone.link.clone())))?;
    drain(&phone, &mut |_| {})?;
    let (seen, left) = (Seen::of(&bench.rig, phone.client().device()), Left::of(&phone)?);
    let (findings, _) = judge(&phone.told, &seen, &left, &Keys::of(&phone), 0);
    is_caught(&findings, Some("I2"))?;
    is_caught(&findings, Some("I1"))
}
