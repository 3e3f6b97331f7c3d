//! Faults by name, for people: `ROUTE:NTH:FAULT`, such as `case-put:1:drop-after` or
//! `upload-patch:2:problem=upload-offset`.

use std::str::FromStr;

use super::{Fault, Lie};
use crate::Route;

/// A fault and the request that meets it.
///
/// `ROUTE` is a kind of request, `NTH` counts from 1. Values follow `=` and are parted by commas:
/// `status=503,10` (seconds of `Retry-After`), `problem=rate-limited,-1` (`Retry-After` to the letter),
/// `redirect=302,https://other.example/`, `drop-in-body=1000` (bytes), `lie=stored-nothing`.
#[derive(Clone, Debug)]
pub struct ScriptedFault {
    /// The kind of request.
    pub route: Route,
    /// Which of them, counted from 1.
    pub nth: u32,
    /// What goes wrong.
    pub fault: Fault,
}

/// What is wrong with the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordError {
    /// Not three parts, or the second is no number.
    #[error("expected ROUTE:NTH:FAULT")]
    Shape,
    /// No such kind of request.
    #[error(
        "unknown kind of request; one of box-get, time-get, device-put, numbers-put, token-post, recipients-get, \
             catalogue-get, shift-put, seal-put, case-put, case-get, receipt-get, object-put, upload-head, upload-patch, \
             upload-delete, event-put"
    )]
    Route,
    /// No such fault, or its value does not fit.
    #[error(
        "unknown fault; one of status=N[,S], problem=TYPE[,TEXT], drop-before, drop-in-body=N, drop-after, \
             drop-in-answer, twice, late, trickle, silence, html, portal, redirect=N,URL, lie=KIND, huge, header-flood"
    )]
    Fault,
}

impl FromStr for ScriptedFault {
    type Err = WordError;

    fn from_str(words: &str) -> Result<Self, WordError> {
        let mut parts = words.splitn(3, ':');
        let (route, nth, fault) = (parts.next(), parts.next(), parts.next());
        let (Some(route), Some(nth), Some(fault)) = (route, nth, fault) else { return Err(WordError::Shape) };
        let nth = nth.parse().ok().filter(|nth| *nth > 0).ok_or(WordError::Shape)?;
        let route = ROUTES.iter().find(|(name, _)| *name == route).ok_or(WordError::Route)?.1;
        Ok(Self { route, nth, fault: parse(fault).ok_or(WordError::Fault)? })
    }
}

fn parse(words: &str) -> Option<Fault> {
    let (name, value) = words.split_once('=').unwrap_or((words, ""));
    let (first, second) = value.split_once(',').map_or((value, None), |(first, second)| (first, Some(second)));
    Some(match (name, value.is_empty()) {
        ("status", false) => {
            Fault::Status { status: first.parse().ok()?, retry_after_s: second.map(str::parse).transpose().ok()? }
        }
        ("problem", false) => {
            let kind = serde_json::from_value(serde_json::Value::from(first)).ok()?;
            Fault::Problem { kind, retry_after: second.map(str::to_owned) }
        }
        ("drop-in-body", false) => Fault::DropInBody { after: value.parse().ok()? },
        ("redirect", false) => Fault::Redirect { status: first.parse().ok()?, location: second?.to_owned() },
        ("lie", false) => Fault::Lie(LIES.iter().find(|(name, _)| *name == value)?.1),
        (_, true) => FAULTS.iter().find(|(known, _)| *known == name)?.1.clone(),
        _ => return None,
    })
}

const FAULTS: [(&str, Fault); 11] = [
    ("drop-before", Fault::DropBefore),
    ("drop-after", Fault::DropAfter),
    ("drop-in-answer", Fault::DropInAnswer),
    ("twice", Fault::Twice),
    ("late", Fault::Late),
    ("trickle", Fault::Trickle),
    ("silence", Fault::Silence),
    ("html", Fault::Html),
    ("portal", Fault::Portal),
    ("huge", Fault::Huge),
    ("header-flood", Fault::HeaderFlood),
];

const LIES: [(&str, Lie); 9] = [
    ("empty", Lie::Empty),
    ("empty-object", Lie::EmptyObject),
    ("wrong-object", Lie::WrongObject),
    ("stored-nothing", Lie::StoredNothing),
    ("half", Lie::Half),
    ("receipt-of-other-case", Lie::ReceiptOfOtherCase),
    ("receipt-by-other-key", Lie::ReceiptByOtherKey),
    ("receipt-with-other-hash", Lie::ReceiptWithOtherHash),
    ("receipt-of-less", Lie::ReceiptOfLess),
];

const ROUTES: [(&str, Route); 17] = [
    ("box-get", Route::BoxGet),
    ("time-get", Route::TimeGet),
    ("device-put", Route::DevicePut),
    ("numbers-put", Route::NumbersPut),
    ("token-post", Route::TokenPost),
    ("recipients-get", Route::RecipientsGet),
    ("catalogue-get", Route::CatalogueGet),
    ("shift-put", Route::ShiftPut),
    ("seal-put", Route::SealPut),
    ("case-put", Route::CasePut),
    ("case-get", Route::CaseGet),
    ("receipt-get", Route::ReceiptGet),
    ("object-put", Route::ObjectPut),
    ("upload-head", Route::UploadHead),
    ("upload-patch", Route::UploadPatch),
    ("upload-delete", Route::UploadDelete),
    ("event-put", Route::EventPut),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &str) -> Result<String, WordError> {
        words.parse().map(|ScriptedFault { route, nth, fault }| format!("{route:?} {nth} {fault:?}"))
    }

    #[test]
    fn a_person_names_a_fault_in_words() {
        assert_eq!(words("case-put:1:drop-after").expect("words"), "CasePut 1 DropAfter");
        assert_eq!(words("upload-patch:2:lie=stored-nothing").expect("words"), "UploadPatch 2 Lie(StoredNothing)");
        assert_eq!(
            words("token-post:3:redirect=307,https://other.example/").expect("words"),
            r#"TokenPost 3 Redirect { status: 307, location: "https://other.example/" }"#
        );
        assert_eq!(
            words("upload-patch:1:problem=rate-limited,-1").expect("words"),
            r#"UploadPatch 1 Problem { kind: RateLimited, retry_after: Some("-1") }"#
        );
        assert_eq!(
            words("case-put:1:status=503,10").expect("words"),
            "CasePut 1 Status { status: 503, retry_after_s: Some(10) }"
        );
    }

    #[test]
    fn words_that_name_nothing_are_refused() {
        for (wrong, error) in [
            ("case-put", WordError::Shape),
            ("case-put:0:html", WordError::Shape),
            ("cases-put:1:html", WordError::Route),
            ("case-put:1:html=1", WordError::Fault),
            ("case-put:1:status", WordError::Fault),
            ("case-put:1:problem=none", WordError::Fault),
            ("case-put:1:hold", WordError::Fault),
        ] {
            assert_eq!(words(wrong).expect_err("refused"), error, "{wrong}");
        }
    }
}
