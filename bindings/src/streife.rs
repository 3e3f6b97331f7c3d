//! The object an app holds.

use std::sync::Arc;

use streife_core::client::{Client, Config, Ports};
use streife_core::domain::DeviceId;
use streife_core::error::Error;
use streife_core::http::{HttpError, HttpTransport};
use streife_core::ports::{Anchor, Clock, ClockReading, NoAnchor, OsEntropy, Transport};

use crate::host::{AnchorPort, ClockPort, KeyStorePort, LogPort, SignerPort};
use crate::types::{CaseSummaryView, JournalHeadView, RecoveryView, StatusView};
use crate::{ConfigInput, HostAnchor, HostClock, HostKeyStore, HostSigner, Input, LogSink, StreifeError};

/// An open vault. Make one for each folder and keep it as long as the app runs; closing or dropping it frees
/// the folder.
///
/// Calls may come from any thread and at the same time. They block: on disk all of them, on the network `enrol`,
/// `refresh` and `sync`. What a call has acknowledged is durable; there is nothing to save. An app that goes to the
/// background calls `suspend`.
#[derive(uniffi::Object)]
pub struct Streife {
    client: Client,
    clock: Arc<dyn Clock>,
    signer: Arc<SignerPort>,
    log: LogPort,
}

#[uniffi::export]
impl Streife {
    /// Opens the vault in the configured folder, or makes a new one, and finishes what a crash has interrupted.
    /// Does not use the network.
    ///
    /// # Errors
    /// `KeyUnavailable` or `WrongKey` if the key store does not open it now; `InUse`, `NewerVersion`, `Corrupt`;
    /// `BadInput` for the configuration. Whatever the reason, nothing in the folder has been deleted or overwritten.
    #[uniffi::constructor(default(log = None, anchor = None))]
    pub fn open(
        config: ConfigInput,
        signer: Arc<dyn HostSigner>,
        key_store: Arc<dyn HostKeyStore>,
        clock: Arc<dyn HostClock>,
        log: Option<Arc<dyn LogSink>>,
        anchor: Option<Arc<dyn HostAnchor>>,
    ) -> Result<Arc<Self>, StreifeError> {
        Self::begin(config, signer, key_store, clock, log, anchor, Client::open)
    }

    /// Builds a vault again whose database is damaged, and opens it: when `open` fails with `Corrupt`, or [`Self::notices`]
    /// tells of lost rows and the vault is closed again. Deletes nothing; [`Self::notices`] tells what has come back. If
    /// it is interrupted, call it again.
    ///
    /// # Errors
    /// `State` if the database is sound; `KeyUnavailable` or `SignerUnavailable` while a key does not answer. Then the
    /// vault is as it was.
    #[uniffi::constructor(default(log = None, anchor = None))]
    pub fn salvage(
        config: ConfigInput,
        signer: Arc<dyn HostSigner>,
        key_store: Arc<dyn HostKeyStore>,
        clock: Arc<dyn HostClock>,
        log: Option<Arc<dyn LogSink>>,
        anchor: Option<Arc<dyn HostAnchor>>,
    ) -> Result<Arc<Self>, StreifeError> {
        let salvage = |config, ports| Client::salvage(config, ports).map(|(client, _)| client);
        Self::begin(config, signer, key_store, clock, log, anchor, salvage)
    }

    /// This device's id, made when the vault was.
    ///
    /// # Errors
    /// None.
    pub fn device(&self) -> Result<DeviceId, StreifeError> {
        Ok(self.client.device())
    }

    /// What opening had to mend after a crash; nothing if there was nothing.
    ///
    /// # Errors
    /// None.
    pub fn recovered(&self) -> Result<Option<RecoveryView>, StreifeError> {
        let sweep = self.client.recovered();
        let mut damaged: Vec<_> = sweep.missing.iter().map(|object| object.case).collect();
        damaged.dedup();
        let photos_found = u32::try_from(sweep.orphans.len()).unwrap_or(u32::MAX);
        let (deleted, quarantined) = (sweep.deleted, sweep.quarantined);
        Ok((!sweep.is_clean()).then_some(RecoveryView { photos_found, deleted, quarantined, damaged }))
    }

    /// The queue in numbers.
    ///
    /// # Errors
    /// [`StreifeError`] of the vault.
    pub fn status(&self) -> Result<StatusView, StreifeError> {
        self.call(|client| Ok(client.status()?.into()))
    }

    /// All cases on this phone, tombstones included, in the order they were begun.
    ///
    /// # Errors
    /// [`StreifeError`] of the vault.
    pub fn cases(&self) -> Result<Vec<CaseSummaryView>, StreifeError> {
        self.call(|client| Ok(client.cases()?.into_iter().map(Into::into).collect()))
    }

    /// Recomputes the journal's whole hash chain and returns its newest entry. Write it down elsewhere, and nobody can
    /// shorten the journal unseen.
    ///
    /// # Errors
    /// `Tampered` if an entry does not fit.
    pub fn journal_head(&self) -> Result<JournalHeadView, StreifeError> {
        let head = self.call(|client| Ok(client.journal()?.verify()?))?;
        Ok(JournalHeadView { n: head.n, link: head.link.to_string() })
    }
}

impl Streife {
    fn begin(
        config: ConfigInput,
        signer: Arc<dyn HostSigner>,
        key_store: Arc<dyn HostKeyStore>,
        clock: Arc<dyn HostClock>,
        log: Option<Arc<dyn LogSink>>,
        anchor: Option<Arc<dyn HostAnchor>>,
        open: impl FnOnce(Config, Ports) -> Result<Client, Error>,
    ) -> Result<Arc<Self>, StreifeError> {
        let transport = transport(&config)?;
        let clock: Arc<dyn Clock> = Arc::new(ClockPort(clock));
        let signer = Arc::new(SignerPort::new(signer));
        let ports = Ports {
            clock: clock.clone(),
            entropy: Arc::new(OsEntropy),
            signer: signer.clone(),
            key_store: Arc::new(KeyStorePort(key_store)),
            anchor: anchor.map_or_else(|| Arc::new(NoAnchor) as Arc<dyn Anchor>, |anchor| Arc::new(AnchorPort(anchor))),
            transport,
        };
        let (config, log) = (config.into_core()?, LogPort::new(log));
        let client = log.during(|| open(config, ports))?;
        Ok(Arc::new(Self { client, clock, signer, log }))
    }

    /// The one way into the core: what it logs goes to the host's sink, how it fails to the host's error.
    pub(crate) fn call<T>(&self, call: impl FnOnce(&Client) -> Result<T, Error>) -> Result<T, StreifeError> {
        Ok(self.log.during(|| call(&self.client))?)
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn signer(&self) -> &SignerPort {
        &self.signer
    }

    pub(crate) fn now(&self) -> ClockReading {
        self.clock.read()
    }
}

fn transport(config: &ConfigInput) -> Result<Arc<dyn Transport>, StreifeError> {
    match HttpTransport::new(&config.box_origin, config.authorities_pem.as_bytes()) {
        Ok(transport) => Ok(Arc::new(transport)),
        Err(HttpError::Origin) => Err(Input::BoxOrigin.into()),
        Err(HttpError::Authorities | HttpError::Tls) => Err(Input::Authorities.into()),
        Err(HttpError::Thread) => Err(StreifeError::Network),
    }
}
