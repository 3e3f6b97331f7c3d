//! Cells that need more hands than a script: threads, valves, silence, copies.

use std::net::TcpListener;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use streife_box::{Fault, Route};
use streife_core::client::{Retention, SyncEnd, SyncLimits};
use streife_core::sync::Network;
use streife_core::vault::CaseState;
use streife_e2e::proxy::{Act, Valve, Way};
use streife_e2e::{HANDOVER, Rig, sync};

use crate::bench::Bench;
use crate::drain::drain;
use crate::oracle::{Keys, Left, Seen, judge};
use crate::phone::{Phone, copy_folder};
use crate::plan::Shape;

/// How long a phone of these cells waits for an answer that never comes.
const PATIENCE: Duration = Duration::from_secs(1);

const DAY_MS: i64 = 24 * 3_600_000;
const MOST_ATTEMPTS_A_DAY: u32 = 120;

/// All of them.
pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("F13/five-copies-hand-over-at-once/company", five_copies),
        Trial::test("F26/capture-during-an-upload/one", capture_during_upload),
        Trial::test("F25/a-day-without-a-box/company", a_day_without_a_box),
        Trial::test("F28/box-is-set-back-before-the-receipt/three", box_is_set_back),
        Trial::test("F28/box-is-set-back-behind-the-receipt/three", box_has_lost_a_receipted_case),
        Trial::test("F14/redirect-is-not-followed/every-step", redirects_lead_nowhere),
        Trial::test("F12/slow-link-and-a-deadline/three", slow_link),
        Trial::test("F12/black-hole/company", || silent(Act::BlackHole)),
        Trial::test("F12/half-open-up/company", || silent(Act::HalfOpen { way: Way::Up, after: 9_000 })),
        Trial::test("F12/half-open-down/company", || silent(Act::HalfOpen { way: Way::Down, after: 4_000 })),
    ];
    for (name, route) in [
        ("token", Route::TokenPost),
        ("manifest", Route::CasePut),
        ("last-chunk", Route::UploadPatch),
        ("receipt", Route::ReceiptGet),
        ("seal", Route::SealPut),
    ] {
        trials.push(Trial::test(format!("F12/silence-after-commit/{name}/company"), move || silent_box(route)));
    }
    trials
}

/// Everything that was sealed is at the box and nothing else.
fn holds(phone: &Phone<'_>) -> Result<(), Failed> {
    let (seen, left) = (Seen::of(&phone.bench.rig, phone.client().device()), Left::of(phone)?);
    let (findings, _) = judge(&phone.told, &seen, &left, &Keys::of(phone), 0);
    if findings.is_empty() { Ok(()) } else { Err(findings.join("\n").into()) }
}

