//! Opening the vault and what every call needs.

use std::sync::Mutex;

use super::provision::Provisioned;
use super::recover::unless_full;
use super::{Config, Notice, Ports, SyncState};
use crate::domain::{DeviceId, Moment};
use crate::error::Error;
use crate::log;
use crate::sync::Engine;
use crate::vault::{KeyState, Sweep, Vault};

/// The core as an app holds it. One for each vault folder; a second process is refused.
pub struct Client {
    pub(super) config: Config,
    pub(super) ports: Ports,
    pub(super) vault: Vault,
    pub(super) device: DeviceId,
    pub(super) engine: Mutex<Engine>,
    /// Serialises reading, changing and writing a draft.
    pub(super) drafting: Mutex<()>,
    pub(super) provisioned: Mutex<Provisioned>,
    /// The offences of a day, indexed: version, day, index.
    pub(super) offences: Mutex<Option<(String, chrono::NaiveDate, crate::catalogue::Index)>>,
    pub(super) notices: Mutex<Vec<Notice>>,
    /// How far the handover has come, as last told.
    pub(super) progress: Mutex<SyncState>,
    sweep: Sweep,
}

impl Client {
    /// Opens the vault, or makes a new one, and finishes what a crash has interrupted.
    ///
    /// # Errors
    /// Whatever the reason, nothing in the folder has been deleted or overwritten.
    pub fn open(config: Config, ports: Ports) -> Result<Self, Error> {
        let opened = Vault::open(&config.folder, config.storage, ports.vault(&config))?;
        let is_unusual = opened.is_unusual();
        let device = opened.vault.device()?;
        let mut client = Self {
            config,
            ports,
            vault: opened.vault,
            device,
            engine: Mutex::default(),
            drafting: Mutex::default(),
            provisioned: Mutex::default(),
            offences: Mutex::default(),
            notices: Mutex::default(),
            progress: Mutex::default(),
            sweep: Sweep::default(),
        };
        client.report_look(&opened.look)?;
        if let Err(error) = opened.rotation {
            log::event("the rotation of keys is put off", &[("error", &Error::from(error))]);
        }
        client.tell_keys(KeyState::Available);
        client.recover(&opened.sweep)?;
        if is_unusual {
            unless_full(client.keep_up())?;
        }
        if let Some(mut salvage) = opened.salvaged {
            client.vault.account(&mut salvage)?;
            client.vault.salvage_told(&salvage)?;
            client.notify(Notice::Salvaged(Box::new(salvage)));
        }
        client.sweep = opened.sweep;
        Ok(client)
    }

    /// What opening leaves for later, once.
    pub(super) fn keep_up(&self) -> Result<(), Error> {
        let Some(found) = self.vault.keep_up()? else { return Ok(()) };
        if found.lost_rows > 0 {
            self.notify(Notice::RowsLost(found.lost_rows));
        }
        self.report_damage(&found.requeued)
    }

    /// This device's id, made when the vault was.
    #[must_use]
    pub const fn device(&self) -> DeviceId {
        self.device
    }

    /// What opening had to mend. An app shows it.
    #[must_use]
    pub const fn recovered(&self) -> &Sweep {
        &self.sweep
    }

    pub(super) fn now(&self) -> Result<Moment, Error> {
        let reading = self.ports.clock.read();
        Ok(Moment::new(reading.unix_ms, reading.offset_s, reading.mono_ms, reading.boot)?)
    }

    /// A random id.
    pub(super) fn random<const N: usize>(&self) -> Result<[u8; N], Error> {
        Ok(self.ports.entropy.array()?)
    }
}
