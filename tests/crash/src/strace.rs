//! Faults by system call: strace kills the victim at the N-th call of a name before the kernel does it, or lets the
//! call fail.
//!
//! strace counts a name within each thread, so the numbers are those of the busiest thread.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::victim::Victim;
use crate::{Line, Mode, Phone};

/// Calls that change a file or its name, or make a change durable, or open one. A `?` lets strace do without a name
/// that this machine does not have.
const CALLS: &str = "?openat,?write,?pwrite64,?fsync,?fdatasync,?rename,?renameat,?renameat2,?unlink,?unlinkat,\
                     ?ftruncate,?mkdir,?mkdirat";

/// One place to kill at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KillPoint {
    /// Name of the call.
    pub call: String,
    /// Which one, from 1.
    pub nth: u32,
}

/// Whether strace is here and may trace; otherwise why not.
///
/// # Errors
/// The reason, for a skip.
pub fn is_usable() -> Result<(), String> {
    let tried = Command::new("strace").args(["-f", "-qq", "-e", "trace=none", "true"]).stderr(Stdio::null()).status();
    match tried {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("strace may not trace here ({status})")),
        Err(error) => Err(format!("strace cannot be started ({error})")),
    }
}

/// How often each call occurs when the victim does this on this phone.
///
/// # Panics
/// If the victim does not come to its end, or the log cannot be read.
#[must_use]
pub fn counts(program: &Path, mode: Mode, phone: &Phone) -> BTreeMap<String, u32> {
    let log = phone.folder().join("strace.log");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", "signal=none", "-e", &format!("trace={CALLS}"), "-o"]).arg(&log);
    command.arg(program).args(phone.orders(mode));
    let (_, status) = Victim::<Line>::spawn(command).end();
    assert!(status.success(), "the victim under strace: {status}");
    let mut by_thread = BTreeMap::<(&str, &str), u32>::new();
    let text = std::fs::read_to_string(log).expect("reads the log");
    for call in text.lines().filter_map(traced) {
        *by_thread.entry(call).or_default() += 1;
    }
    let mut busiest = BTreeMap::new();
    for ((_, name), count) in by_thread {
        let most = busiest.entry(name.to_owned()).or_default();
        *most = count.max(*most);
    }
    busiest
}

/// Thread and name of a line such as `4711  openat(AT_FDCWD, ...`; a resumed call was counted when it began.
fn traced(line: &str) -> Option<(&str, &str)> {
    let (thread, call) = line.split_once(' ')?;
    let (name, _) = call.trim_start().split_once('(')?;
    name.bytes().all(|byte| byte.is_ascii_alphanumeric()).then_some((thread, name))
}

/// All kill points, or a sample that spreads evenly over each name and leaves none out.
#[must_use]
pub fn points(counts: &BTreeMap<String, u32>, at_most: Option<u32>) -> Vec<KillPoint> {
    let all: u32 = counts.values().sum();
    let step = at_most.map_or(1, |most| all.div_ceil(most.max(1)).max(1));
    let of_call = |(call, count): (&String, &u32)| {
        let call = call.clone();
        (1..=*count).rev().step_by(step as usize).map(move |nth| KillPoint { call: call.clone(), nth })
    };
    counts.iter().flat_map(of_call).collect()
}

/// Lets the victim do this and kills it there; gives what it acknowledged and whether it was killed.
///
/// # Panics
/// If it ended in another way.
#[must_use]
pub fn kill_at(program: &Path, mode: Mode, phone: &Phone, point: &KillPoint) -> (Vec<Line>, bool) {
    let (lines, status) = inject(program, mode, phone, point, "signal=SIGKILL");
    assert_ne!(status.code(), Some(1), "a call of the core failed at {point:?}");
    (lines, !status.success())
}

/// Lets the victim do this and this call fail; gives what it acknowledged and whether it gave up.
///
/// # Panics
/// If it panicked.
#[must_use]
pub fn fail_at(program: &Path, mode: Mode, phone: &Phone, point: &KillPoint, error: &str) -> (Vec<Line>, bool) {
    let (lines, status) = inject(program, mode, phone, point, &format!("error={error}"));
    assert_ne!(status.code(), Some(101), "the core panicked at {point:?}");
    (lines, !status.success())
}

fn inject(program: &Path, mode: Mode, phone: &Phone, point: &KillPoint, fault: &str) -> (Vec<Line>, ExitStatus) {
    let KillPoint { call, nth } = point;
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", "signal=none", "-e"]);
    command.arg(format!("inject={call}:{fault}:when={nth}"));
    command.arg(program).args(phone.orders(mode));
    Victim::spawn(command).end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_takes_of_each_call_and_never_more_than_there_are() {
        let counts = BTreeMap::from([("fsync".to_owned(), 30), ("unlink".to_owned(), 1)]);
        assert_eq!(points(&counts, None).len(), 31);
        let sample = points(&counts, Some(10));
        assert_eq!(sample.len(), 8 + 1);
        assert!(sample.contains(&KillPoint { call: "unlink".to_owned(), nth: 1 }));
    }

    #[test]
    fn a_line_of_strace_names_its_thread_and_call() {
        assert_eq!(traced("17  fsync(5)  = 0"), Some(("17", "fsync")));
        assert_eq!(traced("17  <... fsync resumed>) = 0"), None);
        assert_eq!(traced("17  +++ exited with 0 +++"), None);
    }
}