/// A directory that was copied, or five engines: one case is one case.
fn five_copies() -> Result<(), Failed> {
    let bench = Bench::new();
    let mut phone = Phone::new(&bench)?;
    phone.record(Shape::Company)?;
    phone.close();
    let copies = (0..5).map(|_| phone.copy()).collect::<Result<Vec<_>, _>>()?;
    let results: Vec<Result<(), String>> = std::thread::scope(|scope| {
        let work = |copy| scope.spawn(move || drain_beside_others(copy));
        let threads: Vec<_> = copies.iter().map(work).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    results.into_iter().collect::<Result<Vec<_>, _>>()?;
    copies.iter().try_for_each(holds)
}

/// The clock is everybody's here, so a wait may be over before it is waited for.
fn drain_beside_others(phone: &Phone<'_>) -> Result<(), String> {
    for _ in 0..100 {
        match phone.sync()?.end {
            SyncEnd::Idle => return Ok(()),
            SyncEnd::WaitUntil(until) => {
                phone.wait_ms(u32::try_from((until - phone.now_ms()).clamp(1, 60_000)).expect("in bounds"));
            }
            other => return Err(format!("ended for no reason: {other:?}")),
        }
    }
    Err("I6: does not drain beside others".to_owned())
}

/// A case is sealed while the photo of another is on its way.
fn capture_during_upload() -> Result<(), Failed> {
    let bench = Bench::new();
    let mut phone = Phone::new(&bench)?;
    phone.seal(1)?;
    phone.link.renew(&bench);
    let valve = Valve::default();
    bench.proxy.script([Act::Hold { way: Way::Up, after: 200_000, valve: valve.clone() }]);
    let case = std::thread::scope(|scope| {
        let syncing = scope.spawn(|| phone.sync());
        valve.wait_for_bytes();
        let case = bench.rig.seal_case(phone.client(), 1);
        valve.open();
        syncing.join().expect("no panic").map(|_| case)
    })?;
    let count = Seen::of(&bench.rig, phone.client().device()).cases.len();
    drain(&phone, &mut |_| {})?;
    let seen = Seen::of(&bench.rig, phone.client().device());
    let stored = seen.cases.iter().find(|stored| stored.case == case).ok_or("I1: the second case is not there")?;
    if seen.cases.len() != 2 || count == 0 || stored.objects.iter().any(|object| object.file.is_none()) {
        return Err(format!("{} cases, {count} before the last call", seen.cases.len()).into());
    }
    let left = Left::of(&phone)?;
    let other: Vec<_> = phone.told.cases.keys().filter(|case| left.rows.contains_key(case)).collect();
    if other.len() == 1 && left.files.is_empty() { Ok(()) } else { Err("something is left on the phone".into()) }
}

/// Nothing answers for a day: attempts are few, the timer never ends, and then everything goes without a hand.
fn a_day_without_a_box() -> Result<(), Failed> {
    let bench = Bench::new();
    let mut phone = Phone::new(&bench)?;
    phone.record(Shape::Company)?;
    phone.link.renew(&bench);
    bench.proxy.every(Act::Refuse);
    let (begun, requests) = (phone.now_ms(), phone.link.requests());
    while phone.now_ms() - begun < DAY_MS {
        let SyncEnd::WaitUntil(until) = phone.sync()?.end else { return Err("gives up".into()) };
        phone.wait_ms(u32::try_from((until - phone.now_ms()).max(1)).expect("in bounds"));
    }
    let attempts = phone.link.requests() - requests;
    if attempts > MOST_ATTEMPTS_A_DAY {
        return Err(format!("I9: {attempts} attempts in a day").into());
    }
    bench.proxy.every(Act::Pass);
    drain(&phone, &mut |_| {})?;
    holds(&phone)
}

/// A box that comes back from a copy of last night has lost what a phone has sent and holds no receipt of: it is sent again.
fn box_is_set_back() -> Result<(), Failed> {
    let rig = Rig::new();
    let client = rig.on_patrol();
    let case = rig.seal_case(&client, 3);
    let (box_, copy) = (rig.folder.path().join("box"), rig.folder.path().join("last-night"));
    copy_folder(&box_, &copy)?;
    rig.server.chaos().script(Route::ReceiptGet, 1, Fault::Status { status: 503, retry_after_s: Some(5) });
    let _report = sync(&client, Network::Unmetered);
    let complete = |rig: &Rig| {
        let stored = rig.server.ledger().case(case).expect("reads");
        stored.is_some_and(|stored| stored.objects.iter().all(|object| object.file.is_some()))
    };
    if !complete(&rig) {
        return Err("it was to be sent whole".into());
    }
    drop(client);
    let rig = rig.restart_box_after(|folder| {
        std::fs::remove_dir_all(folder).expect("removes");
        std::fs::rename(&copy, folder).expect("renames");
    });
    if rig.server.ledger().case(case).expect("reads").is_some() {
        return Err("the box was to be set back".into());
    }
    let client = rig.open();
    let _waits = rig.drain(&client);
    let state = client.case(case).map_err(|error| format!("{error:?}"))?.state;
    if complete(&rig) && state == CaseState::Purged { Ok(()) } else { Err(format!("ends as {state:?}").into()) }
}

/// The same behind the receipt: the comparison finds it, and what the phone still has goes once more.
fn box_has_lost_a_receipted_case() -> Result<(), Failed> {
    let mut rig = Rig::new();
    rig.retention = Retention::default();
    let client = rig.on_patrol();
    let case = rig.seal_case(&client, 3);
    let (box_, copy) = (rig.folder.path().join("box"), rig.folder.path().join("last-night"));
    copy_folder(&box_, &copy)?;
    if sync(&client, Network::Unmetered).receipts != 1 {
        return Err("it was to be receipted".into());
    }
    drop(client);
    let rig = rig.restart_box_after(|folder| {
        std::fs::remove_dir_all(folder).expect("removes");
        std::fs::rename(&copy, folder).expect("renames");
    });
    let client = rig.open();
    let compared = client.reconcile(&SyncLimits::over(Network::Unmetered));
    compared.map_err(|error| format!("I10: {error:?}"))?;
    let _waits = rig.drain(&client);
    let stored = rig.server.ledger().case(case).expect("reads").ok_or("I1: it was not sent again")?;
    let is_whole = stored.receipt.is_some() && stored.objects.iter().all(|object| object.file.is_some());
    let state = client.case(case).map_err(|error| format!("{error:?}"))?.state;
    if is_whole && state == CaseState::Receipted { Ok(()) } else { Err(format!("ends as {state:?}").into()) }
}

/// No request of a phone, with or without a token, is ever seen where a redirect leads.
fn redirects_lead_nowhere() -> Result<(), Failed> {
    let elsewhere = TcpListener::bind("127.0.0.1:0")?;
    elsewhere.set_nonblocking(true)?;
    let bench = Bench::new();
    let mut phone = Phone::new(&bench)?;
    phone.record(Shape::Company)?;
    let chaos = bench.rig.server.chaos();
    for route in HANDOVER {
        for status in [302, 307, 308] {
            let location = format!("https://{}/v1/box", elsewhere.local_addr()?);
            chaos.script(route, 1, Fault::Redirect { status, location });
        }
    }
    drain(&phone, &mut |_| {})?;
    holds(&phone)?;
    match (chaos.pending(), elsewhere.accept()) {
        (0, Err(_)) => Ok(()),
        (pending, met) => Err(format!("{pending} redirects unmet, met elsewhere: {}", met.is_ok()).into()),
    }
}

/// A link whose bytes take simulated time: calls with a deadline end at it, and the next ones go on.
fn slow_link() -> Result<(), Failed> {
    let bench = Bench::new();
    let mut phone = Phone::new(&bench)?;
    phone.record(Shape::Three)?;
    phone.link.renew(&bench);
    bench.proxy.slow(phone.clock.clone(), 1_000_000);
    let limits = SyncLimits { max_ms: Some(4_000), ..SyncLimits::over(Network::Unmetered) };
    let mut deadlines = 0;
    for _ in 0..60 {
        match phone.client().sync(&limits).map_err(|error| format!("{error:?}"))?.end {
            SyncEnd::Deadline => deadlines += 1,
            SyncEnd::Idle if deadlines > 0 => return holds(&phone),
            SyncEnd::WaitUntil(until) => {
                phone.wait_ms(u32::try_from((until - phone.now_ms()).max(0)).expect("in bounds"));
            }
            other => return Err(format!("{other:?} behind {deadlines} deadlines").into()),
        }
    }
    Err(format!("I6: does not drain, {deadlines} deadlines").into())
}

/// A connection on which nothing answers any more: patience ends it, the rest heals.
fn silent(act: Act) -> Result<(), Failed> {
    let bench = Bench::new();
    let mut phone = Phone::new(&bench)?;
    phone.record(Shape::Company)?;
    phone.link.renew_impatient(&bench, PATIENCE);
    bench.proxy.script([act]);
    drain(&phone, &mut |_| {})?;
    holds(&phone)
}

fn silent_box(route: Route) -> Result<(), Failed> {
    let bench = Bench::new();
    let mut phone = Phone::new(&bench)?;
    phone.record(Shape::Company)?;
    phone.link.renew_impatient(&bench, PATIENCE);
    bench.rig.server.chaos().script(route, 1, Fault::Silence);
    drain(&phone, &mut |_| {})?;
    holds(&phone)
}
