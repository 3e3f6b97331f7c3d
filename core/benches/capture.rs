//! Recording one case with three 4 MB photos, each durable on its own, against the bundled floor.
//!
//! Both run in turn in one process on one disk, so a machine that slows down slows both. The ratio of the medians is
//! printed at the end; it is to stay within 1.25.

mod floor;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use streife_core::client::{Client, Config, Ports, StorageConfig};
use streife_core::domain::{
    Agency, CaseEdit, NamedOffence, OffenceRelation, Officer, PhotoClass, Place, Plate, Vehicle, VehicleKind,
};
use streife_core::ports::{NoAnchor, OsEntropy};
use streife_core::seal::SoftwareKey;
use streife_core::testing::{
    DangerousSoftwareKeyStore, DangerousSoftwareSigner, DevAgency, ScriptedTransport, SimClock, photo,
};

use floor::Floor;

const MORNING_MS: i64 = 1_781_582_400_000;
const LIMIT: f64 = 1.25;

fn phone(folder: &Path) -> Client {
    let agency = DevAgency::found("Agency", &OsEntropy).expect("founded");
    let key = || SoftwareKey::generate(&OsEntropy).expect("randomness");
    let config = Config {
        folder: folder.to_owned(),
        agency: Agency("Agency".to_owned()),
        agency_root: agency.root.verifying_key(),
        box_key: key().verifying_key(),
        app: "bench".to_owned(),
        metered_limit: 0,
        storage: StorageConfig { ballast: 0, ..StorageConfig::default() },
    };
    let ports = Ports {
        clock: Arc::new(SimClock::new(MORNING_MS, 7_200)),
        entropy: Arc::new(OsEntropy),
        signer: Arc::new(DangerousSoftwareSigner::new(key())),
        key_store: Arc::<DangerousSoftwareKeyStore>::default(),
        anchor: Arc::new(NoAnchor),
        transport: Arc::<ScriptedTransport>::default(),
    };
    let client = Client::open(config, ports).expect("opens");
    let catalogue = include_bytes!("../data/starter-catalogue.json");
    client.install_recipients(&agency.recipient_set(MORNING_MS).expect("signs")).expect("installs");
    client.install_catalogue(&agency.sign_catalogue(catalogue).expect("signs")).expect("installs");
    client.open_shift(&Officer { id: "1".to_owned(), unit: None }).expect("opens");
    client
}

/// The whole of what an officer does for one case.
fn capture(client: &Client, photos: &[PathBuf]) {
    let case = client.begin_case().expect("begins");
    for photo in photos {
        client.add_photo(case, photo, PhotoClass::Overview).expect("adds");
    }
    let plate = Plate::parse("M-AB 1234", "D").expect("sound");
    let offence = NamedOffence { number: "141322".parse().expect("six digits"), refinement: None };
    for edit in [
        CaseEdit::Vehicle(Vehicle::new(plate, VehicleKind::Car)),
        CaseEdit::Offences { relation: OffenceRelation::OneAct, items: vec![offence] },
        CaseEdit::Place(Place { text: "Marienplatz 8".to_owned(), fix: None, municipality: None }),
    ] {
        client.edit_case(case, edit).expect("edits");
    }
    client.add_check(case, Vec::new(), None).expect("checks");
    client.seal_case(case, Vec::new()).expect("seals");
}

/// Three files of 4,000,000 bytes: drawn photos, filled up behind the picture's end.
fn photos(folder: &Path) -> Vec<PathBuf> {
    let make = |seed: u64| {
        let mut bytes = photo::make(&photo::PhotoSpec { seed, width: 3_200, height: 2_400, ..Default::default() });
        bytes.resize(4_000_000, 0x5a);
        let file = folder.join(format!("{seed}.jpg"));
        std::fs::write(&file, bytes).expect("writes");
        file
    };
    (0..3).map(make).collect()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}

#[expect(clippy::print_stdout, reason = "the ratio is the benchmark's result")]
fn bench(criterion: &mut Criterion) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder on the disk that is built on");
    let photos = photos(folder.path());
    let client = phone(&folder.path().join("vault"));
    let floor = RefCell::new(Floor::new(&folder.path().join("floor")));
    let times = RefCell::new((Vec::new(), Vec::new()));
    criterion.bench_function("capture/case_with_three_photos", |bencher| {
        bencher.iter_custom(|rounds| {
            let mut total = Duration::ZERO;
            for _ in 0..rounds {
                let below = timed(|| floor.borrow_mut().capture(&photos));
                let ours = timed(|| capture(&client, &photos));
                times.borrow_mut().0.push(below);
                times.borrow_mut().1.push(ours);
                total += ours;
            }
            total
        });
    });
    let (below, ours) = times.into_inner();
    if below.len() > 1 {
        let (rounds, below, ours) = (below.len(), median(below), median(ours));
        let ratio = ours / below;
        let verdict = if ratio <= LIMIT { "within" } else { "BEYOND" };
        println!(
            "capture {ours:.1} ms, floor {below:.1} ms, {rounds} rounds in turn: ratio {ratio:.2}, {verdict} {LIMIT}"
        );
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).without_plots();
    targets = bench
}
criterion_main!(benches);
