use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use streife_core::ports::Clock;

use super::*;

/// Somebody who answers each byte with itself, and tells of each connection what had come when it ended.
struct Echo {
    address: SocketAddr,
    heard: Receiver<Vec<u8>>,
}

impl Echo {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let (address, (tell, heard)) = (listener.local_addr().expect("is bound"), channel());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let tell = tell.clone();
                std::thread::spawn(move || drop(tell.send(echo(stream.expect("a connection")))));
            }
        });
        Self { address, heard }
    }

    fn heard(&self) -> Vec<u8> {
        self.heard.recv_timeout(Duration::from_secs(30)).expect("a connection ends")
    }
}

fn echo(mut stream: TcpStream) -> Vec<u8> {
    let (mut heard, mut piece) = (Vec::new(), [0; 512]);
    while let Ok(read @ 1..) = stream.read(&mut piece) {
        heard.extend_from_slice(&piece[..read]);
        if stream.write_all(&piece[..read]).is_err() {
            break;
        }
    }
    heard
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
    stream
}

fn through(proxy: &Proxy, said: &[u8]) -> Vec<u8> {
    let mut stream = connect(proxy);
    drop(stream.write_all(said)); // it may be cut already
    let mut answer = vec![0; said.len()];
    let mut read = 0;
    while read < answer.len() {
        match stream.read(&mut answer[read..]) {
            Ok(more @ 1..) => read += more,
            _ => break,
        }
    }
    answer.truncate(read);
    answer
}

#[test]
fn everything_passes_whole_or_in_pieces_and_is_counted() {
    let echo = Echo::new();
    let proxy = Proxy::before(echo.address);
    proxy.script([Act::Pass, Act::Split { size: 3 }]);
    for _ in 0..2 {
        assert_eq!(through(&proxy, b"a whole sentence"), b"a whole sentence");
        assert_eq!(echo.heard(), b"a whole sentence");
    }
    assert_eq!(proxy.wire(), Wire { connections: 2, up: 32, down: 32, lost_segments: 0 });
}

#[test]
fn a_cut_comes_behind_exactly_so_many_bytes() {
    let echo = Echo::new();
    let proxy = Proxy::before(echo.address);
    proxy.script([Act::Cut { way: Way::Up, after: 5 }, Act::Cut { way: Way::Down, after: 5 }]);
    assert!(through(&proxy, b"0123456789").len() <= 5);
    assert_eq!(echo.heard(), b"01234");
    assert_eq!(through(&proxy, b"0123456789"), b"01234");
    assert!(echo.heard().starts_with(b"01234"));
    assert_eq!(proxy.pending(), 0);
    assert_eq!(through(&proxy, b"0123456789"), b"0123456789", "the next one passes");
}

#[test]
fn a_refused_connection_and_a_black_hole_reach_nobody() {
    let echo = Echo::new();
    let proxy = Proxy::before(echo.address);
    proxy.script([Act::Refuse, Act::BlackHole]);
    assert!(through(&proxy, b"hello").is_empty());
    let mut hole = connect(&proxy);
    hole.write_all(b"hello").expect("is taken");
    hole.set_read_timeout(Some(Duration::from_millis(200))).expect("a limit");
    assert!(hole.read(&mut [0; 8]).is_err(), "nothing answers");
    drop(hole);
    assert_eq!(through(&proxy, b"you"), b"you");
    assert_eq!(echo.heard(), b"you", "the first to be heard");
}

#[test]
fn a_half_open_connection_still_speaks_the_other_way() {
    let echo = Echo::new();
    let proxy = Proxy::before(echo.address);
    proxy.script([Act::HalfOpen { way: Way::Up, after: 3 }]);
    let mut stream = connect(&proxy);
    stream.write_all(b"abcdef").expect("is taken");
    let mut answer = [0; 3];
    stream.read_exact(&mut answer).expect("what had passed is answered");
    assert_eq!(&answer, b"abc");
    drop(stream);
    assert_eq!(echo.heard(), b"abc");
}

#[test]
fn held_bytes_pass_when_the_valve_opens() {
    let echo = Echo::new();
    let proxy = Proxy::before(echo.address);
    let valve = Valve::default();
    proxy.script([Act::Hold { way: Way::Up, after: 2, valve: valve.clone() }]);
    let mut stream = connect(&proxy);
    stream.write_all(b"abcdef").expect("is taken");
    valve.wait_for_bytes();
    assert_eq!(proxy.wire().up, 2);
    valve.open();
    let mut answer = [0; 6];
    stream.read_exact(&mut answer).expect("all of it");
    assert_eq!(&answer, b"abcdef");
}

#[test]
fn a_slow_link_takes_its_time_from_the_simulated_clock() {
    let echo = Echo::new();
    let proxy = Proxy::before(echo.address);
    let clock = Arc::new(SimClock::new(0, 0));
    proxy.slow(clock.clone(), 8_000);
    assert_eq!(through(&proxy, &[7; 1_000]).len(), 1_000);
    assert_eq!(clock.read().unix_ms, 2_000, "a second each way");
}

#[test]
fn lost_segments_are_counted_twice_and_arrive() {
    let echo = Echo::new();
    let proxy = Proxy::before(echo.address);
    proxy.lose(500, 3);
    let sent = vec![7; 1_460 * 40];
    let mut stream = connect(&proxy);
    let mut copy = stream.try_clone().expect("a handle");
    let reading = std::thread::spawn(move || copy.read_exact(&mut vec![0; 1_460 * 40]));
    stream.write_all(&sent).expect("is taken");
    reading.join().expect("no panic").expect("all of it comes back");
    let wire = proxy.wire();
    assert!((5..=35).contains(&wire.lost_segments), "{wire:?}");
    assert_eq!(wire.up, (40 + wire.lost_segments) * 1_460);
    assert_eq!(wire.down, 40 * 1_460);
}
