//! What an app does to keep the vault safe: background and foreground, its keys, and what there is to tell the officer.

use std::path::Path;

use streife_core::client::{KeyState, SealedView};
use streife_core::domain::{CaseId, Officer};

use crate::types::{AuditView, NoticeView, SpaceView};
use crate::{Streife, StreifeError};

#[uniffi::export]
impl Streife {
    /// Leaves the vault's folder alone, as an app in the background must: when this returns, no lock is held and no file
    /// is open in it. Calls in flight, and every later one until [`Self::resume`], fail with `State`. May be called from
    /// any thread, and again.
    ///
    /// # Errors
    /// [`StreifeError`] of the vault if its last entry cannot be read; it is suspended all the same.
    pub fn suspend(&self) -> Result<(), StreifeError> {
        self.call(|client| client.suspend())
    }

    /// Takes the vault up where it was left. If it was changed meanwhile, [`Self::notices`] tells.
    ///
    /// # Errors
    /// `InUse` while another process has the vault; as `open`. The vault then stays suspended; call again.
    pub fn resume(&self) -> Result<(), StreifeError> {
        self.call(|client| client.resume())
    }

    /// Room on the vault's disk. Ask before the camera opens: at `Full`, `begin_case` is refused.
    ///
    /// # Errors
    /// `Storage` if the file system does not answer.
    pub fn space(&self) -> Result<SpaceView, StreifeError> {
        self.call(|client| Ok(client.space()?.into()))
    }

    /// Reads everything there is, each file to its end, and verifies every signature. What is damaged is named, journalled
    /// and among [`Self::notices`]; everything else stays usable. It takes as long as reading the vault does: start it
    /// while the phone charges. Calls from other threads go on meanwhile.
    ///
    /// # Errors
    /// `Storage` if the disk fails, `KeyUnavailable` while the vault is locked, `State` while it is suspended.
    pub fn audit(&self) -> Result<AuditView, StreifeError> {
        self.call(|client| Ok(client.audit()?.into()))
    }

    /// Wipes every key from memory, as an app does when the officer logs out. Whatever needs a key fails with
    /// `KeyUnavailable` until [`Self::unlock`]. What was recorded while the key store was silent can then be opened by the
    /// agency's recovery key only. May be called from any thread.
    ///
    /// # Errors
    /// None.
    pub fn lock(&self) -> Result<(), StreifeError> {
        self.call(|client| {
            client.lock();
            Ok(())
        })
    }

    /// Asks the key store for the keys: behind [`Self::lock`], and again while it is silent. Returns how it stands. The
    /// vault asks by itself when it syncs and when a shift opens or closes.
    ///
    /// # Errors
    /// `KeyUnavailable` if the store is silent and no recovery key is installed to record under.
    pub fn unlock(&self) -> Result<KeyState, StreifeError> {
        self.call(|client| client.unlock())
    }

    /// States the officer of the open shift anew, when the one stated is under a key that is not at hand: without an
    /// officer no case can be sealed.
    ///
    /// # Errors
    /// `State` if no shift is open or its officer can be read; `Limit` for an officer beyond the limits.
    pub fn restate_officer(&self, officer: Officer) -> Result<(), StreifeError> {
        self.call(|client| client.restate_officer(&officer))
    }

    /// Begins a new key epoch and erases the old one with its hardware key. Happens by itself when a shift closes and when
    /// all is handed over.
    ///
    /// # Errors
    /// `KeyUnavailable` if the key store fails; everything stays readable.
    pub fn rotate_keys(&self) -> Result<(), StreifeError> {
        self.call(|client| client.rotate_keys())
    }

    /// What the officer should be told besides the answers of calls, oldest first, since the vault was opened. All of it
    /// is in the journal, too.
    ///
    /// # Errors
    /// None.
    pub fn notices(&self) -> Result<Vec<NoticeView>, StreifeError> {
        Ok(self.client().notices().into_iter().map(Into::into).collect())
    }

    /// Makes a new manifest for a case that a salvage found without one, and queues it. Only when the agency has said that
    /// the case has not arrived: the box refuses a second manifest. The slip keeps its number and loses its code.
    ///
    /// # Errors
    /// `State` unless the case is stranded, `NotFound` if a file of it is missing.
    pub fn reissue_case(&self, case: CaseId) -> Result<SealedView, StreifeError> {
        self.call(|client| client.reissue_case(case))
    }

    /// Writes refused cases, the quarantine and the box's reasons below a folder that is empty or not there yet; returns
    /// how many cases. All of it is sealed or signed, and nothing leaves the vault.
    ///
    /// # Errors
    /// `State` if something lies in the folder, `DiskFull`, `SignerUnavailable`.
    pub fn export_quarantine(&self, folder: String) -> Result<u32, StreifeError> {
        let done = self.call(|client| client.export_quarantine(Path::new(&folder)))?;
        Ok(u32::try_from(done.cases.len()).unwrap_or(u32::MAX))
    }
}
