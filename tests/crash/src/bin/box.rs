//! `box FOLDER PORT`: a secure box that runs until it is killed. It tells its process id once it takes requests.

use std::io::{Write, stdout};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use streife_box::{BoxConfig, RunningBox};

type Stopped = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Stopped> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, port] = arguments.as_slice() else { return Err("usage: box FOLDER PORT".into()) };
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse()?));
    let _running = RunningBox::start(BoxConfig { listen, ..BoxConfig::local(folder) })?;
    stdout().write_all(format!("{}\n", std::process::id()).as_bytes())?;
    stdout().flush()?;
    loop {
        std::thread::park();
    }
}

#[expect(clippy::print_stderr, reason = "the last words of a program belong there")]
fn complain(error: &Stopped) {
    eprintln!("box: {error}");
}
