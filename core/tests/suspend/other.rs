//! Another process with the same vault: this test program again, told what to do line by line.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use streife_core::client::{Client, Config, Ports};
use streife_core::error::Error;
use streife_core::testing::{DangerousSeededEntropy, DangerousSoftwareKeyStore, DevAgency};

use super::common::{Phone, officer};

/// What a reply begins with, among what the test runner says.
const REPLY: &str = "other: ";

/// A phone whose keys lie in files, so that another process can open its vault.
pub fn shared_phone() -> Phone {
    let phone = Phone::new();
    let key_store = DangerousSoftwareKeyStore::in_folder(&phone.folder.path().join("keys")).expect("folder");
    let agency = DevAgency::found("Agency", &DangerousSeededEntropy::new(7)).expect("founded");
    Phone { key_store: Arc::new(key_store), agency, ..phone }
}

fn same_phone(folder: &Path) -> (Config, Ports) {
    let phone = shared_phone();
    let key_store = DangerousSoftwareKeyStore::in_folder(&folder.join("keys")).expect("folder");
    let ports = Ports { key_store: Arc::new(key_store), ..phone.ports() };
    (Config { folder: folder.join("vault"), ..phone.config() }, ports)
}

/// The other process, as a test holds it. Killed when dropped.
pub struct Other {
    child: Child,
    commands: ChildStdin,
    replies: Lines<BufReader<ChildStdout>>,
}

impl Other {
    /// Starts it on a phone's folder; it opens nothing yet.
    pub fn start(phone: &Phone) -> Self {
        let mut program = Command::new(std::env::current_exe().expect("this program"));
        program.args(["--ignored", "--exact", "the_other_process", "--nocapture"]);
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts");
        let commands = child.stdin.take().expect("is piped");
        let replies = BufReader::new(child.stdout.take().expect("is piped")).lines();
        let mut other = Self { child, commands, replies };
        let folder = phone.folder.path().to_str().expect("a path in UTF-8").to_owned();
        assert_eq!(other.tell(&folder), "here");
        other
    }

    /// Gives a command and waits for its outcome: `ok`, or the kind of the error.
    pub fn tell(&mut self, command: &str) -> String {
        self.begin(command);
        self.reply()
    }

    /// Gives a command.
    pub fn begin(&mut self, command: &str) {
        writeln!(self.commands, "{command}").expect("listens");
    }

    pub fn reply(&mut self) -> String {
        let mut lines = self.replies.by_ref().map(|line| line.expect("the pipe works"));
        let reply = lines.find_map(|line| Some(line.split_once(REPLY)?.1.to_owned()));
        reply.expect("answers before it ends")
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status();
        assert!(sent.expect("kill is there").success());
    }

    pub fn kill(mut self) {
        self.child.kill().expect("may be killed");
        self.child.wait().expect("is waited for");
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the other process does, until nobody tells it anything any more.
pub fn obey() {
    let mut commands = std::io::stdin().lines().map(|line| line.expect("the pipe works"));
    let Some(folder) = commands.next().map(PathBuf::from) else { return };
    say("here");
    let mut client = None;
    for command in commands {
        let outcome = match (command.as_str(), &client) {
            ("open", _) => open(&folder).map(|opened| client = Some(opened)),
            ("close", _) => {
                drop(client.take());
                Ok(())
            }
            (command, Some(client)) => obey_one(client, command),
            (command, None) => panic!("{command} before open"),
        };
        say(&outcome.map_or_else(|error| format!("{:?}", error.kind()), |()| "ok".to_owned()));
    }
}

fn open(folder: &Path) -> Result<Client, Error> {
    let (config, ports) = same_phone(folder);
    Client::open(config, ports)
}

fn obey_one(client: &Client, command: &str) -> Result<(), Error> {
    match command {
        "record" => {
            if client.status()?.shift.is_none() {
                client.open_shift(&officer())?;
            }
            client.begin_case().map(drop)
        }
        "suspend" => client.suspend(),
        "resume" => client.resume(),
        _ => panic!("unknown command {command}"),
    }
}

#[expect(clippy::print_stdout, reason = "the parent reads it")]
fn say(reply: &str) {
    println!("\n{REPLY}{reply}");
}
