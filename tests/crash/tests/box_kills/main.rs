//! The box is killed, and its power is cut, while phones hand over to it.
//!
//! The phones are the oracle: what they have been told is what must be true behind every start. Each receipt ever handed
//! out is still handed out byte for byte, its objects are there with their hashes, its place in the log is proven, and
//! every checkpoint ever seen has grown into the present one. In the end every case that a phone began is there once.
//!
//! A kill alone says nothing about fsync, because the kernel's memory outlives the process; so there are power cuts, and a
//! control: a box whose fsync does nothing must be caught by them.

mod phone;
mod world;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use streife_crash::chance::{Chance, spin};
use streife_crash::power::{FileSystem, Moment, Rig};
use streife_crash::settings::{Alone, cuts, kills, say, scratch, skipped};
use streife_crash::strace;
use world::World;

const SPIN_KIB: u32 = 40_000;
/// Calls that change a file or its name, or make a change durable.
const CALLS: [&str; 7] = ["fsync", "fdatasync", "pwrite64", "write", "rename", "unlink", "openat"];
/// A box without fsync must be caught within so many cuts.
const CUTS_FOR_A_CONTROL: u32 = 40;

#[test]
fn a_box_that_is_killed_at_any_moment_keeps_what_it_said() {
    let _alone = Alone::wait();
    let folder = scratch();
    let mut chance = Chance::announced("box kills");
    let mut world = World::begin(folder.path());
    for kill in 0..kills() {
        let victim = world.start(None).expect("starts");
        world.wait_for_news(1 + chance.below(12));
        spin(chance.below(SPIN_KIB));
        drop(victim.kill());
        world.assert_sound(&format!("kill {kill}"));
    }
    say(&format_args!("box kills: {}; {}", kills(), world.drain()));
}

#[test]
fn a_box_that_is_killed_at_a_system_call_keeps_what_it_said() {
    let _alone = Alone::wait();
    if let Err(why) = strace::is_usable() {
        return skipped("strace kill points of a box", &why);
    }
    let folder = scratch();
    let mut chance = Chance::announced("box kill points");
    let mut world = World::begin(folder.path());
    let (mut at_start, runs) = (0, kills().div_ceil(3));
    for (run, call) in (0..runs).zip(CALLS.iter().cycle()) {
        let nth = 1 + chance.below(16); // strace counts for each thread, and the box has many
        let inject = format!("inject={call}:signal=SIGKILL:when={nth}");
        match world.start(Some(&["-e", &format!("trace={call}"), "-e", "signal=none", "-e", &inject])) {
            Some(mut victim) => victim.hear_until(1, |_| false), // until it is dead
            None => at_start += 1,
        }
        world.assert_sound(&format!("run {run}: {inject}"));
    }
    say(&format_args!("box kill points: {runs}, {at_start} of them while it started; {}", world.drain()));
}

#[test]
fn a_box_whose_power_is_cut_keeps_what_it_said() {
    let Some((mut rig, mut chance)) = rig("power cuts of a box") else { return };
    let mut world = World::begin(&rig.folder());
    for cut in 0..cuts() {
        let victim = world.start(None).expect("starts");
        world.wait_for_news(1 + chance.below(12));
        spin(chance.below(SPIN_KIB));
        drop(rig.cut(victim, None));
        world.assert_sound(&format!("cut {cut}"));
    }
    say(&format_args!("power cuts of a box: {}; {}", cuts(), world.drain()));
}

#[test]
fn a_box_without_fsync_is_caught() {
    if let Err(why) = strace::is_usable() {
        return skipped("power cuts of a box without fsync", &why);
    }
    let Some((mut rig, mut chance)) = rig("power cuts of a box without fsync") else { return };
    for cut in 1..=CUTS_FOR_A_CONTROL {
        let mut world = World::begin(&rig.folder().join(cut.to_string()));
        let victim = world.start(None).expect("starts");
        let mut tracer = Tracer::without_fsync(world.process());
        world.wait_for_news(5 + chance.below(12));
        tracer.assert_alive();
        drop(rig.cut(victim, None));
        tracer.end();
        if let Err(loss) = world.check() {
            return say(&format_args!("power cuts of a box without fsync: caught at cut {cut}: {loss}"));
        }
        world.abandon();
    }
    panic!("a box without fsync passed {CUTS_FOR_A_CONTROL} power cuts");
}

/// strace on a process that runs already. It tells of each thread that comes, so its words need a reader until the end: a
/// pipe without one would kill it, and the box would go on with an fsync that works.
struct Tracer {
    strace: Child,
    _words: BufReader<ChildStderr>,
}

impl Tracer {
    /// Lets each fsync and fdatasync of the process succeed without being made.
    fn without_fsync(process: &str) -> Self {
        let inject = ["-e", "trace=fsync,fdatasync", "-e", "signal=none", "-e", "inject=fsync,fdatasync:retval=0"];
        let mut command = Command::new("strace");
        command.args(["-f", "-o", "/dev/null"]).args(inject).args(["-p", process]).stderr(Stdio::piped());
        let mut strace = command.spawn().expect("strace starts");
        let mut words = BufReader::new(strace.stderr.take().expect("a pipe"));
        let mut line = String::new();
        words.read_line(&mut line).expect("says that it is attached");
        assert!(line.contains("attached"), "{line}");
        Self { strace, _words: words }
    }

    fn assert_alive(&mut self) {
        assert!(self.strace.try_wait().expect("a process").is_none(), "strace ended before what it traces");
    }

    /// It ends with what it traces.
    fn end(mut self) {
        drop(self.strace.wait());
    }
}

fn rig(what: &str) -> Option<(Rig, Chance)> {
    let rig = Rig::make(FileSystem::Ext4, Moment::BetweenCalls).map_err(|why| skipped(what, &why)).ok()?;
    Some((rig, Chance::announced(what)))
}

/// The program that is killed.
fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_box"))
}
