//! The program to be killed, as its test holds it.

use std::io::{BufRead, BufReader, Lines};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::str::FromStr;

use crate::{Line, Phone};

const SIGKILL: i32 = 9;

/// What the victim is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Records until it is killed.
    Capture,
    /// The same, and acknowledges photos too early.
    AckEarly,
    /// Records and hands over until it is killed.
    Purge,
    /// Records one case and ends.
    Once,
}

impl Mode {
    const ALL: [Self; 4] = [Self::Capture, Self::AckEarly, Self::Purge, Self::Once];

    /// As an argument.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::AckEarly => "ack-early",
            Self::Purge => "purge",
            Self::Once => "once",
        }
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text).ok_or_else(|| format!("no mode: {text}"))
    }
}

/// A running victim.
pub struct Victim {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    heard: Vec<Line>,
}

impl Victim {
    /// Starts the program on a phone.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(program: &Path, mode: Mode, phone: &Phone) -> Self {
        let mut command = Command::new(program);
        command.arg(mode.as_str()).arg(phone.folder());
        Self::spawn(command)
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        // Cargo's own search path would add a hundred calls of the loader to the kill points.
        command.env_remove("LD_LIBRARY_PATH");
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
        Self { child, lines, heard: Vec::new() }
    }

    /// Reads the next line; `None` when the victim has ended.
    ///
    /// # Panics
    /// If it is no line of the oracle.
    pub fn hear(&mut self) -> Option<Line> {
        let text = self.lines.next()?.expect("the pipe works");
        let line: Line = text.parse().expect("the victim speaks the oracle's language");
        self.heard.push(line);
        Some(line)
    }

    /// Reads lines until `count` of them were of this kind.
    pub fn hear_until(&mut self, count: u32, wanted: impl Fn(&Line) -> bool) {
        let mut left = count;
        while left > 0 {
            match self.hear() {
                Some(line) if wanted(&line) => left -= 1,
                Some(_) => {}
                None => return,
            }
        }
    }

    /// Kills it now. What it had acknowledged before it died still lies in the pipe and counts.
    ///
    /// # Panics
    /// If it had ended by itself: then a call of the core has failed, and its last words say which.
    #[must_use]
    pub fn kill(mut self) -> Vec<Line> {
        self.child.kill().expect("may be killed");
        let (heard, status) = self.end();
        assert_eq!(status.signal(), Some(SIGKILL), "the victim ended by itself: {status}");
        heard
    }

    /// Waits for its own end, or its death by another hand.
    pub(crate) fn end(mut self) -> (Vec<Line>, ExitStatus) {
        while self.hear().is_some() {}
        let status = self.child.wait().expect("is waited for once");
        (self.heard, status)
    }
}
