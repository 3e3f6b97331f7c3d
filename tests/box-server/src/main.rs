//! Runs a secure box until it is told to stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use streife_box::{BoxConfig, BoxError, LogFormat, RunningBox, ScriptedFault, issue_code};
use streife_core::domain::NumberPrefix;
use tokio::signal::unix::{SignalKind, signal};

/// Reference secure box of Streife, with a development agency of its own.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Folder of all data; made at the first start.
    #[arg(long, required_unless_present = "memory")]
    data: Option<PathBuf>,
    /// Keeps everything in memory, for tests of clients: nothing survives the program's end, no case and no key.
    #[arg(long, conflicts_with = "data")]
    memory: bool,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Name of the agency; counts at the first start only.
    #[arg(long)]
    agency: Option<String>,
    /// Further name or address under which phones reach the box; may be repeated.
    #[arg(long = "host")]
    hosts: Vec<String>,
    /// Three capital letters that case numbers begin with.
    #[arg(long)]
    number_prefix: Option<NumberPrefix>,
    /// Address of a plain listener with figures for an operator, such as 127.0.0.1:9443.
    #[arg(long)]
    metrics: Option<SocketAddr>,
    /// Seconds that requests under way get to come to their end when the box is told to stop.
    #[arg(long, default_value_t = 5)]
    grace: u64,
    /// How log lines are written; `RUST_LOG` says which.
    #[arg(long, value_enum, default_value_t)]
    log_format: LogFormat,
    /// How many case numbers a phone gets at once.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=9_999))]
    range_size: u16,
    /// Takes proofs without a nonce of the box, too (RFC 9449, section 8).
    #[arg(long)]
    optional_nonces: bool,
    /// Lets devices enrol with one-time codes only, not with the shared one.
    #[arg(long)]
    one_time_codes: bool,
    /// Misbehaves: ROUTE:NTH:FAULT, such as case-put:1:drop-after; may be repeated. A wrong word lists those there are.
    #[arg(long, value_name = "ROUTE:NTH:FAULT")]
    chaos: Vec<ScriptedFault>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Prints one-time enrolment codes, each for one device; the box may run meanwhile.
    Code {
        /// How many.
        #[arg(long, default_value_t = 1)]
        count: u16,
        /// For how many days they count.
        #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=365))]
        days: u16,
    },
}

fn main() -> Result<(), BoxError> {
    let arguments = Arguments::parse();
    arguments.log_format.install();
    match arguments.command {
        Some(Command::Code { count, days }) => print_codes(&local(arguments.data), count, days),
        None => serve(arguments),
    }
}

/// Without a folder in memory.
fn local(data: Option<PathBuf>) -> BoxConfig {
    data.map_or_else(BoxConfig::in_memory, BoxConfig::local)
}

#[expect(clippy::print_stdout, reason = "this is what the program is started for")]
fn print_codes(config: &BoxConfig, count: u16, days: u16) -> Result<(), BoxError> {
    for _ in 0..count {
        println!("{}", issue_code(config, i64::from(days) * 86_400_000)?);
    }
    Ok(())
}

fn serve(arguments: Arguments) -> Result<(), BoxError> {
    let grace = Duration::from_secs(arguments.grace);
    let Arguments { data, listen, agency, hosts, number_prefix, range_size, metrics, chaos, .. } = arguments;
    let (demand_nonces, shared_code) = (!arguments.optional_nonces, !arguments.one_time_codes);
    let local = local(data);
    let mut config = BoxConfig { listen, hosts, range_size, metrics, grace, demand_nonces, shared_code, ..local };
    if let Some(agency) = agency {
        config.agency = agency;
    }
    if let Some(prefix) = number_prefix {
        config.number_prefix = prefix;
    }
    let folder = config.storage.folder().map(|data| data.join("dev"));
    let running = RunningBox::start(config)?;
    for ScriptedFault { route, nth, fault } in chaos {
        running.chaos().script(route, nth, fault);
    }
    greet(&running, folder.as_deref());
    wait_for_the_end()?;
    running.stop()
}

#[expect(clippy::print_stdout, reason = "this is what the program is started for")]
fn greet(running: &RunningBox, folder: Option<&std::path::Path>) {
    let connection = running.connection();
    println!("box             {} ({})", connection.origin, connection.agency);
    println!("listening on    {}", running.address());
    match folder {
        Some(folder) => println!("trust           {}", folder.join("ca.pem").display()),
        None => println!("trust\n{}", connection.ca_pem),
    }
    println!("enrolment code  {}", connection.enrolment_code);
    match folder {
        Some(folder) => println!("agency's files  {}", folder.display()),
        None => println!("in memory       nothing survives the end of this program: no case, no receipt, no key"),
    }
}

/// Ctrl-C or SIGTERM.
fn wait_for_the_end() -> Result<(), BoxError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted?,
            _ = terminate.recv() => {}
        }
        Ok(())
    })
}
