//! The vault while it is suspended: it answers nothing, keeps everything, and lets others in.

use streife_core::client::{Client, VaultError};
use streife_core::domain::PhotoClass;
use streife_core::error::Error;

use crate::check::demand;
use crate::edits;
use crate::play::{Came, Checked, Machine};
use crate::steps::{Asleep, Edit};

impl Machine<'_> {
    /// Suspends, lets something happen, resumes.
    pub fn suspend(&mut self, asleep: Asleep) -> Checked {
        match self.call(None, |_, client| client.suspend())? {
            Came::Done(()) => {}
            Came::Refused(error) => return self.explain(&error, None),
            Came::Killed => return Ok(()),
        }
        match asleep {
            Asleep::Nothing => {}
            Asleep::Calls => self.refused_while_asleep()?,
            Asleep::Kill => {
                self.world.bury();
                self.figures.kills += 1;
                return self.open(None);
            }
            Asleep::OpenedElsewhere => self.opened_elsewhere()?,
        }
        self.resume()
    }

    /// What fails while resuming leaves the vault suspended; the next try, without the trouble, succeeds.
    fn resume(&mut self) -> Checked {
        match self.call(None, |_, client| client.resume())? {
            Came::Done(()) | Came::Killed => Ok(()),
            Came::Refused(error) => {
                self.explain(&error, None)?;
                self.world.fate().step(None);
                let again = self.world.client().map(Client::resume);
                again.unwrap_or(Ok(())).map_err(|error| format!("I1: the vault cannot be resumed: {error:?}"))
            }
        }
    }

    fn refused_while_asleep(&self) -> Checked {
        self.world.fate().step(None); // a suspended vault that is killed is another of these
        let Some(client) = self.world.client() else { return Ok(()) };
        let known = self.model.cases.first().map(|case| case.id);
        let edit = |case| client.edit_case(case, edits::edit(&Edit::Check, &self.world.now()));
        let photo = |case| client.add_photo_from(case, b"".as_slice(), PhotoClass::Detail).map(drop);
        let answers = [
            client.status().map(drop),
            client.begin_case().map(drop),
            client.journal().map(drop),
            known.map_or(Err(VaultError::Suspended.into()), edit),
            known.map_or(Err(VaultError::Suspended.into()), photo),
        ];
        let is_refused = |answer: &Result<(), Error>| matches!(answer, Err(Error::Vault(VaultError::Suspended)));
        demand(answers.iter().all(is_refused), || format!("I10: calls of a suspended vault: {answers:?}"))
    }

    fn opened_elsewhere(&mut self) -> Checked {
        if self.world.key_store_fails().is_some() {
            return Ok(());
        }
        let opened = self.call(None, |world, _| world.open_elsewhere())?;
        match opened {
            Came::Refused(error) => self.explain(&error, None),
            Came::Done(()) | Came::Killed => Ok(()),
        }?;
        if self.world.client().is_some() && self.store_failure().is_some() {
            self.model.died_opening(); // of the other process
        }
        Ok(())
    }
}
