//! The page holds together: it escapes, it loads nothing, it parses, it shows what failed.

use super::axis::Axis;
use super::clock::LocalClock;
use super::html::Text;
use super::sample::{self, BEGIN_MS, THUMBNAIL};
use super::{format, render};
use crate::model::OffsetChange;

/// What could break out of text, of an attribute, of the title, of the style or of an SVG.
const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title></style></svg></table><h1>",
    "<!-- --> <![CDATA[ ]]>",
    "&lt;b&gt; &#60;b&#62;",
    "javascript:alert(1)",
    "M-AB\u{0}\u{202e}4321 BA\r\n",
];

/// Names of tags and attributes in their order; panics where tags do not balance or attributes are not quoted.
fn skeleton(page: &str) -> Vec<String> {
    let (mut rest, mut open, mut found) = (page, Vec::new(), Vec::new());
    while let Some(at) = rest.find('<') {
        let tag = &rest[at + 1..];
        let (name, attributes, after) = read_tag(tag);
        rest = after;
        if name.starts_with('!') {
            continue;
        }
        if let Some(closed) = name.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(closed), "closes what is open");
            continue;
        }
        found.push(format!("{name} {}", attributes.join(" ")));
        if !is_void(&name) && !tag[..tag.len() - rest.len()].ends_with("/>") {
            open.push(name.clone());
        }
        if name == "style" {
            rest = &rest[rest.find("</style>").expect("the style ends")..];
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    found
}

/// Name, names of attributes, and what follows the tag.
fn read_tag(tag: &str) -> (String, Vec<String>, &str) {
    let end = tag.find(['>', ' ']).expect("a tag ends");
    let name = tag[..end].trim_end_matches('/').to_owned();
    let (mut rest, mut attributes) = (&tag[end..], Vec::new());
    loop {
        rest = rest.trim_start_matches([' ', '/']);
        if let Some(after) = rest.strip_prefix('>') {
            return (name, attributes, after);
        }
        let end = rest.find(['=', ' ', '>']).expect("an attribute ends");
        attributes.push(rest[..end].to_owned());
        rest = &rest[end..];
        if let Some(value) = rest.strip_prefix('=') {
            let value = value.strip_prefix('"').expect("attributes are quoted");
            rest = &value[value.find('"').expect("the quote ends") + 1..];
        }
    }
}

fn is_void(name: &str) -> bool {
    matches!(name, "meta" | "link" | "img" | "br" | "hr")
}

