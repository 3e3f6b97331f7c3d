//! What the case worker reads beyond plate, offence and place: a block for each group that the officer recorded.

use streife_core::domain::{
    Check, Confirmation, DurationBasis, Fix, Notes, Observation, Payment, Person, PlateTables, PostalAddress, Scene,
    Valve, Vehicle, WarningTalk, Witness,
};

use super::clock::LocalClock;
use super::format::euros;
use super::html::Text;
use super::tow;
use super::words::{block, framed, line, pill, set, words, yes};
use crate::model::CaseOutcome;

/// All blocks of a case as a row of their own; nothing if there is none.
pub(super) fn row(case: &CaseOutcome, clock: LocalClock<'_>) -> String {
    let facts = &case.facts;
    let blocks = [
        facts.vehicle.as_ref().map(vehicle).unwrap_or_default(),
        place(case, clock),
        observation(&facts.checks, clock),
        scene(&facts.scene),
        persons(&facts.persons),
        facts.talk.as_ref().map(|talk| self::talk(talk, clock)).unwrap_or_default(),
        tow::block(case, clock),
        witnesses(&facts.witnesses),
        confirmed(&facts.confirmed),
        notes(&facts.notes),
    ]
    .concat();
    if blocks.is_empty() {
        return String::new();
    }
    format!(
        "<tr role=\"row\" class=\"more\"><td role=\"cell\" colspan=\"6\"><div class=\"blocks\">\n{blocks}</div></td></tr>\n"
    )
}

/// What stands behind the plate: kind, sign, expiry and what is odd about it.
pub(super) fn plate_notes(case: &CaseOutcome) -> String {
    let Some(vehicle) = &case.facts.vehicle else { return String::new() };
    let reading = vehicle.reading();
    let kind = words(reading.kind);
    let kind = (kind != "standard").then(|| format!("<span class=\"small\">{}</span>", Text(&kind)));
    let until = reading.expires.map(|day| format!("<span class=\"small\">until {day}</span>"));
    let warnings = case.facts.plate_warnings.iter().map(|warning| pill("wait", &words(warning)));
    let doubt = vehicle.doubt().map(|doubt| pill("bad", &format!("{}, stood by", words(doubt.verdict))));
    let parts = kind.into_iter().chain(until).chain(sign(vehicle)).chain(warnings).chain(doubt);
    parts.collect::<Vec<_>>().join(" ")
}

/// The state behind a foreign sign.
fn sign(vehicle: &Vehicle) -> Option<String> {
    let sign = vehicle.plate.nation.as_str();
    let iso = PlateTables::built_in().nations.sign(sign).map(|nation| nation.iso.as_str());
    let other = iso.filter(|iso| *iso != sign && sign != "D");
    other.map(|iso| format!("<span class=\"small\">ISO {}</span>", Text(iso)))
}

fn vehicle(vehicle: &Vehicle) -> String {
    let marks = vehicle.marks.as_ref();
    let trailer = vehicle.trailer.as_ref().map(|plate| format!("{} ({})", plate.text, plate.nation));
    let mass = vehicle.gross_kg.map(|kg| format!("{kg} kg"));
    let flags = vehicle.flags.iter().map(words).collect::<Vec<_>>().join(", ");
    let lettering = marks.and_then(|marks| marks.lettering).map(words);
    let lines = [
        line("trailer", trailer.as_deref()),
        line("gross mass", mass.as_deref()),
        line("VIN", vehicle.vin.as_deref()),
        line("seen", Some(flags.as_str()).filter(|flags| !flags.is_empty())),
        line("lettering", lettering.as_deref()),
        line("camera read", marks.and_then(|marks| marks.raw.as_deref())),
        line("stood by, since", vehicle.doubt().map(|doubt| doubt.reason.as_str())),
    ]
    .concat();
    let kind = words(vehicle.kind);
    if lines.is_empty() && kind == "car" {
        String::new()
    } else {
        block("vehicle", "Vehicle", &(set("kind", &kind) + &lines))
    }
}

fn place(case: &CaseOutcome, clock: LocalClock<'_>) -> String {
    let Some(place) = &case.facts.place else { return String::new() };
    let number = place.house_number.as_ref().map(|number| format!("no. {number}"));
    let within =
        place.built_up.map(|within| if within { "built-up area" } else { "outside built-up areas" }.to_owned());
    let parts = [
        line("street", some(&joined([place.street.clone(), number]))),
        line("postcode", some(&joined([place.postcode.clone(), within]))),
    ]
    .concat();
    let municipality = line("municipality", place.municipality.as_ref().map(|key| key.as_str()));
    let fix = place.fix.as_ref().map(|fix| set("fix", &self::fix(fix, clock))).unwrap_or_default();
    if parts.is_empty() { String::new() } else { block("spot", "Place", &(parts + &municipality + &fix)) }
}

fn fix(fix: &Fix, clock: LocalClock<'_>) -> String {
    let (lat, lon) = fix.degrees();
    let mocked = if fix.mocked { format!(" {}", pill("bad", "simulated")) } else { String::new() };
    format!(
        "{lat:.5}, {lon:.5} ± {:.0} m, {}, {}{mocked}",
        f64::from(fix.accuracy_mm) / 1000.0,
        words(fix.provider),
        clock.hms(fix.at.unix_ms())
    )
}

