//! A peer in a process of its own, and what one flipped bit does to both.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use streife_core::client::Client;
use streife_core::domain::PhotoClass;

use crate::phone::Phone;
use crate::rounds::{Run, Table};

/// A process that stores one case for each line it reads, and tells how long that took.
pub struct Peer {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    pub fn start(program: &Path, folder: &Path, photos: &[PathBuf]) -> Self {
        let mut command = Command::new(program);
        command.arg("capture").arg(folder).args(photos).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the peer's program, see tests/peers");
        let (orders, answers) = (child.stdin.take(), child.stdout.take().expect("piped"));
        Self { child, orders, answers: BufReader::new(answers) }
    }

    pub fn capture(&mut self) -> Run {
        let mut line = String::new();
        self.orders.as_mut().expect("running").write_all(b"\n").expect("takes orders");
        self.answers.read_line(&mut line).expect("answers");
        let mut times = line.split_whitespace().map(|time| time.parse::<f64>().expect("milliseconds"));
        Run::elsewhere(times.next().expect("its time"), times.next().expect("its processor time"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.orders = None; // at the end of its orders it ends
        let _ = self.child.wait();
    }
}

/// Flips one bit of a stored photo at the peer and in the vault, and says what reading it gives.
pub fn tampering(program: &Path, folder: &Path, photo: &Path, table: &mut Table) {
    std::fs::create_dir(folder).expect("a folder");
    let answer = Command::new(program).arg("tamper").arg(folder).output().expect("the peer's program");
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    String::from_utf8_lossy(&answer.stdout).lines().for_each(|line| table.say(line));
    for (place, part) in [("last", 1), ("middle", 2)] {
        let told = tampered(&folder.join(format!("vault-{place}")), photo, part);
        table.say(&format!("vault: one bit in the {place} chunk of a photo: {told}"));
    }
}

fn tampered(folder: &Path, photo: &Path, part: usize) -> String {
    let phone = Phone::new(folder);
    let client = phone.begin();
    let case = client.begin_case().expect("begins");
    let [touched, other] = [(); 2].map(|()| client.add_photo(case, photo, PhotoClass::Overview).expect("adds").photo);
    drop(client);
    let file = folder.join(format!("objects/{}.sbx", touched.object));
    let mut bytes = std::fs::read(&file).expect("reads");
    let at = bytes.len() / part - 100;
    *bytes.get_mut(at).expect("within") ^= 1;
    std::fs::write(&file, bytes).expect("writes");
    let client: Client = phone.open();
    let refused = client.read_photo(case, &touched).expect_err("a changed photo is never given out");
    client.read_photo(case, &other).expect("the other photo opens");
    format!("an error of kind {:?}: {refused}; the other photo opens", refused.kind())
}
