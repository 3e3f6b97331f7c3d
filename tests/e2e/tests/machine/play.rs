//! Plays a sequence on a world and keeps the model.
//!
//! A call ends in one of three ways. **Done**: the model takes it up. **Refused**: the model must have said so, or the
//! trouble of the step explains the kind of the error; then nothing may have changed. **Killed**: the phone is opened
//! again in what the kill has left, and shows whether the call had been done or not; both are right, half is not.

use std::panic::{AssertUnwindSafe, catch_unwind};

use streife_core::client::{Client, VaultError};
use streife_core::domain::{CaseEdit, CaseFacts, CaseId, PhotoClass};
use streife_core::error::{Error, ErrorKind};
use streife_core::seal::Hash;

use crate::figures::Figures;
use crate::hands::Hands;
use crate::model::Model;
use crate::steps::{Act, Cut, Step, Trouble};
use crate::world::World;
use crate::{check, settle};

/// What does not hold, beginning with the invariant.
pub type Wrong = String;
/// Whether all holds.
pub type Checked = Result<(), Wrong>;

/// One sequence while it is played.
pub struct Machine<'a> {
    pub world: World,
    pub model: Model,
    pub figures: Figures,
    pub hands: &'a dyn Hands,
    /// Calls of which nobody knows whether they were done, because the vault does not open yet.
    pub doubts: Vec<Doubt>,
    /// What goes wrong in the present step.
    pub trouble: Option<Trouble>,
    /// Photos taken so far; each has another number behind its end.
    pub pictures: u32,
    /// Officers so far.
    pub officers: u32,
}

/// A call that may have been done.
#[derive(Clone, Debug)]
pub enum Doubt {
    OpenShift(String),
    CloseShift,
    Begin,
    Edit(CaseId, Box<CaseFacts>),
    Photo(CaseId, PhotoClass, Hash),
    Seal(CaseId),
    Void(CaseId),
}

/// How a call came out.
pub enum Came<T> {
    Done(T),
    Refused(Error),
    Killed,
}

impl<'a> Machine<'a> {
    /// A new phone and a new box.
    pub fn new(seed: u64, hands: &'a dyn Hands) -> Self {
        Self {
            world: World::new(seed, hands.survives()),
            model: Model::default(),
            figures: Figures { cases: 1, ..Figures::default() },
            hands,
            doubts: Vec::new(),
            trouble: None,
            pictures: 0,
            officers: 0,
        }
    }

    /// Plays all steps; then the faults stop, and everything must come to its end.
    pub fn play(&mut self, steps: &[Step]) -> Checked {
        for (number, step) in steps.iter().enumerate() {
            self.step(step).map_err(|wrong| format!("step {number}: {wrong}"))?;
        }
        self.finish().map_err(|wrong| format!("at the end: {wrong}"))
    }

    fn step(&mut self, step: &Step) -> Checked {
        self.figures.steps += 1;
        self.wake()?;
        self.trouble = step.trouble;
        self.world.fate().step(step.trouble);
        let hides = step.trouble == Some(Trouble::HideObjects);
        if hides {
            self.world.hide_objects();
        }
        let acted = match step.trouble {
            Some(Trouble::FullDisk { pages }) => self.act_on_full_disk(&step.act, pages),
            _ => self.act(&step.act),
        };
        if hides {
            self.world.show_objects();
            self.figures.fault("hidden objects");
        }
        self.count();
        self.trouble = None;
        self.world.fate().step(None);
        acted?;
        self.settle(false)?;
        check::phone(&self.world, &mut self.model)
    }

    fn act_on_full_disk(&mut self, act: &Act, pages: u8) -> Checked {
        self.world.set_full(Some(pages));
        let acted = self.act(act).and_then(|()| self.settle(false));
        let acted = acted.and_then(|()| check::phone(&self.world, &mut self.model));
        self.world.set_full(None);
        acted
    }

    /// Opens the vault if it is closed and can be opened.
    fn wake(&mut self) -> Checked {
        if self.world.client().is_some() {
            return Ok(());
        }
        self.open(None)
    }

    /// Opens the vault; a key store that fails is a reason not to.
    pub fn open(&mut self, trouble: Option<Trouble>) -> Checked {
        self.model.forget_keys();
        match catch(|| self.world.open(trouble))? {
            _ if self.world.fate().is_dead() => {
                if self.world.key_store_fails().is_some() {
                    self.model.died_opening();
                }
                self.world.bury();
                self.figures.kills_opening += 1;
                self.open(None)
            }
            Ok(()) => {
                self.model.asked_for_keys(self.store_failure());
                self.opened()
            }
            Err(error) => {
                if self.store_failure().is_some() {
                    self.model.died_opening();
                }
                self.explain(&error, None)
            }
        }
    }

    fn opened(&mut self) -> Checked {
        let client = self.world.client().expect("was just opened");
        self.figures.adopted += u32::try_from(client.recovered().orphans.len()).unwrap_or(u32::MAX);
        self.settle(true)?;
        if self.trouble == Some(Trouble::HideObjects) {
            return Ok(()); // what lies there is not seen
        }
        check::opening(&self.world, &mut self.model)
    }

