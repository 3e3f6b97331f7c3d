//! When a trouble strikes: every call of every port asks here first.
//!
//! **A kill** within a call is made without a process: at that call of a port the phone's whole folder is copied, as a
//! kill would leave it (SQLite's locks die with a process and are not in the files), and every port fails from then on,
//! so that the doomed call can do nothing more to the world. What it answers is thrown away. The phone goes on in the
//! copy.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Weak};
use std::thread::JoinHandle;

use streife_core::client::Client;
use streife_core::error::Error;
use streife_core::ports::KeyStoreError;

use crate::steps::{Cut, Trouble};

/// What must stand in a copy of the phone's folder; the positive controls let something go.
pub type Survives = fn(&Path) -> bool;

/// The fate of one opened app.
pub struct Fate {
    state: Mutex<State>,
    life: PathBuf,
    next_life: PathBuf,
    survives: Survives,
}

#[derive(Default)]
struct State {
    trouble: Option<Trouble>,
    calls: u16,
    requests: u8,
    key_calls: u8,
    key_failure: Option<KeyStoreError>,
    struck: bool,
    dead: bool,
    client: Weak<Client>,
    /// Suspends the vault while the call goes on.
    suspending: Option<JoinHandle<Result<(), Error>>>,
    suspended: Option<Result<(), Error>>,
}

/// The port is asked by an app that is dead, or was told to fail.
#[derive(Debug)]
pub struct Fails;

impl Fate {
    /// The app lives in one folder; a kill leaves the other.
    pub fn new(life: &Path, next_life: &Path, survives: Survives) -> Self {
        let (life, next_life) = (life.to_owned(), next_life.to_owned());
        Self { state: Mutex::default(), life, next_life, survives }
    }

    /// A step begins, with what goes wrong in it.
    pub fn step(&self, trouble: Option<Trouble>) {
        let mut state = self.state();
        (state.trouble, state.struck, state.key_failure) = (trouble, false, None);
        (state.calls, state.requests, state.key_calls) = (0, 0, 0);
    }

    /// The app has been opened.
    pub fn watch(&self, client: Weak<Client>) {
        self.state().client = client;
    }

    /// Waits for the thread that suspends the vault, if this step has one.
    pub fn suspended(&self) -> Option<Result<(), Error>> {
        self.await_suspension();
        self.state().suspended.take()
    }

    /// The hardware or the network was called. The core holds no lock then, so that what another thread does with the
    /// vault comes to its end within the call.
    pub fn call_outside(&self) -> Result<(), Fails> {
        self.call()?;
        self.await_suspension();
        Ok(())
    }

    fn await_suspension(&self) {
        let thread = self.state().suspending.take();
        // Not under the lock: suspending may call ports.
        if let Some(thread) = thread {
            let ended = thread.join().expect("a panic while suspending is a fault of the core");
            self.state().suspended = Some(ended);
        }
    }

    /// Does something that a copy of the folder must not see half done; the core does it on a thread of its own.
    pub fn undisturbed<T>(&self, work: impl FnOnce() -> T) -> Result<T, Fails> {
        let state = self.state();
        if state.dead { Err(Fails) } else { Ok(work()) }
    }

    /// The key store itself has failed: the disk it lies on is full.
    pub fn key_store_failed(&self, how: KeyStoreError) {
        self.state().key_failure = Some(how);
    }

    /// How the key store has failed in this step, if it has.
    pub fn key_failure(&self) -> Option<KeyStoreError> {
        let state = self.state();
        let told = match state.trouble {
            Some(Trouble::NoKeyStore { how, .. }) if state.struck => Some(how),
            _ => None,
        };
        told.or(state.key_failure)
    }

    /// Whether the trouble of this step has struck.
    pub fn has_struck(&self) -> bool {
        self.state().struck
    }

    /// Whether the app was killed.
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// Kills the app now, between two calls.
    pub fn kill(&self) {
        self.die(&mut self.state());
    }

    /// A port was called.
    pub fn call(&self) -> Result<(), Fails> {
        let mut state = self.state();
        if state.dead {
            return Err(Fails);
        }
        state.calls = state.calls.saturating_add(1);
        match state.trouble {
            Some(Trouble::Kill { at }) if at == state.calls => {
                self.die(&mut state);
                Err(Fails)
            }
            Some(Trouble::Suspend { at }) if at == state.calls => {
                let Some(client) = state.client.upgrade() else { return Ok(()) };
                state.struck = true;
                state.suspending = Some(std::thread::spawn(move || client.suspend()));
                Ok(())
            }
            Some(Trouble::LoseParts { at }) if at == state.calls => {
                state.struck |= remove_parts(&self.life);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Randomness was asked for.
    pub fn draw(&self) -> Result<(), Fails> {
        self.call()?;
        let mut state = self.state();
        if matches!(state.trouble, Some(Trouble::NoEntropy { at }) if at == state.calls) {
            state.struck = true;
            return Err(Fails);
        }
        Ok(())
    }

    /// The key store was asked; whether it fails.
    pub fn ask_key_store(&self) -> Result<(), KeyStoreError> {
        self.call_outside().map_err(|_| KeyStoreError::Failed)?;
        let mut state = self.state();
        state.key_calls = state.key_calls.saturating_add(1);
        match state.trouble {
            Some(Trouble::NoKeyStore { first, how }) if state.key_calls >= first => {
                state.struck = true;
                Err(how)
            }
            _ => Ok(()),
        }
    }

    /// A request is sent; what becomes of it.
    pub fn request(&self) -> Result<Option<Cut>, Fails> {
        self.call_outside()?;
        let mut state = self.state();
        state.requests = state.requests.saturating_add(1);
        let met = match state.trouble {
            Some(Trouble::Network { first, count, fault }) => {
                (first..first.saturating_add(count)).contains(&state.requests).then_some(fault)
            }
            _ => None,
        };
        state.struck |= met.is_some();
        Ok(met)
    }

    fn die(&self, state: &mut State) {
        copy(&self.life, &self.next_life, self.survives);
        (state.dead, state.struck) = (true, true);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }
}

/// Copies a folder as it stands.
pub fn copy(from: &Path, to: &Path, survives: Survives) {
    fs::create_dir_all(to).expect("makes a folder");
    for (path, is_folder) in entries(from) {
        let target = to.join(path.file_name().expect("an entry has a name"));
        if is_folder {
            copy(&path, &target, survives);
        } else if survives(&path) {
            fs::copy(&path, &target).expect("copies a file");
        }
    }
}

/// What stands in a folder, in the order of names, and whether it is a folder itself.
pub fn entries(folder: &Path) -> BTreeMap<PathBuf, bool> {
    let entry = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.expect("an entry");
        (entry.path(), entry.file_type().expect("its type").is_dir())
    };
    fs::read_dir(folder).map(|list| list.map(entry).collect()).unwrap_or_default()
}

fn remove_parts(life: &Path) -> bool {
    let parts =
        entries(&life.join("vault/objects")).into_keys().filter(|path| path.extension().is_some_and(|e| e == "part"));
    parts.map(|part| fs::remove_file(part).expect("removes a part")).count() > 0
}
