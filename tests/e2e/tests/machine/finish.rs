//! When the faults stop: the queue drains without a hand, and the box has each sealed case once and whole.

use streife_core::client::{CaseState, CaseSummary, SyncEnd};
use streife_core::domain::CaseId;
use streife_core::sync::Network;

use crate::check::{self, demand};
use crate::desk;
use crate::edits::CANARIES;
use crate::fate::entries;
use crate::keys::Lasts;
use crate::model::Case;
use crate::play::{Checked, Machine};

/// Waits until the next try that a drain may need.
const ROUNDS: u32 = 60;

impl Machine<'_> {
    /// Ends the faults, seals what is open, drains, and compares with the box.
    pub fn finish(&mut self) -> Checked {
        self.world.fail_key_store(None);
        self.world.fail_signer(None);
        self.world.set_clock_right();
        self.world.close();
        self.open(None)?;
        demand(self.world.client().is_some(), || "I1: the vault does not open".to_owned())?;
        check::phone(&self.world, &mut self.model)?;
        self.figures.dark += u32::try_from(self.count_dark()).unwrap_or(u32::MAX);
        self.world.fate().undisturbed(|| no_plaintext(&self.world.life())).map_err(|_| "I4: the app is dead")??;
        self.end_open_shift()?;
        self.drain()?;
        check::phone(&self.world, &mut self.model)?;
        self.nothing_stays()?;
        self.erase_old_keys()?;
        desk::compare(self)
    }

    /// Every draft is voided as it stands, so that what was captured must reach the box, too.
    fn end_open_shift(&mut self) -> Checked {
        self.restate_officer()?;
        let drafts: Vec<CaseId> = self.model.cases.iter().filter(|case| case.is_draft()).map(|case| case.id).collect();
        drafts.into_iter().try_for_each(|case| self.void(case, true))?;
        if self.model.shift.is_some() {
            self.close_shift()?;
        }
        demand(self.model.shift.is_none(), || "I6: the shift does not close".to_owned())
    }

    fn drain(&mut self) -> Checked {
        for _ in 0..ROUNDS {
            let report = self.sync(Network::Unmetered)?.ok_or("I6: a handover fails without a fault")?;
            let SyncEnd::WaitUntil(time) = report.end else { return Ok(()) };
            if self.is_drained()? {
                return Ok(());
            }
            let ahead = time - self.world.now().unix_ms();
            self.world.wait_ms(u32::try_from(ahead).map_err(|_| format!("I6: waits until {time}"))?);
        }
        Ok(()) // what is missing, the comparison says
    }

    /// Whether only damaged cases are left.
    fn is_drained(&self) -> Result<bool, String> {
        let client = self.world.client().ok_or("I6: the vault is closed")?;
        let rows = client.cases().map_err(|error| format!("I1: the cases cannot be read: {error:?}"))?;
        let is_done = |id: CaseId| rows.iter().any(|row| row.case == id && self.is_over(row));
        let is_over = |case: &Case| !case.hurt.is_empty() || is_done(case.id);
        let cases_done = self.model.cases.iter().all(is_over);
        Ok(cases_done && desk::has_all_seals(self) && desk::has_all_voids(self))
    }

    /// With the next epoch every earlier hardware key goes, also those that a kill or a failing store had left.
    fn erase_old_keys(&mut self) -> Checked {
        self.world.close();
        self.open(None)?;
        self.rotate()?;
        let mut keys: Vec<_> = entries(&self.world.life().join("keys")).into_keys().collect();
        keys.retain(|path| path.extension().is_some_and(|ending| ending == "key"));
        demand(keys.len() == 1, || format!("I8: hardware keys that nothing is sealed under: {keys:?}"))?;
        check::phone(&self.world, &mut self.model)
    }

    /// Drafts whose key is gone for good.
    fn count_dark(&self) -> usize {
        self.model.cases.iter().filter(|case| case.is_draft() && case.lasts == Lasts::Lost).count()
    }

    /// Whether nothing more can come of a case: what is signed is always handed over.
    fn is_over(&self, row: &CaseSummary) -> bool {
        let waits_for_key = [CaseState::Draft, CaseState::Unsigned].contains(&row.state);
        row.state == CaseState::Purged || (waits_for_key && self.model.is_stuck(row.case))
    }

    /// Of what was handed over, no file is left.
    fn nothing_stays(&self) -> Checked {
        let is_hurt = |id: CaseId| !self.model.case(id).hurt.is_empty();
        let rows = self.world.client().ok_or("I6: the vault is closed")?.cases();
        for row in rows.map_err(|error| format!("I1: the cases cannot be read: {error:?}"))? {
            demand(self.is_over(&row) || is_hurt(row.case), || format!("I6: not handed over: {row:?}"))?;
        }
        let is_sound = |case: &Case| case.hurt.is_empty() && !self.model.is_stuck(case.id);
        if self.model.cases.iter().all(is_sound) && self.model.litter.is_empty() {
            let left = entries(&self.world.objects());
            demand(left.is_empty(), || format!("I6: files without a case stay: {left:?}"))?;
        }
        Ok(())
    }
}

fn no_plaintext(folder: &std::path::Path) -> Checked {
    for (path, is_folder) in entries(folder) {
        if is_folder {
            no_plaintext(&path)?;
            continue;
        }
        let bytes = std::fs::read(&path).map_err(|error| format!("I4: {error}"))?;
        let found =
            CANARIES.into_iter().find(|canary| bytes.windows(canary.len()).any(|part| part == canary.as_bytes()));
        demand(found.is_none(), || format!("I4: {found:?} in {path:?}"))?;
    }
    Ok(())
}
