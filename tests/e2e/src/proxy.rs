//! A network between phone and box that follows a script: it forwards bytes of TLS, so it can neither read nor change
//! what they say, only lose, hold, cut and count them.
//!
//! It listens on another loopback address than the box but on the same port. The phone's origin then differs in the
//! host alone, and [`PROXY_HOST`] is a name the box answers to. Nothing here waits for time: bytes wait for a [`Valve`], a
//! slow link moves the simulated clock instead of sleeping, and the phone's own patience ends a silence.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use streife_core::testing::SimClock;

/// Where proxies listen.
pub const PROXY_HOST: &str = "127.0.0.2";
const PROXY_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// What is forwarded at once, at most: a full TLS record.
const PIECE: usize = 16_384;
/// Bytes of a segment of TCP over Ethernet.
const SEGMENT: u64 = 1_460;

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the phone to the box.
    Up,
    /// From the box to the phone.
    Down,
}

/// What becomes of one connection.
#[derive(Clone, Debug, Default)]
pub enum Act {
    /// Everything is forwarded.
    #[default]
    Pass,
    /// It ends as soon as it is made.
    Refuse,
    /// It is accepted, what comes is read, and nothing ever answers.
    BlackHole,
    /// It ends in both directions when so many bytes went this way.
    Cut {
        /// The direction that is counted.
        way: Way,
        /// Bytes that still arrive.
        after: u64,
    },
    /// When so many bytes went this way, nothing more passes in this direction; the other one goes on.
    HalfOpen {
        /// The direction.
        way: Way,
        /// Bytes that still arrive.
        after: u64,
    },
    /// Everything is forwarded in pieces of so many bytes, each written by itself.
    Split {
        /// Bytes of a piece.
        size: usize,
    },
    /// Behind so many bytes of this direction the next ones wait for the valve.
    Hold {
        /// The direction.
        way: Way,
        /// Bytes that pass at once.
        after: u64,
        /// What they wait for.
        valve: Valve,
    },
}

/// Holds bytes back until it is opened. Once open it stays open.
#[derive(Clone, Debug, Default)]
pub struct Valve(Arc<(Mutex<(bool, bool)>, Condvar)>);

impl Valve {
    /// Lets everything pass.
    pub fn open(&self) {
        self.0.0.lock().expect("no holder panics").1 = true;
        self.0.1.notify_all();
    }

    /// Waits until bytes stand before it.
    pub fn wait_for_bytes(&self) {
        let state = self.0.0.lock().expect("no holder panics");
        drop(self.0.1.wait_while(state, |(arrived, _)| !*arrived).expect("no holder panics"));
    }

    fn pass(&self) {
        let mut state = self.0.0.lock().expect("no holder panics");
        state.0 = true;
        self.0.1.notify_all();
        drop(self.0.1.wait_while(state, |(_, open)| !*open).expect("no holder panics"));
    }
}

/// What went over the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wire {
    /// Connections that were made.
    pub connections: u64,
    /// Bytes that left the phone, TLS included.
    pub up: u64,
    /// Bytes that reached the phone, TLS included.
    pub down: u64,
    /// Segments that were lost and sent once more; their bytes are counted twice.
    pub lost_segments: u64,
}

/// A proxy. Dropping it ends all connections.
pub struct Proxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    target: SocketAddr,
    script: Mutex<VecDeque<Act>>,
    every: Mutex<Act>,
    wire: Mutex<Wire>,
    link: Mutex<Option<SlowLink>>,
    loss: Mutex<Option<Loss>>,
    open: Mutex<Vec<TcpStream>>,
    ends: AtomicBool,
}

/// A link whose time is simulated.
struct SlowLink {
    clock: Arc<SimClock>,
    bits_per_s: u64,
    /// Bits that have not made a millisecond yet.
    rest: u64,
}

/// Lost segments, as TCP mends them: nothing shows above, the bytes go twice.
struct Loss {
    per_thousand: u64,
    state: u64,
    rest: u64,
}

