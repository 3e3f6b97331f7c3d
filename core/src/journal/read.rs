//! Reading a recording.

use std::collections::{BTreeMap, BTreeSet};

use super::{Event, Header, TimedEvent};

/// Why a recording was not taken: the line, from 1, and the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct RecordingError {
    /// The line.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// A whole recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Its header.
    pub header: Header,
    /// Its events in order.
    pub events: Vec<TimedEvent>,
}

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    /// [`RecordingError`] for the first line that breaks the form, goes back in time, or names a case that is unknown.
    pub fn parse(text: &str) -> Result<Self, RecordingError> {
        let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
        let header = lines.next().map(|(line, text)| header(line, text));
        let header = header.unwrap_or_else(|| Err(error(1, "the recording is empty")))?;
        let mut events: Vec<TimedEvent> = Vec::new();
        for (line, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
            let event = event(line, text)?;
            if events.last().is_some_and(|before| event.mono_ms < before.mono_ms) {
                return Err(error(line, "mono is less than on the line before"));
            }
            events.push(event);
        }
        check_sequence(&events)?;
        Ok(Self { header, events })
    }
}

fn error(line: usize, reason: impl ToString) -> RecordingError {
    RecordingError { line, reason: reason.to_string() }
}

fn header(line: usize, text: &str) -> Result<Header, RecordingError> {
    let header: Header = serde_json::from_str(text).map_err(|fault| error(line, format!("not a header: {fault}")))?;
    match (header.format.as_str(), header.version) {
        (Header::FORMAT, 1) => Ok(header),
        (Header::FORMAT, version) => Err(error(line, format!("version {version} is not known to this build"))),
        _ => Err(error(line, "not a shift recording")),
    }
}

fn event(line: usize, text: &str) -> Result<TimedEvent, RecordingError> {
    let mut value: serde_json::Value = serde_json::from_str(text).map_err(|fault| error(line, fault))?;
    let members = value.as_object_mut().ok_or_else(|| error(line, "not an object"))?;
    let at = members.remove("at");
    let at = at.as_ref().and_then(|at| at.as_str()).ok_or_else(|| error(line, "member at is missing"))?;
    let time = chrono::DateTime::parse_from_rfc3339(at).map_err(|_| error(line, "at is not an RFC 3339 time"))?;
    let mono = members.remove("mono").and_then(|mono| mono.as_u64());
    let mono_ms = mono.ok_or_else(|| error(line, "mono is not a number of milliseconds"))?;
    let event = serde_json::from_value(value).map_err(|fault| error(line, fault))?;
    Ok(TimedEvent { line, unix_ms: time.timestamp_millis(), offset_s: time.offset().local_minus_utc(), mono_ms, event })
}

/// What the lines before allow.
struct Sequence<'a> {
    running: bool,
    on_shift: bool,
    sealed: BTreeMap<&'a str, bool>,
    photos: BTreeSet<&'a str>,
}

/// Refuses what cannot have happened: a call of an app that is not running, a case outside a shift or begun twice, a
/// sealed case that is recorded into.
fn check_sequence(events: &[TimedEvent]) -> Result<(), RecordingError> {
    let mut sequence = Sequence { running: true, on_shift: false, sealed: BTreeMap::new(), photos: BTreeSet::new() };
    events.iter().try_for_each(|timed| sequence.pass(&timed.event).map_err(|reason| error(timed.line, reason)))
}

impl<'a> Sequence<'a> {
    fn pass(&mut self, event: &'a Event) -> Result<(), String> {
        let needs_app = !matches!(event, Event::Network { .. } | Event::AppStart {});
        if needs_app && !self.running {
            return Err("the app is not running".to_owned());
        }
        match event {
            Event::AppStart {} if self.running => return Err("the app is running already".to_owned()),
            Event::AppKill {} | Event::AppStart {} => self.running = !self.running,
            Event::ShiftOpen { .. } if self.on_shift => return Err("a shift is open already".to_owned()),
            Event::ShiftClose {} if !self.on_shift => return Err("no shift is open".to_owned()),
            Event::ShiftOpen { .. } | Event::ShiftClose {} => self.on_shift = !self.on_shift,
            Event::CasePhoto { photo, .. } if !self.photos.insert(photo) => {
                return Err(format!("photo {photo} is taken twice"));
            }
            _ => {}
        }
        event.case().map_or(Ok(()), |case| self.pass_case(event, case))
    }