/// Several looks, or one that noted more than the time.
fn observation(checks: &[Check], clock: LocalClock<'_>) -> String {
    if checks.len() < 2 && checks.iter().all(|check| check.valves.is_empty() && check.disc.is_none()) {
        return String::new();
    }
    let steps: String = checks.iter().map(|check| look(check, clock)).collect();
    let basis = match Observation::new(checks.to_vec()).duration_basis() {
        Some(DurationBasis::Wall) => pill("wait", "by the wall clock, the phone was restarted"),
        Some(DurationBasis::Backwards) => pill("bad", "the clock ran backwards"),
        Some(DurationBasis::Monotonic) | None => String::new(),
    };
    let basis = if basis.is_empty() { basis } else { format!("<p class=\"outcome\">{basis}</p>") };
    framed("looks", "Looks at the vehicle", &format!("{basis}<ol class=\"steps\">{steps}</ol>"))
}

fn look(check: &Check, clock: LocalClock<'_>) -> String {
    let valves = check.valves.iter().map(valve).collect::<Vec<_>>().join(", ");
    let disc = check.disc.map(|disc| format!("disc {}", words(disc)));
    let seen = [Some(valves).filter(|text| !text.is_empty()), disc];
    let seen = seen.into_iter().flatten().collect::<Vec<_>>().join("; ");
    format!("<li><time>{}</time> <span class=\"small\">{}</span></li>", clock.hms(check.at.unix_ms()), Text(&seen))
}

fn valve(valve: &Valve) -> String {
    format!("{} {} {}", words(valve.side), words(valve.axle), u8::from(valve.clock))
}

fn scene(scene: &Scene) -> String {
    let width = scene.remaining_width_cm.map(|cm| format!("{}.{:02} m", cm / 100, cm % 100));
    let lines = [
        line("driver", scene.driver.map(words).as_deref()),
        line("width left", width.as_deref()),
        line("meter", scene.meter.as_deref()),
        line("permit", scene.permit.as_deref()),
    ];
    block("scene", "Scene", &lines.concat())
}

fn persons(persons: &[Person]) -> String {
    let each: String = persons.iter().map(person).collect();
    framed("persons", if persons.len() == 1 { "Person" } else { "Persons" }, &each)
}

fn person(person: &Person) -> String {
    let name = [&person.given_names, &person.family_name].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    let age = person.age.map(|age| format!("about {} to {}", age.from, age.to));
    let born = joined([person.born.map(|day| day.to_string()), person.birth_place.clone()]);
    let lines = [
        line("name", some(&name)),
        line("born", some(&born)),
        line("sex", person.sex.map(words).as_deref()),
        line("age", age.as_deref()),
        line("lives", some(&person.address.as_ref().map(address).unwrap_or_default())),
        line("licence", person.licence.as_deref()),
        line("says", person.statement.as_deref()),
    ];
    format!("<p class=\"who\">{}</p><dl>{}</dl>", words(person.role), lines.concat())
}

/// What there is of it, with commas between.
fn joined<const N: usize>(parts: [Option<String>; N]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn address(address: &PostalAddress) -> String {
    let town = [&address.postcode, &address.town].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    let nation = address.nation.as_ref().map(|nation| format!("({nation})"));
    joined([address.street.clone(), some(&town).map(str::to_owned), nation])
}

fn talk(talk: &WarningTalk, clock: LocalClock<'_>) -> String {
    let told = if talk.instructed { "told of the right to refuse" } else { "not told of the right to refuse" };
    let lines = [
        set("when", &clock.hms(talk.at.unix_ms())),
        set("driver was", told),
        set("ended", &words(talk.outcome)),
        talk.payment.as_ref().map(|payment| set("paid", &paid(payment))).unwrap_or_default(),
    ];
    block("talk", "Talk", &lines.concat())
}

fn paid(payment: &Payment) -> String {
    let receipt = payment.receipt.as_ref().map(|receipt| format!(", receipt {}", Text(receipt))).unwrap_or_default();
    format!("<strong>{}</strong> {}{receipt}", euros(payment.amount_cents.0.into()), words(payment.method))
}

fn witnesses(witnesses: &[Witness]) -> String {
    let each: String = witnesses.iter().map(witness).collect();
    framed("witnesses", if witnesses.len() == 1 { "Witness" } else { "Witnesses" }, &each)
}

fn witness(witness: &Witness) -> String {
    let lines = [
        line("officer", witness.officer.as_deref()),
        line("name", witness.name.as_deref()),
        line("lives", some(&witness.address.as_ref().map(address).unwrap_or_default())),
        line("saw", witness.statement.as_deref()),
        set("may be named", yes(witness.may_be_named)),
    ];
    format!("<dl>{}</dl>", lines.concat())
}

fn confirmed(confirmed: &[Confirmation]) -> String {
    let one = |given: &Confirmation| {
        format!("<p class=\"who\">{}</p><p>{}</p>", pill("wait", &given.finding), Text(&given.reason))
    };
    framed("confirmed", "Confirmed before sealing", &confirmed.iter().map(one).collect::<String>())
}

/// Two boxes that nobody takes for one another.
fn notes(notes: &Notes) -> String {
    let one = |class, title, text: Option<&String>| {
        text.map(|text| framed(class, title, &format!("<p>{}</p>", Text(text)))).unwrap_or_default()
    };
    one("for-citizen", "For the citizen", notes.citizen.as_ref())
        + &one("internal", "Internal, stays with the authority", notes.internal.as_ref())
}
