//! The program to be killed, as its test holds it.

use std::fmt::Debug;
use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use rustix::io::ioctl_fionread;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::{Line, Phone};

const SIGKILL: i32 = 9;

/// What the victim is to do. A new way of working is a mode here, an arm in `bin/patrol.rs`, and for the kill points a
/// [`crate::scenario::Scenario`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Records until it is killed.
    Capture,
    /// The same, and acknowledges photos too early.
    AckEarly,
    /// Records and hands over until it is killed.
    Purge,
    /// Records and seals one case on a new phone, and ends.
    Once,
    /// Voids a sealed case and a draft, and ends.
    Void,
    /// Closes the open shift, and ends.
    Close,
    /// Begins a new key epoch, and ends.
    Rotate,
    /// Records shifts of one case each until it is killed; each ends with its seal and a new key epoch.
    Shifts,
    /// Opens the phone, mends what a kill has left, and ends.
    Reopen,
    /// Hands everything over to the box, and ends.
    Sync,
    /// Suspends and resumes between the photos of a draft, and ends.
    Suspend,
    /// Builds a damaged database again, and ends.
    Salvage,
}

impl Mode {
    const ALL: [Self; 12] = [
        Self::Capture,
        Self::AckEarly,
        Self::Purge,
        Self::Once,
        Self::Void,
        Self::Close,
        Self::Rotate,
        Self::Shifts,
        Self::Reopen,
        Self::Sync,
        Self::Suspend,
        Self::Salvage,
    ];

    /// As an argument.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::AckEarly => "ack-early",
            Self::Purge => "purge",
            Self::Once => "once",
            Self::Void => "void",
            Self::Close => "close",
            Self::Rotate => "rotate",
            Self::Shifts => "shifts",
            Self::Reopen => "reopen",
            Self::Sync => "sync",
            Self::Suspend => "suspend",
            Self::Salvage => "salvage",
        }
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text).ok_or_else(|| format!("no mode: {text}"))
    }
}

/// A running victim that acknowledges in lines of `L`. It does not outlive its test.
#[derive(Debug)]
pub struct Victim<L = Line> {
    process: Process,
    lines: BufReader<ChildStdout>,
    heard: Vec<L>,
}

impl Victim {
    /// Starts the program on a phone.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(program: &Path, mode: Mode, phone: &Phone) -> Self {
        let mut command = Command::new(program);
        command.args(phone.orders(mode));
        Self::spawn(command)
    }

    /// Starts a program that opens the phone, and waits until it says so; gives how long that took, with the start of the
    /// process.
    ///
    /// # Panics
    /// If it does not open.
    #[must_use]
    pub fn time_opening(program: &Path, phone: &Phone) -> Duration {
        #[expect(clippy::disallowed_methods, reason = "a figure of a run, which nothing depends on")]
        let started = Instant::now();
        let mut victim = Self::start(program, Mode::Reopen, phone);
        assert_eq!(victim.hear(), Some(Line::Opened), "the vault does not open");
        let time = started.elapsed();
        let (_, status) = victim.end();
        assert!(status.success(), "it was opened and then: {status}");
        time
    }
}

impl<L: FromStr<Err: Debug> + Clone> Victim<L> {
    /// Starts any program that tells its acknowledgements in such lines.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn spawn(mut command: Command) -> Self {
        // Cargo's own search path would add a hundred calls of the loader to the kill points.
        command.env_remove("LD_LIBRARY_PATH").process_group(0);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("its output is piped"));
        Self { process: Process(child), lines, heard: Vec::new() }
    }

    /// Reads the next line; `None` when the victim has ended.
    ///
    /// # Panics
    /// If it is no line of the oracle.
    pub fn hear(&mut self) -> Option<L> {
        let mut text = String::new();
        if self.lines.read_line(&mut text).expect("the pipe works") == 0 {
            return None;
        }
        let line: L = text.trim_end().parse().expect("the victim speaks the oracle's language");
        self.heard.push(line.clone());
        Some(line)
    }

    /// Reads lines until `count` of them were of this kind.
    pub fn hear_until(&mut self, count: u32, wanted: impl Fn(&L) -> bool) {
        let mut left = count;
        while left > 0 {
            match self.hear() {
                Some(line) if wanted(&line) => left -= 1,
                Some(_) => {}
                None => return,
            }
        }
    }

    /// Reads what lies in the pipe now; gives how many lines it has told in all. It does not wait for more.
    ///
    /// # Panics
    /// If the pipe does not work.
    pub fn listen(&mut self) -> usize {
        // A line is one write, so none of them is in the pipe in part.
        while !self.lines.buffer().is_empty() || ioctl_fionread(self.lines.get_ref()).expect("the pipe works") > 0 {
            self.hear();
        }
        self.heard.len()
    }

    /// Stops all of its threads, each behind the system call that it is in.
    ///
    /// # Panics
    /// If it had ended by itself.
    pub fn stop(&self) {
        self.process.stop();
    }

    /// Kills it now. What it had acknowledged before it died still lies in the pipe and counts.
    ///
    /// # Panics
    /// If it had ended by itself: then a call of the core has failed, and its last words say which.
    #[must_use]
    pub fn kill(mut self) -> Vec<L> {
        self.process.0.kill().expect("may be killed");
        let (heard, status) = self.end();
        assert_eq!(status.signal(), Some(SIGKILL), "the victim ended by itself: {status}");
        heard
    }

    /// Waits for its own end, or its death by another hand.
    pub(crate) fn end(mut self) -> (Vec<L>, ExitStatus) {
        while self.hear().is_some() {}
        let status = self.process.0.wait().expect("is waited for once");
        (self.heard, status)
    }
}

/// A process in a group of its own.
#[derive(Debug)]
struct Process(Child);

impl Process {
    fn stop(&self) {
        let process = Pid::from_child(&self.0);
        kill_process_group(process, Signal::STOP).expect("may be stopped");
        let options = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let status = waitid(WaitId::Pid(process), options).expect("is a child").expect("has changed its state");
        assert!(status.stopped(), "the victim ended by itself: {status:?}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Behind an end that was waited for, both do nothing.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