#[test]
fn text_is_escaped() {
    assert_eq!(Text("<a href=\"x\">'&'</a>").to_string(), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
    assert_eq!(Text("Fürstenstraße 5 – €").to_string(), "Fürstenstraße 5 – €");
}

#[test]
fn text_cannot_turn_the_writing_direction() {
    assert_eq!(Text("AB\u{202e}21\u{0}\n").to_string(), "AB\u{fffd}21\u{fffd} ");
}

#[test]
fn hostile_texts_change_no_tag() {
    let harmless = skeleton(&render(&sample::with_text("x?")));
    for text in HOSTILE {
        assert_eq!(skeleton(&render(&sample::with_text(text))), harmless, "{text}");
    }
}

#[test]
fn hostile_texts_are_shown_and_not_swallowed() {
    for text in HOSTILE {
        assert!(render(&sample::with_text(text)).contains(&Text(text).to_string()), "{text}");
    }
}

#[test]
fn a_page_loads_nothing() {
    let page = render(&sample::shift());
    assert!(page.contains("default-src 'none'"));
    for scheme in ["http:", "https:", "//", "@import", "<script", "<iframe", "<object", "javascript:"] {
        assert!(!page.replace(THUMBNAIL, "").contains(scheme), "{scheme}");
    }
    for (attribute, allowed) in [("src=\"", "data:image/jpeg;base64,"), ("href=\"", "#"), ("url(", "#")] {
        let foreign = |value: &&str| !value.starts_with(allowed) && !value.starts_with("data:,");
        assert_eq!(page.split(attribute).skip(1).find(foreign).map(|value| value.get(..40)), None);
    }
}

#[test]
fn every_case_and_photo_is_on_the_page() {
    let outcome = sample::shift();
    let page = render(&outcome);
    skeleton(&page);
    for case in &outcome.cases {
        assert!(page.contains(&format!(">{}</span>", case.label)), "{}", case.label);
    }
    assert_eq!(page.matches("<img ").count(), 65);
    assert_eq!(page.matches("loading=\"lazy\"").count(), 65);
    assert!(page.contains("All holds"));
    assert!(!page.contains("class=\"alarm\""));
}

#[test]
fn a_failed_check_stands_first_and_in_the_list() {
    let mut outcome = sample::shift();
    outcome.checks.push(sample::check("nothing shows in clear", false));
    let page = render(&outcome);
    assert!(page.contains("1 check failed"));
    assert!(!page.contains("All holds"));
    let alarm = page.find("class=\"alarm\"").expect("failures are loud");
    assert!(alarm < page.find("class=\"tiles\"").expect("there are tiles"));
    assert_eq!(page.matches("nothing shows in clear").count(), 2);
}

#[test]
fn a_photo_that_differs_spoils_the_verdict() {
    let mut outcome = sample::shift();
    if let Some(photo) = outcome.cases.first_mut().and_then(|case| case.photos.first_mut()) {
        photo.equal = false;
    }
    let page = render(&outcome);
    assert!(page.contains("1 case with findings"));
    assert!(page.contains("Photo case-01-1 differs from its original."));
    assert!(page.contains("class=\"photo bad\""));
}

#[test]
fn a_count_of_failures_without_a_failed_check_is_believed() {
    let mut outcome = sample::shift();
    outcome.summary.failed_checks = 3;
    assert!(render(&outcome).contains("3 checks failed"));
}

#[test]
fn an_empty_outcome_proves_nothing_and_does_not_panic() {
    let page = render(&sample::empty());
    skeleton(&page);
    assert!(page.contains("Nothing was checked"));
}

#[test]
fn extreme_numbers_do_not_panic() {
    let mut outcome = sample::shift();
    (outcome.recording.from_ms, outcome.recording.to_ms) = (i64::MIN, i64::MAX);
    outcome.recording.offset_s = i32::MIN;
    (outcome.summary.bytes_sent, outcome.summary.amount_cents) = (u64::MAX, u64::MAX);
    outcome.timing.total_s = f64::NAN;
    for (case, at) in outcome.cases.iter_mut().zip([i64::MIN, i64::MAX]) {
        (case.begun_ms, case.sealed_ms, case.receipted_ms, case.duration_s) = (at, Some(at), Some(!at), u64::MAX);
    }
    for (call, bytes) in outcome.syncs.iter_mut().zip([0, u64::MAX]) {
        (call.at_ms, call.bytes) = (i64::MIN, bytes);
    }
    let page = render(&outcome);
    skeleton(&page);
    assert!(!page.contains("NaN") && !page.contains("inf%"));
}

#[test]
fn local_time_follows_the_offset() {
    let clock = LocalClock { offset_s: 7200, changes: &[] };
    assert_eq!((clock.hms(BEGIN_MS), clock.zone()), ("06:00:00".to_owned(), "UTC+02:00".to_owned()));
    assert_eq!(clock.date(BEGIN_MS), "Tuesday, 16 June 2026");
    assert_eq!(LocalClock { offset_s: -18_000, changes: &[] }.iso_date(BEGIN_MS - 3_600_000 * 24), "2026-06-14");
    assert_eq!(LocalClock { offset_s: 0, changes: &[] }.date(951_782_400_000), "Tuesday, 29 February 2000");
}

#[test]
fn ticks_are_full_local_hours() {
    let recording = sample::shift().recording;
    let axis = Axis::of(&recording);
    let hours: Vec<String> = axis.ticks().into_iter().map(|at| axis.clock.hm(at)).collect();
    assert_eq!(hours, ["06:00", "07:00", "08:00", "09:00", "10:00", "11:00", "12:00", "13:00", "14:00"]);
}

#[test]
fn numbers_read_well() {
    assert_eq!((format::grouped(1_234_567), format::euros(120_505)), ("1,234,567".into(), "€1,205.05".into()));
    let sizes = [0, 999, 1000, 99_949, 999_400, 999_600, 188_000_000].map(format::bytes);
    assert_eq!(sizes, ["0 B", "999 B", "1.0 kB", "99.9 kB", "999 kB", "1.0 MB", "188 MB"]);
    let spans = [-5, 999, 35_000, 128_000, 28_980_000].map(format::span);
    assert_eq!(spans, ["under 1 s", "under 1 s", "35 s", "2 min 08 s", "8 h 03 min"]);
    assert_eq!([0.0345, 1.5, 41.23, 119.7].map(format::seconds), ["34 ms", "1.50 s", "41.2 s", "2 min 00 s"]);
}

#[test]
fn a_case_shows_what_was_recorded_of_it() {
    let mut outcome = sample::shift();
    let first = outcome.cases.first_mut().expect("a case");
    first.facts = sample::facts("Muster");
    let page = render(&outcome);
    skeleton(&page);
    for shown in [
        "short term",
        "expired",
        "ambiguous, stood by",
        "2.05 m",
        "told of the right to refuse",
        "€55.00",
        "card, receipt Muster",
        "<time>06:02:00</time> <strong>ordered</strong>",
        "<strong>empty run</strong> <span class=\"small\">after 1 h 05 min",
        "left front 4, left rear 4",
        "For the citizen",
        "Internal, stays with the authority",
        "may be named</dt><dd>no",
        "Confirmed before sealing",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert_eq!(page.matches("name</dt><dd>Muster Muster").count(), 1, "a name stands in its case alone");
}

#[test]
fn a_tow_without_an_end_is_awaited() {
    let mut outcome = sample::shift();
    let first = outcome.cases.first_mut().expect("a case");
    first.facts = sample::facts("Muster");
    first.facts.tow.iter_mut().for_each(|tow| (tow.arrived, tow.finished, tow.outcome) = (None, None, None));
    let page = render(&outcome);
    assert!(page.contains("still awaited") && !page.contains("empty run"));
}

#[test]
fn a_time_that_comes_twice_is_told_apart() {
    const CHANGE_MS: i64 = 1_792_890_000_000; // 2026-10-25, 01:00 UTC
    let changes = [OffsetChange { at_ms: CHANGE_MS, offset_s: 3600 }];
    let clock = LocalClock { offset_s: 7200, changes: &changes };
    let half = 1_800_000;
    let shown = [-3 * half, -half, half, 3 * half].map(|after| clock.hm(CHANGE_MS + after));
    assert_eq!(shown, ["01:30", "02:30+02", "02:30+01", "03:30"]);
    assert_eq!(clock.zone(), "UTC+02:00, then UTC+01:00");
    assert!(clock.same_day(CHANGE_MS - half, CHANGE_MS + half) && !clock.same_day(CHANGE_MS, CHANGE_MS - 7 * half));
}

#[test]
fn waiting_is_told_with_its_reason_and_its_time() {
    let mut outcome = sample::shift();
    assert!(!render(&outcome).contains("class=\"waiting\""), "nothing waited");
    let from = BEGIN_MS + 60 * 60_000;
    for (call, minute) in outcome.syncs.iter_mut().zip([0, 10, 30]) {
        call.at_ms = from + minute * 60_000;
        call.waiting = (minute < 30).then(|| "waiting for Wi-Fi".to_owned());
        (call.end, call.retries) = ("waits".to_owned(), 2);
    }
    outcome.syncs.truncate(3);
    (outcome.summary.retries, outcome.summary.receipts) = (6, 23);
    let page = render(&outcome);
    assert!(
        page.contains("<title>07:00:00 to 07:30:00: waiting for Wi-Fi, 30 min</title>"),
        "one stretch of two calls"
    );
    assert!(page.contains("<dt>waiting for Wi-Fi</dt><dd>30 min <span class=\"small\">1 time</span></dd>"));
    assert!(page.contains("in 3 calls of sync; 6 tried again, 23 receipts"));
}
