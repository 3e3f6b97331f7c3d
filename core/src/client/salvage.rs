//! Bringing a vault back whose database is damaged.

use super::{Client, Config, Notice, Ports};
use crate::domain::Moment;
use crate::error::Error;
use crate::log;
use crate::seal::VerifyingKey;
use crate::vault::{Salvage, Vault};

impl Client {
    /// Sets a damaged database aside, builds a new one from what can still be read, the spare copies and the object
    /// files, and opens the vault. To be called when opening says [`crate::error::ErrorKind::Corrupt`], or when
    /// [`Notice::RowsLost`] was given and the vault is closed again. Deletes nothing. If it is interrupted, call it again.
    ///
    /// The shift that was open gets no seal. If the report names a new shift, the drafts are in it, and it is open; its
    /// officer must be stated again if the report says so.
    ///
    /// # Errors
    /// [`crate::vault::VaultError::State`] if the database is sound; [`crate::error::ErrorKind::KeyUnavailable`] and
    /// [`crate::error::ErrorKind::SignerUnavailable`] while a key does not answer. Then the vault is as it was.
    pub fn salvage(config: Config, ports: Ports) -> Result<(Self, Salvage), Error> {
        let own_key = VerifyingKey::from_sec1(&ports.signer.public_key()?)?;
        let reading = ports.clock.read();
        let at = Moment::new(reading.unix_ms, reading.offset_s, reading.mono_ms, reading.boot)?;
        let built = Vault::salvage(&config.folder, config.storage, ports.vault(&config), &own_key, at)?;
        log::event("a damaged database was built again", &[("number", &built.number)]);
        let client = Self::open(config, ports)?;
        let told = client.notices().into_iter().find_map(|notice| match notice {
            Notice::Salvaged(salvage) => Some(*salvage),
            _ => None,
        });
        Ok((client, told.unwrap_or(built)))
    }
}
