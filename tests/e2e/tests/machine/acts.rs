//! Each act: what is asked of the core, and what the model expects of it.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use streife_core::client::{SyncEnd, SyncLimits, SyncReport};
use streife_core::domain::{CaseId, Finding, Officer, PhotoClass, Severity};
use streife_core::error::{Error, ErrorKind};
use streife_core::ports::NeverCancel;
use streife_core::seal::Hash;
use streife_core::sync::Network;
use streife_core::testing::photo::{PhotoSpec, make};

use crate::check::{self, demand};
use crate::edits;
use crate::patience::Patience;
use crate::play::{Came, Checked, Doubt, Machine, Wrong};
use crate::steps::{Act, Edit, Photo, Pick, Trouble};

const CLASSES: [PhotoClass; 6] = [
    PhotoClass::Overview,
    PhotoClass::Plate,
    PhotoClass::Sign,
    PhotoClass::Valve,
    PhotoClass::Detail,
    PhotoClass::Driver,
];

impl Machine<'_> {
    /// Does one act.
    pub fn act(&mut self, act: &Act) -> Checked {
        match act {
            Act::OpenShift => self.open_shift(),
            Act::CloseShift => self.close_shift(),
            Act::EndShift => self.end_shift(),
            Act::Begin => self.begin(),
            Act::Edit(pick, edit) => self.on_draft(*pick, |machine, case| machine.an_edit(case, edit)),
            Act::Photo(pick, photo) => self.on_draft(*pick, |machine, case| machine.photo(case, *photo)),
            Act::Late(pick, edit) => self.on(*pick, |machine, case| machine.an_edit(case, edit)),
            Act::LatePhoto(pick, photo) => self.on(*pick, |machine, case| machine.photo(case, *photo)),
            Act::TornPhoto(pick) => self.on_draft(*pick, |machine, case| machine.torn_photo(case)),
            Act::Thumbnails(pick) => self.on(*pick, |machine, case| machine.thumbnails(case)),
            Act::Fill(pick) => self.on_draft(*pick, |machine, case| machine.fill(case)),
            Act::Whole(pick) => self.on_draft(*pick, |machine, case| {
                machine.fill(case)?;
                machine.seal(case, false)
            }),
            Act::Seal(pick, confirms) => self.on(*pick, |machine, case| machine.seal(case, *confirms)),
            Act::Void(pick, note) => match self.model.pick_any(*pick) {
                Some(case) => self.void(case, *note),
                None => self.on(*pick, |_, _| Ok(())),
            },
            Act::Sync(network) => self.sync(*network).map(drop),
            Act::Refresh => self.refresh(),
            Act::Read(pick) => self.on_draft(*pick, |machine, case| machine.read(case)),
            Act::Rotate => self.rotate(),
            Act::Lock => self.lock(),
            Act::Unlock => self.unlock(),
            Act::Restate => self.restate_officer(),
            Act::OpenTwice => self.open_twice(),
            Act::Suspend(asleep) => self.suspend(*asleep),
            other => self.world_act(other),
        }
    }

    /// What is no call of the core.
    fn world_act(&mut self, act: &Act) -> Checked {
        match act {
            Act::Reopen => {
                self.world.close();
                return self.open(self.trouble);
            }
            Act::Kill => {
                self.world.bury();
                self.figures.kills += 1;
                return self.open(self.trouble);
            }
            Act::RestartBox => self.world.restart_box(),
            Act::Wait(minutes) => self.world.wait_ms(u32::from(*minutes) * 60_000),
            Act::SetClock(by_min) => self.world.set_clock(*by_min),
            Act::Reboot => self.world.reboot(),
            Act::KeyStore(failure) => self.world.fail_key_store(*failure),
            Act::DestroyKeys => self.destroy_keys(),
            Act::Signer(failure) => self.world.fail_signer(*failure),
            Act::Plant(litter) => self.plant(*litter),
            Act::FlipBit(pick, bit) => self.flip(*pick, *bit),
            Act::LoseFile(pick, object) => self.lose(*pick, *object),
            _ => {}
        }
        self.count_act(act);
        Ok(())
    }

    fn count_act(&mut self, act: &Act) {
        let name = match act {
            Act::RestartBox => "box killed",
            Act::SetClock(_) => "clock set",
            Act::Reboot => "reboot",
            Act::KeyStore(Some(_)) => "key store fails",
            Act::Signer(Some(_)) => "signer fails",
            _ => return,
        };
        self.figures.fault(name);
    }

    /// Does something with the case of a pick, if there is one.
    fn on(&mut self, pick: Pick, act: impl FnOnce(&mut Self, CaseId) -> Checked) -> Checked {
        if let Some(case) = self.model.pick(pick) {
            return act(self, case);
        }
        self.figures.idle += 1;
        Ok(())
    }

    /// Does something with the draft of a pick. Without one, a shift is opened and a case begun first, so that most
    /// sequences get somewhere.
    fn on_draft(&mut self, pick: Pick, act: impl FnOnce(&mut Self, CaseId) -> Checked) -> Checked {
        if !self.model.has_drafts() {
            if self.model.shift.is_none() {
                self.open_shift()?;
            }
            self.begin()?;
        }
        self.on(pick, |machine, case| if machine.model.case(case).is_draft() { act(machine, case) } else { Ok(()) })
    }

    fn unless_draft(&self, case: CaseId) -> Option<ErrorKind> {
        (!self.model.case(case).is_draft()).then_some(ErrorKind::State)
    }

    fn open_shift(&mut self) -> Checked {
        self.officers += 1;
        let officer = format!("{:04}", self.officers);
        let expected = self.model.shift.map(|_| ErrorKind::State);
        let doubt = expected.is_none().then(|| Doubt::OpenShift(officer.clone()));
        let who = Officer { id: officer.clone(), unit: None };
        match self.call(doubt, |_, client| client.open_shift(&who))? {
            Came::Done(shift) => {
                self.acknowledged(expected)?;
                self.keys_may_have_come(false);
                self.model.open_shift(shift, &officer);
                Ok(())
            }
            Came::Refused(error) => self.explain(&error, expected),
            Came::Killed => Ok(()),
        }
    }

    /// Closes the open shift. A draft that cannot be read may hold it up, one that can be read does.
    pub fn close_shift(&mut self) -> Checked {
        let may = self.model.shift.is_some() && !self.model.open_drafts().any(|case| case.lit);
        let must = may && self.model.open_drafts().next().is_none();
        let expected = (!must).then_some(ErrorKind::State);
        match self.call(may.then_some(Doubt::CloseShift), |_, client| client.close_shift())? {
            Came::Done(_) => {
                self.acknowledged(expected.filter(|_| !may))?;
                self.keys_may_have_come(false);
                self.is_stranded()?;
                self.model.close_shift();
                Ok(())
            }
            Came::Refused(error) => self.explain(&error, expected),
            Came::Killed => Ok(()),
        }
    }

    /// Whether the drafts of the shift that was closed cannot be read.
    fn is_stranded(&self) -> Checked {
        let client = self.world.client().ok_or("I6: the vault is closed")?;
        let is_read = self.model.open_drafts().find(|case| client.draft(case.id).is_ok());
        demand(is_read.is_none(), || format!("I1: closed over a draft that can be read: {is_read:?}"))
    }

    fn end_shift(&mut self) -> Checked {
        let drafts: Vec<_> = self.model.cases.iter().filter(|case| case.is_draft()).map(|case| case.id).collect();
        for case in drafts {
            let findings = self.model.case(case).open_findings(&self.world.now(), false);
            if findings.is_empty() { self.seal(case, false)? } else { self.void(case, false)? }
        }
        self.close_shift()
    }

    fn begin(&mut self) -> Checked {
        let expected = self.model.shift.is_none().then_some(ErrorKind::State);
        match self.call(expected.is_none().then_some(Doubt::Begin), |_, client| client.begin_case())? {
            Came::Done(case) => {
                self.acknowledged(expected)?;
                self.model.begin(case);
                self.model.case_mut(case).lit = true;
                Ok(())
            }
            Came::Refused(error) => self.explain(&error, expected),
            Came::Killed => Ok(()),
        }
    }

    fn an_edit(&mut self, case: CaseId, edit: &Edit) -> Checked {
        let too_long = matches!(edit, Edit::TooLong).then_some(ErrorKind::BadInput);
        let expected = too_long.or_else(|| self.unless_draft(case));
        let edit = edits::edit(edit, &self.world.now());
        self.edit(case, edit, expected)
    }

    fn photo(&mut self, case: CaseId, photo: Photo) -> Checked {
        self.pictures += 1;
        let file = [drawn(), &vec![0; photo.trailing as usize], &self.pictures.to_be_bytes()].concat();
        let class = CLASSES.into_iter().cycle().nth(usize::from(photo.class)).unwrap_or(PhotoClass::Detail);
        let (hash, expected, hands) = (Hash::of(&[&file]), self.unless_draft(case), self.hands);
        let doubt = expected.is_none().then_some(Doubt::Photo(case, class, hash));
        match self.call(doubt, |_, client| hands.photo(client, case, &file, class))? {
            Came::Done(added) => {
                self.acknowledged(expected)?;
                self.model.case_mut(case).photographed(&added, hash);
                Ok(())
            }
            Came::Refused(error) => self.explain(&error, expected),
            Came::Killed => Ok(()),
        }
    }

    fn torn_photo(&mut self, case: CaseId) -> Checked {
        let (torn, _) = drawn().split_at(drawn().len() / 2);
        match self.call(None, |_, client| client.add_photo_from(case, torn, PhotoClass::Detail))? {
            Came::Done(_) => Err("I3: a torn photo was taken over".to_owned()),
            Came::Refused(error) => self.explain(&error, Some(ErrorKind::Photo)),
            Came::Killed => Ok(()),
        }
    }

    fn thumbnails(&mut self, case: CaseId) -> Checked {
        let is_hurt = !self.model.case(case).hurt.is_empty();
        match self.call(None, |_, client| client.make_thumbnails(case, &NeverCancel))? {
            Came::Refused(error) if is_hurt && check::is_of_damage(&error) => Ok(()),
            Came::Refused(error) => self.explain(&error, self.unless_draft(case)),
            // How many were made, the draft tells; it must keep them from now on.
            Came::Done(_) | Came::Killed => Ok(()),
        }
    }

    fn fill(&mut self, case: CaseId) -> Checked {
        let known = self.model.case(case).clone();
        for edit in edits::missing(&known.facts, &self.world.now()) {
            self.edit(case, edit, None)?;
        }
        if known.photos.is_empty() { self.photo(case, Photo { trailing: 0, class: 0 }) } else { Ok(()) }
    }

    fn seal(&mut self, case: CaseId, confirms: bool) -> Checked {
        let known = self.model.case(case);
        let findings = known.open_findings(&self.world.now(), confirms);
        let expected = self.unless_draft(case).or_else(|| {
            let found = [
                (confirms && !known.is_mocked(), ErrorKind::BadInput),
                (!findings.is_empty(), ErrorKind::Findings),
                (!self.world.is_within_validity(), ErrorKind::NotProvisioned),
            ];
            found.into_iter().find(|(is_so, _)| *is_so).map(|(_, kind)| kind)
        });
        let doubt = expected.is_none().then_some(Doubt::Seal(case));
        let (hands, vault, given) = (self.hands, self.world.vault(), edits::confirmations(confirms));
        match self.call(doubt, |_, client| hands.seal(client, &vault, case, given))? {
            Came::Done(sealed) => {
                self.acknowledged(expected)?;
                let seq = self.model.seal(case);
                demand(sealed.seq == seq, || format!("I2: {sealed:?} instead of number {seq}"))
            }
            Came::Refused(Error::Findings(found)) if expected == Some(ErrorKind::Findings) => {
                let found = weighty(&found);
                demand(found == findings, || format!("I10: {found:?} instead of {findings:?}"))
            }
            Came::Refused(error) => self.explain(&error, expected),
            Came::Killed => Ok(()),
        }
    }

    /// Voids a case. A draft is sealed and voided in one step.
    pub fn void(&mut self, case: CaseId, note: bool) -> Checked {
        let known = self.model.case(case);
        let (is_draft, is_valid) = (known.is_draft(), self.world.is_within_validity());
        let expected = match (known.voided, note || is_draft) {
            (_, true) if !is_valid && (note || !known.voided) => Some(ErrorKind::NotProvisioned),
            (true, _) => Some(ErrorKind::State),
            (false, _) => None,
        };
        let (doubt, hands) = (expected.is_none().then_some(Doubt::Void(case)), self.hands);
        match self.call(doubt, |_, client| hands.void(client, case, note.then_some("misread")))? {
            Came::Done(()) => {
                self.acknowledged(expected)?;
                self.model.void(case);
                Ok(())
            }
            Came::Refused(error) => self.explain(&error, expected),
            Came::Killed => Ok(()),
        }
    }

    /// Hands over what can be handed over now.
    pub fn sync(&mut self, network: Network) -> Result<Option<SyncReport>, Wrong> {
        let patience = Patience::default();
        let limits = SyncLimits { cancel: &patience, ..SyncLimits::over(network) };
        match self.call(None, |_, client| client.sync(&limits))? {
            Came::Done(report) => {
                self.keys_may_have_come(false);
                self.figures.requests += u64::from(report.requests);
                demand(report.end != SyncEnd::Cancelled, || format!("I9: no end after {} requests", report.requests))?;
                demand(report.end != SyncEnd::Revoked || is_refusal(self.trouble), || {
                    "I6: revoked by nobody".to_owned()
                })?;
                Ok(Some(report))
            }
            Came::Refused(error) => {
                let signer = self.world.signer_fails().map(|_| ErrorKind::SignerUnavailable);
                self.explain(&error, signer)?;
                Ok(None)
            }
            Came::Killed => Ok(None),
        }
    }

    fn refresh(&mut self) -> Checked {
        match self.call(None, |_, client| client.refresh())? {
            Came::Refused(error) => {
                let cut = matches!(self.trouble, Some(Trouble::Network { .. })) && self.world.fate().has_struck();
                let of_a_cut = [ErrorKind::Network, ErrorKind::Refused, ErrorKind::Tampered];
                if cut && of_a_cut.contains(&error.kind()) { Ok(()) } else { self.explain(&error, None) }
            }
            Came::Done(()) | Came::Killed => Ok(()),
        }
    }

    fn read(&mut self, case: CaseId) -> Checked {
        let findings = self.model.case(case).open_findings(&self.world.now(), false);
        match self.call(None, |_, client| client.findings(case))? {
            Came::Done(found) => {
                let found = weighty(&found);
                demand(found == findings, || format!("I10: {found:?} instead of {findings:?}"))
            }
            Came::Refused(error) => self.explain(&error, None),
            Came::Killed => Ok(()),
        }
    }

    /// A new key epoch. Whatever comes of it, everything stays readable.
    pub fn rotate(&mut self) -> Checked {
        match self.call(None, |_, client| client.rotate_keys())? {
            Came::Refused(error) => self.explain(&error, None),
            Came::Done(()) | Came::Killed => Ok(()),
        }
    }

    fn open_twice(&mut self) -> Checked {
        match self.call(None, |world, _| world.open_elsewhere())? {
            Came::Done(()) => Err("I10: the vault was opened twice".to_owned()),
            Came::Refused(error) => self.explain(&error, Some(ErrorKind::InUse)),
            Came::Killed => Ok(()),
        }
    }
}

/// What stands against sealing; notes do not.
fn weighty(found: &[Finding]) -> BTreeSet<streife_core::domain::FindingCode> {
    found.iter().filter(|finding| finding.severity != Severity::Note).map(|finding| finding.code).collect()
}

fn is_refusal(trouble: Option<Trouble>) -> bool {
    matches!(trouble, Some(Trouble::Network { .. }))
}

/// A small picture, drawn once a process.
fn drawn() -> &'static [u8] {
    static DRAWN: OnceLock<Vec<u8>> = OnceLock::new();
    DRAWN.get_or_init(|| make(&PhotoSpec { width: 160, height: 120, ..PhotoSpec::default() }))
}
