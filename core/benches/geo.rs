//! What the pack of Bavaria costs, and a register of a large town: size, cold load, look-ups a second on one core.
//!
//! ```text
//! cargo bench -p streife-core --bench geo
//! ```
//!
//! Times are CPU time of this process, the best of several rounds, for the machine may have other work. Limits are printed, not
//! asserted. The map stands beside the project; without it only the register is measured.

#![expect(clippy::print_stdout, reason = "the figures are the benchmark's result")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use chrono::NaiveDate;
use rustix::time::{ClockId, Timespec, clock_gettime};
use streife_core::geo::GeoPack;
use streife_core::geo::compile::{About, Addresses, Boundaries, Properties, compile};

const ROUNDS: usize = 15;
const POINTS: u32 = 200_000;

fn cpu_time() -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(tv_sec.unsigned_abs(), u32::try_from(tv_nsec).expect("below a second"))
}

/// Seconds of the fastest round.
fn best<T>(mut work: impl FnMut() -> T) -> f64 {
    let round = |_| {
        let start = cpu_time();
        black_box(work());
        (cpu_time() - start).as_secs_f64()
    };
    (0..ROUNDS).map(round).fold(f64::INFINITY, f64::min)
}

fn main() {
    let source = "© GeoBasis-DE / BKG 2016, data changed".to_owned();
    let about = About { date: NaiveDate::from_ymd_opt(2016, 1, 1).expect("a day"), tolerance_m: 30, source };
    register(&about);
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/boundaries/bayern-gemeinden-2016.geojson.gz");
    let unpacked = Command::new("gzip").arg("-dc").arg(&path).output().ok().filter(|output| output.status.success());
    let Some(map) = unpacked else {
        println!("SKIPPED: the pack of Bavaria: the map or gzip is not there");
        return;
    };
    let start = cpu_time();
    let names = Properties { key: "ags", name: "gen" };
    let boundaries = Boundaries::from_geojson(&map.stdout, &names).expect("the map compiles");
    let bytes = compile(&about, Some(&boundaries), None).expect("compiles");
    println!("compiled in {:.0} ms of CPU time", (cpu_time() - start).as_secs_f64() * 1e3);
    municipalities(&bytes);
}

/// 150,000 houses in 6,000 streets on 20 km by 20 km, as many as Munich has.
fn register(about: &About) {
    let mut table = "key;street;number;lat;lon\n".to_owned();
    let houses = points(|dice| (480_500_000 + dice(1_800_000), 114_000_000 + dice(2_700_000)));
    for ((lat, lon), house) in houses.iter().take(150_000).zip(0_u32..) {
        let (lat, lon) = (f64::from(*lat) / 1e7, f64::from(*lon) / 1e7);
        writeln!(table, "09162000;Musterstraße {};{};{lat:.7};{lon:.7}", house % 6_000, house / 6_000 + 1)
            .expect("writes");
    }
    let (addresses, _) = Addresses::from_table(table.as_bytes()).expect("reads");
    let bytes = compile(about, None, Some(&addresses)).expect("compiles");
    let pack = GeoPack::load(&bytes).expect("loads");
    println!("{pack:?}\nsize                 {:8.2} MiB", mebibytes(&bytes));
    println!("cold load            {:8.2} ms", best(|| GeoPack::load(&bytes).expect("loads")) * 1e3);
    let near = best(|| houses.iter().map(|at| pack.register().nearest(*at, 5)).for_each(|near| drop(black_box(near))));
    println!("nearest 5 in 100 m   {:8.2} us", near / f64::from(POINTS) * 1e6);
    let typed = best(|| (0..1_000).for_each(|_| drop(black_box(pack.register().streets("Musterstr. 12", 20)))));
    println!("streets by beginning {:8.2} us", typed / 1_000.0 * 1e6);
}

fn mebibytes(bytes: &[u8]) -> f64 {
    f64::from(u32::try_from(bytes.len()).expect("fits")) / f64::from(1 << 20)
}

fn municipalities(bytes: &[u8]) {
    let pack = GeoPack::load(bytes).expect("loads");
    println!("{pack:?}\nsize                 {:8.2} MiB     (limit 12)", mebibytes(bytes));
    println!("cold load            {:8.2} ms      (limit 15)", best(|| GeoPack::load(bytes).expect("loads")) * 1e3);
    let zones = pack.municipalities();
    let anywhere = points(|dice| (472_000_000 + dice(34_000_000), 89_000_000 + dice(50_000_000)));
    let within: Vec<_> = anywhere.iter().copied().filter(|at| zones.at(*at).is_some()).collect();
    for (what, points) in [("anywhere", &anywhere), ("in Bavaria", &within)] {
        let count = f64::from(u32::try_from(points.len()).expect("fits"));
        let at = best(|| points.iter().filter(|at| zones.at(**at).is_some()).count());
        println!("which municipality   {:8.2} M/s     (limit 1.5), points {what}", count / at / 1e6);
        let located =
            best(|| points.iter().map(|at| zones.locate(*at, 40.0)).for_each(|location| drop(black_box(location))));
        println!("with border distance {:8.2} M/s     points {what}, radius 40 m", count / located / 1e6);
    }
}

fn points(mut place: impl FnMut(&mut dyn FnMut(i32) -> i32) -> (i32, i32)) -> Vec<(i32, i32)> {
    let mut state = 1_u64;
    let mut dice = |end: i32| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i32::try_from((state >> 33) % u64::from(end.unsigned_abs())).expect("below")
    };
    (0..POINTS).map(|_| place(&mut dice)).collect()
}