    /// Makes one call of the core. A call that was killed leaves a doubt; while the vault does not open, none is made.
    pub fn call<T>(
        &mut self,
        doubt: Option<Doubt>,
        call: impl FnOnce(&World, &Client) -> Result<T, Error>,
    ) -> Result<Came<T>, Wrong> {
        let Some(client) = self.world.client() else { return Ok(Came::Killed) };
        let answer = catch(|| call(&self.world, client))?;
        if self.world.fate().is_dead() {
            self.figures.kills_within += 1;
            self.doubts.extend(doubt);
            self.world.bury();
            self.open(None)?;
            return Ok(Came::Killed);
        }
        if let Some(suspended) = self.world.fate().suspended() {
            self.wake_up(suspended)?;
            if matches!(answer, Err(Error::Vault(VaultError::Suspended))) {
                self.doubts.extend(doubt);
                self.settle(true)?;
                return Ok(Came::Killed);
            }
        }
        Ok(match answer {
            Ok(done) => Came::Done(done),
            Err(error) => {
                self.figures.error(error.kind());
                Came::Refused(error)
            }
        })
    }

    /// Resumes a vault that was suspended under a call. Such a call may have been done or not, as a killed one.
    fn wake_up(&mut self, suspended: Result<(), Error>) -> Checked {
        suspended.map_err(|error| format!("I10: suspending fails: {error:?}"))?;
        let client = self.world.client().ok_or("I10: suspended without an app")?;
        client.resume().map_err(|error| format!("I1: the vault cannot be resumed: {error:?}"))
    }

    /// Whether an error is the one that the model expects, or one that the trouble explains.
    pub fn explain(&self, error: &Error, expected: Option<ErrorKind>) -> Checked {
        let kind = error.kind();
        let is_explained = Some(kind) == expected
            || match kind {
                ErrorKind::Entropy => {
                    self.world.fate().has_struck() && matches!(self.trouble, Some(Trouble::NoEntropy { .. }))
                }
                ErrorKind::Storage => match self.trouble {
                    Some(Trouble::HideObjects) => true,
                    Some(Trouble::LoseParts { .. }) => self.world.fate().has_struck(),
                    _ => false,
                },
                ErrorKind::DiskFull => matches!(self.trouble, Some(Trouble::FullDisk { .. })),
                ErrorKind::KeyUnavailable => self.store_failure().is_some() || self.model.is_dim(),
                _ => false,
            };
        if is_explained {
            return Ok(());
        }
        Err(format!("I10: {error:?} ({kind:?}) instead of {expected:?}, with {:?}", self.trouble))
    }

    /// An acknowledgement that the model did not expect.
    pub fn acknowledged(&mut self, expected: Option<ErrorKind>) -> Checked {
        self.figures.acknowledged += 1;
        expected.map_or(Ok(()), |kind| Err(format!("I10: done instead of {kind:?}")))
    }

    /// Looks which of the doubtful calls were done. One on a draft that cannot be read now stays in doubt, and so does a
    /// photo until an opening: only then is one adopted.
    fn settle(&mut self, is_opening: bool) -> Checked {
        let Some(client) = self.world.client() else { return Ok(()) };
        for doubt in std::mem::take(&mut self.doubts) {
            let must_wait = matches!(doubt, Doubt::Photo(..)) && !is_opening;
            if must_wait || !settle::settle(client, &mut self.model, &doubt)? {
                self.doubts.push(doubt);
            }
        }
        Ok(())
    }

    /// Ends what goes wrong in this step.
    pub fn calm(&mut self) {
        self.world.fate().step(None);
        self.world.set_full(None);
    }

    /// The edit of a draft, through the app.
    pub fn edit(&mut self, case: CaseId, edit: CaseEdit, expected: Option<ErrorKind>) -> Checked {
        let (hands, after) = (self.hands, self.model.case(case).edited(edit.clone()));
        let doubt = expected.is_none().then(|| Doubt::Edit(case, Box::new(after.clone())));
        match self.call(doubt, |_, client| hands.edit(client, case, edit))? {
            Came::Done(()) => {
                self.acknowledged(expected)?;
                self.model.case_mut(case).facts = after;
                Ok(())
            }
            Came::Refused(error) => self.explain(&error, expected),
            Came::Killed => Ok(()),
        }
    }

    fn count(&mut self) {
        let name = match self.trouble {
            Some(Trouble::NoEntropy { .. }) => "no randomness",
            Some(Trouble::LoseParts { .. }) => "lost parts",
            Some(Trouble::NoKeyStore { .. }) => "key store fails in a call",
            Some(Trouble::Suspend { .. }) => "suspended within a call",
            Some(Trouble::Network { fault, .. }) => match fault {
                Cut::Before => "lost before the box",
                Cut::After => "lost after the box",
                Cut::Twice => "sent twice",
                Cut::Status(..) => "refusing status",
                Cut::Page => "portal page",
                Cut::Garbage => "lying success",
                Cut::Half => "half an answer",
                Cut::Torn => "torn request",
            },
            Some(Trouble::FullDisk { .. }) if self.world.can_be_full() => return self.figures.fault("full disk"),
            Some(Trouble::Kill { .. } | Trouble::HideObjects | Trouble::FullDisk { .. }) | None => return,
        };
        if self.world.fate().has_struck() {
            self.figures.fault(name);
        }
    }
}

/// Runs a call of the core; a panic is one of the wrongs.
fn catch<T>(call: impl FnOnce() -> T) -> Result<T, Wrong> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        format!("I10: the core panicked: {}", text.unwrap_or("without words"))
    })
}
