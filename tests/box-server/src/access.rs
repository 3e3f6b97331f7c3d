//! What lets somebody in besides keys: nonces, one-time codes, and a limit for those who guess.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use streife_core::domain::to_hex;
use streife_core::ports::Entropy;
use streife_core::seal::Hash;

use crate::nonce::Nonces;
use crate::{BoxConfig, BoxError, files};

/// Everything about getting in.
#[derive(Debug)]
pub struct Access {
    /// Nonces of proofs.
    pub nonces: Nonces,
    /// Whether a proof must carry one.
    pub demand_nonces: bool,
    /// One-time codes.
    pub codes: Codes,
    /// Whether the development agency's shared code counts, too.
    pub shared_code: bool,
    /// Citizens who were refused.
    pub guesses: Guesses,
}

impl Access {
    /// As configured.
    pub fn new(config: &BoxConfig) -> Result<Self, BoxError> {
        Ok(Self {
            nonces: Nonces::new(config.entropy.as_ref())?,
            demand_nonces: config.demand_nonces,
            codes: config.storage.folder().map_or_else(Codes::default, Codes::of),
            shared_code: config.shared_code,
            guesses: Guesses::default(),
        })
    }
}

/// One-time enrolment codes that nobody has used yet: a folder with one file for each.
///
/// Files, because the database belongs to the running box alone, and whoever hands out phones must be able to make codes
/// meanwhile. A file is named by the hash of its code and says until when it counts. That a code is used up is the
/// database's to say, in the transaction that enrols the device; that its file goes afterwards is tidiness.
///
/// A box in memory has no folder, and nobody but itself makes its codes.
#[derive(Debug)]
pub enum Codes {
    /// One file a code.
    Folder(PathBuf),
    /// Ends by hash.
    Memory(Mutex<BTreeMap<Hash, i64>>),
}

impl Default for Codes {
    fn default() -> Self {
        Self::Memory(Mutex::default())
    }
}

impl Codes {
    /// The folder of a box's data.
    pub fn of(data: &Path) -> Self {
        Self::Folder(data.join("codes"))
    }

    /// Makes a code that counts until then, unix milliseconds: 80 random bits.
    pub fn issue(&self, entropy: &dyn Entropy, until: i64) -> Result<String, BoxError> {
        let code = to_hex(&entropy.array::<10>()?);
        let hash = Hash::of(&[code.as_bytes()]);
        match self {
            Self::Folder(folder) => {
                fs::create_dir_all(folder)?;
                files::write_secret(&folder.join(hash.to_string()), &until.to_string())?;
            }
            Self::Memory(codes) => drop(codes.lock().expect("no holder panics").insert(hash, until)),
        }
        Ok(code)
    }

    /// Whether there is such a code and its time is not over.
    pub fn counts(&self, hash: &Hash, now_ms: i64) -> io::Result<bool> {
        let until = match self {
            Self::Folder(folder) => match fs::read_to_string(folder.join(hash.to_string())) {
                Ok(until) => until.trim().parse().ok(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            },
            Self::Memory(codes) => codes.lock().expect("no holder panics").get(hash).copied(),
        };
        Ok(until.is_some_and(|until: i64| now_ms < until))
    }

    /// Forgets a code that is used up.
    pub fn forget(&self, hash: &Hash) -> io::Result<()> {
        match self {
            Self::Folder(folder) => files::remove(&folder.join(hash.to_string())),
            Self::Memory(codes) => {
                codes.lock().expect("no holder panics").remove(hash);
                Ok(())
            }
        }
    }
}

/// Refused attempts of the last minute, by what was asked for and where from.
///
/// Only refusals count: a citizen with the right slip may look at every photo. The memory ends with the process; the
/// code has 100 random bits, so the limit spares the box and does not guard the slip.
#[derive(Debug, Default)]
pub struct Guesses(Mutex<Refusals>);

#[derive(Debug, Default)]
struct Refusals {
    times: HashMap<(Hash, IpAddr), Vec<i64>>,
    /// How many there were after the last clearing.
    kept: usize,
}

const MINUTE_MS: i64 = 60_000;
const AT_MOST: usize = 5;
const PRUNE_AT: usize = 4096;

impl Guesses {
    /// Whether somebody may try: fewer than five refusals within the last minute.
    pub fn may_try(&self, what: &str, from: IpAddr, now_ms: i64) -> bool {
        let guesses = self.0.lock().expect("no holder panics");
        guesses
            .times
            .get(&(Hash::of(&[what.as_bytes()]), from))
            .is_none_or(|times| recent(times, now_ms).count() < AT_MOST)
    }

    /// Notes a refusal.
    pub fn refused(&self, what: &str, from: IpAddr, now_ms: i64) {
        let mut guesses = self.0.lock().expect("no holder panics");
        // Doubling keeps the cost of clearing constant per refusal.
        if guesses.times.len() >= PRUNE_AT.max(2 * guesses.kept) {
            guesses.times.retain(|_, times| recent(times, now_ms).next().is_some());
            guesses.kept = guesses.times.len();
        }
        let times = guesses.times.entry((Hash::of(&[what.as_bytes()]), from)).or_default();
        *times = recent(times, now_ms).chain([now_ms]).collect();
    }
}

fn recent(times: &[i64], now_ms: i64) -> impl Iterator<Item = i64> {
    times.iter().copied().filter(move |time| now_ms.abs_diff(*time) < MINUTE_MS.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn the_sixth_guess_waits_for_a_minute_and_nobody_else_does() {
        let guesses = Guesses::default();
        let (here, there) = (IpAddr::from(Ipv4Addr::new(192, 0, 2, 1)), IpAddr::from(Ipv4Addr::new(192, 0, 2, 2)));
        for second in 0..5 {
            assert!(guesses.may_try("4711", here, second * 1000));
            guesses.refused("4711", here, second * 1000);
        }
        assert!(!guesses.may_try("4711", here, 5_000) && !guesses.may_try("4711", here, 59_999));
        assert!(guesses.may_try("4711", there, 5_000) && guesses.may_try("4712", here, 5_000));
        assert!(guesses.may_try("4711", here, 60_000));
    }
}