    fn pass_case(&mut self, event: &Event, case: &'a str) -> Result<(), String> {
        match (event, self.sealed.get(case)) {
            // A case can be voided when its shift is over; everything else is recorded within one.
            (Event::CaseVoid { .. }, Some(_)) => {}
            _ if !self.on_shift => return Err("no shift is open".to_owned()),
            (Event::CaseBegin { .. }, Some(_)) => return Err(format!("case {case} is begun twice")),
            (Event::CaseBegin { .. }, None) => {}
            (_, None) => return Err(format!("case {case} has not been begun")),
            (_, Some(true)) => return Err(format!("case {case} is sealed")),
            (_, Some(false)) => {}
        }
        let seals = matches!(event, Event::CaseSeal { .. } | Event::CaseVoid { .. });
        *self.sealed.entry(case).or_default() |= seals;
        Ok(())
    }
}

impl Event {
    /// The case an event speaks of.
    #[must_use]
    pub fn case(&self) -> Option<&str> {
        match self {
            Self::CaseBegin { case }
            | Self::CaseVehicle { case, .. }
            | Self::CaseCheck { case, .. }
            | Self::CaseOffences { case, .. }
            | Self::CasePlace { case, .. }
            | Self::CasePhoto { case, .. }
            | Self::CaseSlip { case, .. }
            | Self::CaseNotes { case, .. }
            | Self::CaseSeal { case, .. }
            | Self::CaseVoid { case, .. } => Some(case),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = r#"{"format":"streife-shift-recording","version":1,"zone":"Europe/Berlin","catalogue":"c","seed":1,"agency":"A","title":"t"}"#;

    fn fault(lines: &[&str]) -> RecordingError {
        Recording::parse(&[&[HEADER], lines].concat().join("\n")).expect_err("is faulty")
    }

    #[test]
    fn a_fault_is_named_with_its_line() {
        let at = r#""at":"2026-06-16T06:00:00+02:00""#;
        let sync = |mono: u32| format!(r#"{{{at},"mono":{mono},"type":"sync"}}"#);
        let on = |rest: &str| format!(r#"{{{at},"mono":9,{rest}}}"#);
        let open = on(r#""type":"shift.open","officer":{"id":"1"}"#);
        let begin = on(r#""type":"case.begin","case":"c1""#);
        let seal = on(r#""type":"case.seal","case":"c1""#);
        let cases: [(Vec<String>, usize, &str); 12] = [
            (vec![begin.clone()], 2, "no shift is open"),
            (vec![open.clone(), begin.clone(), begin.clone()], 4, "begun twice"),
            (vec![open.clone(), begin, seal.clone(), seal], 5, "is sealed"),
            (vec![on(r#""type":"app.kill""#), on(r#""type":"sync""#)], 3, "not running"),
            (vec![on(r#""type":"shift.close""#)], 2, "no shift is open"),
            (vec![sync(0), format!(r#"{{{at},"mono":0,"type":"teleport"}}"#)], 3, "unknown variant"),
            (vec![sync(5), sync(4)], 3, "mono is less"),
            (vec![format!(r#"{{{at},"mono":0,"type":"sync","x":1}}"#)], 2, "unknown field"),
            (vec![r#"{"at":"yesterday","mono":0,"type":"sync"}"#.to_owned()], 2, "RFC 3339"),
            (vec![open, on(r#""type":"case.seal","case":"c1""#)], 3, "has not been begun"),
            (vec!["{".to_owned()], 2, "EOF"),
            (vec![format!(r#"{{{at},"mono":0,"type":"expect","caes":1}}"#)], 2, "unknown field"),
        ];
        for (lines, line, reason) in cases {
            let fault = fault(&lines.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(fault.line, line, "{fault}");
            assert!(fault.reason.contains(reason), "{fault}");
        }
    }

    #[test]
    fn another_version_or_no_header_is_refused() {
        assert_eq!(Recording::parse("").expect_err("is empty").line, 1);
        let newer = HEADER.replace("\"version\":1", "\"version\":2");
        assert!(Recording::parse(&newer).expect_err("is newer").reason.contains("version 2"));
    }

    #[test]
    fn the_recorded_shift_of_this_repository_is_sound() {
        let text = include_str!("../../../tests/shifts/altstadt-fruehschicht.jsonl");
        assert!(Recording::parse(text).expect("is sound").events.len() > 100);
    }
}
