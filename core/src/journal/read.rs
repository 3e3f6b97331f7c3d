//! Reading a recording.

use super::sequence::check_sequence;
use super::{Header, TimedEvent};

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
        check_sequence(&events).map_err(|(line, reason)| error(line, reason))?;
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
        let reboot = on(r#""type":"phone.reboot""#);
        let tow = |rest: &str| on(&format!(r#""type":"case.tow","case":"c1",{rest}"#));
        let cases: [(Vec<String>, usize, &str); 19] = [
            (vec![begin.clone()], 2, "no shift is open"),
            (vec![reboot.clone(), on(r#""type":"sync""#)], 3, "not running"),
            (vec![on(r#""type":"expect","findings":[]"#)], 2, "findings of no case"),
            (vec![on(r#""type":"expect","case":"c1","cases":1"#)], 2, "findings of no case"),
            (vec![open.clone(), begin.clone(), tow(r#""step":"arrived""#)], 4, "was not ordered"),
            (vec![open.clone(), begin.clone(), tow(r#""step":"ordered""#)], 4, "without a reason"),
            (
                vec![open.clone(), begin.clone(), tow(r#""step":"ordered","reason":"r","outcome":"towed""#)],
                4,
                "belong together",
            ),
            (
                vec![
                    open.clone(),
                    begin.clone(),
                    tow(r#""step":"ordered","reason":"r","damage":[{"text":"t","photo":"p"}]"#),
                ],
                4,
                "photo p",
            ),
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

    #[test]
    fn a_member_of_another_event_is_refused_in_one_that_is_put_together() {
        let at = r#""at":"2026-06-16T06:00:00+02:00","mono":0"#;
        let vehicle = r#""type":"case.vehicle","case":"c1","plate":"M-AB 1","nation":"D","kind":"car""#;
        for line in [
            format!("{{{at},{vehicle},\"firm\":\"x\"}}"),
            format!(r#"{{{at},"type":"case.scene","case":"c1","text":"x"}}"#),
        ] {
            assert!(fault(&[&line]).reason.contains("unknown field"), "{line}");
        }
    }
}
