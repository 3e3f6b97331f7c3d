//! One run.

use streife_core::ports::{Clock, ClockReading};
use streife_e2e::HANDOVER;
use streife_e2e::proxy::{Act, Way};

use crate::bench::{Bench, Figures, Rehearsal};
use crate::drain::drain;
use crate::oracle::{Keys, Left, Seen, judge};
use crate::phone::Phone;
use crate::plan::{Cell, Life, Shape, Step, Strike};
use streife_box::{Fault, Route};
use streife_core::domain::BootId;
use streife_core::sync::protocol::ProblemType;

/// Requests besides those of an undisturbed handover that one fault may cost: no loop, but a new time, token, opening and
/// declaration, and a question for each upload.
const REQUESTS_A_FAULT: u32 = 16;
/// Most that a killed upload sends again: a chunk of the largest size, or a whole photo of the usual shapes.
const CHUNK_BYTES: u64 = 8 << 20;
const PHOTO_BYTES: u64 = 540_000;
/// TLS sessions and manifests.
const OVERHEAD_BYTES: u64 = 50_000;
/// Behind a failure an upload goes on in smaller chunks.
const LEAST_CHUNK_BYTES: u64 = 64 << 10;
/// Head and proof of a request.
const HEAD_BYTES: u64 = 3_000;

/// What a run came to.
pub struct Run {
    pub findings: Vec<String>,
    pub figures: Figures,
}

/// Counts what an undisturbed handover of this shape asks for.
pub fn rehearse(bench: &Bench, shape: Shape) -> Result<Rehearsal, String> {
    let mut phone = Phone::new(bench)?;
    phone.record(shape)?;
    let count = || HANDOVER.map(|route| (route, bench.rig.server.ledger().traffic(route).requests));
    let (before, requests) = (count(), phone.link.requests());
    drain(&phone, &mut |_| {})?;
    let routes = count().into_iter().zip(before).map(|((route, after), (_, before))| (route, after - before)).collect();
    Ok(Rehearsal { requests: phone.link.requests() - requests, routes })
}

/// Runs a cell.
pub fn run(bench: &Bench, cell: &Cell, rehearsal: &Rehearsal) -> Run {
    let done = attempt(bench, cell, rehearsal);
    bench.rig.server.chaos().clear();
    bench.proxy.every(Act::Pass);
    done.unwrap_or_else(|finding| Run { findings: vec![finding], figures: Figures { runs: 1, ..Figures::default() } })
}

fn attempt(bench: &Bench, cell: &Cell, rehearsal: &Rehearsal) -> Result<Run, String> {
    let mut phone = Phone::new(bench)?;
    phone.record(cell.shape)?;
    phone.link.renew(bench);
    for (kind, step) in &cell.strikes {
        strike(&phone, &kind.strike, *step, rehearsal);
    }
    let (wire, requests) = (bench.proxy.wire(), phone.link.requests());
    die(&mut phone, cell)?;
    let life =
        cell.strikes.iter().find_map(|(kind, _)| if let Strike::Life(life) = kind.strike { Some(life) } else { None });
    let mut passed = None;
    let waits = drain(&phone, &mut |phone| {
        passed = phone.client().status().ok().map(|status| status.handed_over as usize);
        life.into_iter().for_each(|life| befall(phone, life));
    })?;
    let (seen, left) = (Seen::of(&bench.rig, phone.client().device()), Left::of(&phone)?);
    let refusals = usize::from(cell.may_refuse()) * cell.strikes.len();
    let (mut findings, mut figures) = judge(&phone.told, &seen, &left, &Keys::of(&phone), refusals);
    figures.sent = bench.proxy.wire().up - wire.up;
    figures.requests = u64::from(phone.link.requests() - requests);
    figures.waits = u64::from(waits);
    figures.unmet = bench.rig.server.chaos().pending() as u64;
    if figures.unmet > 0 && cell.strikes.len() == 1 {
        findings.push("the fault was never met".to_owned());
    }
    if is_of_one_item(cell) && passed.is_some_and(|passed| passed + 1 < phone.told.cases.len()) {
        findings.push(format!("I7: one refusal keeps others waiting: {passed:?} had passed"));
    }
    let most = rehearsal.requests + REQUESTS_A_FAULT * u32::try_from(cell.strikes.len()).expect("one or two");
    let most = u64::from(most) + figures.needed / LEAST_CHUNK_BYTES;
    if figures.requests > most * if cell.strikes.is_empty() { 1 } else { 2 } {
        findings.push(format!("I9: {} requests where {most} would do", figures.requests));
    }
    if cell.strikes.len() == 1 && life == Some(Life::PartsLost) && figures.sent < figures.needed + 150_000 {
        findings.push("nothing was lost at the box, so nothing was shown".to_owned());
    }
    let again = if cell.shape == Shape::Large { CHUNK_BYTES } else { PHOTO_BYTES };
    let overhead = OVERHEAD_BYTES + HEAD_BYTES * figures.requests + figures.needed / 500; // that of TLS records
    if is_killed(cell) && figures.sent > figures.needed + again + overhead {
        findings.push(format!("F17: {} bytes sent for {}: more than one chunk again", figures.sent, figures.needed));
    }
    Ok(Run { findings, figures })
}