impl Proxy {
    /// A proxy before a box.
    ///
    /// # Panics
    /// If the address is taken.
    #[must_use]
    pub fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((PROXY_ADDRESS, target.port())).expect("nobody listens there");
        let address = listener.local_addr().expect("is bound");
        let shared = Arc::new(Shared {
            target,
            script: Mutex::default(),
            every: Mutex::default(),
            wire: Mutex::default(),
            link: Mutex::default(),
            loss: Mutex::default(),
            open: Mutex::default(),
            ends: AtomicBool::default(),
        });
        let accepting = Arc::clone(&shared);
        let thread = std::thread::spawn(move || accepting.accept(&listener));
        Self { shared, address, thread: Some(thread) }
    }

    /// Base address that the phone is told.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The next connections meet these, one each; those behind them meet what [`Self::every`] says.
    pub fn script(&self, acts: impl IntoIterator<Item = Act>) {
        self.shared.script.lock().expect("no holder panics").extend(acts);
    }

    /// Every connection without a script meets this.
    pub fn every(&self, act: Act) {
        *self.shared.every.lock().expect("no holder panics") = act;
    }

    /// Acts that no connection has met yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.shared.script.lock().expect("no holder panics").len()
    }

    /// Makes the link slow: bytes of both directions move the clock.
    pub fn slow(&self, clock: Arc<SimClock>, bits_per_s: u64) {
        *self.shared.link.lock().expect("no holder panics") = Some(SlowLink { clock, bits_per_s, rest: 0 });
    }

    /// Loses so many of a thousand segments upwards. TCP sends them again, so only the count of bytes shows it.
    pub fn lose(&self, per_thousand: u64, seed: u64) {
        *self.shared.loss.lock().expect("no holder panics") = Some(Loss { per_thousand, state: seed | 1, rest: 0 });
    }

    /// What went over the wire so far.
    #[must_use]
    pub fn wire(&self) -> Wire {
        *self.shared.wire.lock().expect("no holder panics")
    }

    /// Ends all connections that are open.
    pub fn cut_all(&self) {
        for stream in self.shared.open.lock().expect("no holder panics").drain(..) {
            drop(stream.shutdown(Shutdown::Both)); // it may have ended by itself
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address)); // wakes the thread that accepts
        self.cut_all();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for phone in listener.incoming() {
            if self.ends.load(Ordering::SeqCst) {
                return;
            }
            let Ok(phone) = phone else { continue };
            self.wire.lock().expect("no holder panics").connections += 1;
            let scripted = self.script.lock().expect("no holder panics").pop_front();
            let act = scripted.unwrap_or_else(|| self.every.lock().expect("no holder panics").clone());
            let shared = Arc::clone(self);
            std::thread::spawn(move || shared.connection(phone, act));
        }
    }

    fn connection(self: &Arc<Self>, mut phone: TcpStream, act: Act) {
        let keep = |stream: &TcpStream| {
            let copy = stream.try_clone().expect("a handle");
            self.open.lock().expect("no holder panics").push(copy);
        };
        keep(&phone);
        match act {
            Act::Refuse => drop(phone.shutdown(Shutdown::Both)),
            Act::BlackHole => swallow(&mut phone),
            act => {
                let Ok(server) = TcpStream::connect(self.target) else { return };
                keep(&server);
                self.forward(phone, server, &act);
            }
        }
    }

    fn forward(self: &Arc<Self>, phone: TcpStream, server: TcpStream, act: &Act) {
        drop((phone.set_nodelay(true), server.set_nodelay(true)));
        let pair =
            |from: &TcpStream, to: &TcpStream| (from.try_clone().expect("a handle"), to.try_clone().expect("a handle"));
        let (up, down) = (pair(&phone, &server), pair(&server, &phone));
        let (shared, act_down) = (Arc::clone(self), act.clone());
        let downwards = std::thread::spawn(move || shared.copy(Way::Down, down.0, down.1, &act_down));
        self.copy(Way::Up, up.0, up.1, act);
        drop(downwards.join());
    }

    /// Forwards one direction until it ends or the act ends it. What ends in one direction ends the other.
    fn copy(&self, way: Way, mut from: TcpStream, mut to: TcpStream, act: &Act) {
        let (passed, mut piece) = (AtomicU64::new(0), vec![0; PIECE]);
        while let Some(most) = act.most(way, passed.load(Ordering::Relaxed)) {
            if most == 0 {
                swallow(&mut from);
                break;
            }
            let room = piece.get_mut(..most.min(PIECE)).expect("at most the piece");
            let read = match from.read(room) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Ok(read) if read > 0 => read,
                _ => break,
            };
            let sent = piece.get(..read).expect("was read");
            self.count(way, read as u64);
            if to.write_all(sent).is_err() {
                break;
            }
            passed.fetch_add(read as u64, Ordering::Relaxed);
        }
        drop((from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both)));
    }

    fn count(&self, way: Way, bytes: u64) {
        let lost = match (way, self.loss.lock().expect("no holder panics").as_mut()) {
            (Way::Up, Some(loss)) => loss.of(bytes),
            _ => 0,
        };
        let mut wire = self.wire.lock().expect("no holder panics");
        *(if way == Way::Up { &mut wire.up } else { &mut wire.down }) += bytes + lost * SEGMENT;
        wire.lost_segments += lost;
        drop(wire);
        if let Some(link) = self.link.lock().expect("no holder panics").as_mut() {
            link.carry(bytes);
        }
    }
}

impl Act {
    /// How many bytes may pass at once; 0: none any more in this direction; `None`: the connection ends.
    fn most(&self, way: Way, passed: u64) -> Option<usize> {
        let left = |after: u64| usize::try_from(after.saturating_sub(passed)).unwrap_or(usize::MAX);
        match self {
            Self::Cut { way: cut, after } if *cut == way => Some(left(*after)).filter(|left| *left > 0),
            Self::HalfOpen { way: cut, after } if *cut == way => Some(left(*after)),
            Self::Split { size } => Some((*size).max(1)),
            Self::Hold { way: held, after, valve } if *held == way => {
                let left = left(*after);
                if left > 0 {
                    return Some(left);
                }
                valve.pass();
                Some(PIECE)
            }
            _ => Some(PIECE),
        }
    }
}

impl SlowLink {
    fn carry(&mut self, bytes: u64) {
        self.rest += bytes * 8 * 1_000;
        let ms = self.rest / self.bits_per_s;
        self.rest %= self.bits_per_s;
        self.clock.advance_ms(u32::try_from(ms).unwrap_or(u32::MAX));
    }
}

impl Loss {
    fn of(&mut self, bytes: u64) -> u64 {
        self.rest += bytes;
        let segments = self.rest / SEGMENT;
        self.rest %= SEGMENT;
        (0..segments).filter(|_| self.draw() % 1_000 < self.per_thousand).count() as u64
    }

    /// xorshift64: only its spread matters here.
    fn draw(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state >> 11
    }
}

/// Reads until the other side gives up.
fn swallow(from: &mut TcpStream) {
    let mut piece = [0; 4_096];
    while from.read(&mut piece).is_ok_and(|read| read > 0) {}
}