/// Whether all that goes wrong is that one item is refused.
fn is_of_one_item(cell: &Cell) -> bool {
    let steps = [Step::Manifest, Step::SmallObject, Step::FirstChunk, Step::LastChunk, Step::Receipt, Step::Event];
    cell.may_refuse() && matches!(cell.strikes.as_slice(), [(_, Some(step))] if steps.contains(step))
}

fn is_killed(cell: &Cell) -> bool {
    let dies = |life: &Strike| matches!(life, Strike::Life(Life::KilledBehind(_) | Life::KilledAtByte(_)));
    cell.strikes.iter().any(|(kind, _)| dies(&kind.strike))
}

fn strike(phone: &Phone<'_>, strike: &Strike, step: Option<Step>, rehearsal: &Rehearsal) {
    let chaos = phone.bench.rig.server.chaos();
    match (strike, step) {
        (Strike::Box(fault), Some(step)) => {
            let of = rehearsal.routes.get(&step.route()).copied().unwrap_or_default();
            let nth = u32::try_from(step.nth(of)).expect("a few").max(1);
            chaos.script(step.route(), nth, fault.clone());
        }
        (Strike::Wire(acts), _) => phone.bench.proxy.script(acts.iter().cloned()),
        (Strike::Life(Life::ClockBy(by_ms)), _) => set_clock(phone, *by_ms),
        (Strike::Life(Life::OneFailure), _) => phone.bench.proxy.script([Act::Refuse]),
        (Strike::Life(Life::ClockInRetry(_) | Life::RepeatedHour | Life::Reboot), _) => {
            let fault = Fault::Problem { kind: ProblemType::Maintenance, retry_after: Some("600".to_owned()) };
            chaos.script(Route::CasePut, 1, fault);
        }
        (Strike::Life(Life::KilledBehind(requests)), _) => phone.link.die_behind(*requests),
        (Strike::Life(Life::PartsLost), _) => {
            chaos.script(Route::UploadPatch, 1, Fault::DropInBody { after: 200_000 });
        }
        (Strike::Life(Life::KilledAtByte(after)), _) => {
            phone.bench.proxy.script([Act::Cut { way: Way::Up, after: *after }]);
            phone.bench.proxy.every(Act::Refuse);
        }
        (Strike::Box(_), None) => unreachable!("a box misbehaves at a step"),
    }
}

/// The app that is to die is called once, dies, and is opened again.
fn die(phone: &mut Phone<'_>, cell: &Cell) -> Result<(), String> {
    if is_killed(cell) {
        phone.sync()?;
        phone.close();
        phone.bench.proxy.every(Act::Pass);
        phone.open()?;
    }
    Ok(())
}

/// What happens to the phone while it waits.
fn befall(phone: &Phone<'_>, life: Life) {
    let now = phone.clock.read();
    match life {
        Life::ClockInRetry(by_ms) => set_clock(phone, by_ms),
        Life::RepeatedHour => phone.clock.set(ClockReading { offset_s: now.offset_s - 3_600, ..now }),
        Life::Reboot => phone.clock.set(ClockReading { mono_ms: 1, boot: BootId([0xb1; 16]), ..now }),
        Life::PartsLost => lose_parts(&phone.bench.rig.folder.path().join("box")),
        _ => {}
    }
}

/// Removes every unfinished upload below a box's folder.
fn lose_parts(folder: &std::path::Path) {
    for entry in std::fs::read_dir(folder).expect("lists") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            lose_parts(&path);
        } else if path.extension().is_some_and(|extension| extension == "part") {
            std::fs::remove_file(path).expect("removes");
        }
    }
}

fn set_clock(phone: &Phone<'_>, by_ms: i64) {
    let now = phone.clock.read();
    phone.clock.set(ClockReading { unix_ms: now.unix_ms + by_ms, ..now });
}
