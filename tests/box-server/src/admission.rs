//! Who may come in when there is more work than the box can do.
//!
//! Three classes: what makes cases exist (manifests, shifts, tokens, questions), what says what happened (records and the
//! citizens' views), and pictures. Each may come in while fewer requests are under way than its limit, whatever they are,
//! and the limits lie apart. So pictures are the first to wait and manifests the last, and a flood of pictures leaves room
//! for the others at any time. A manifest is small and fixes all the rest; a photo that comes an hour later costs nothing.
//!
//! Whoever has to wait is told so **before** the body is read, with a time that grows with the number of those who wait
//! already: a refused request counts as waiting until one of its class comes in again, or until it is forgotten (half of
//! them each half minute, for phones that do not come back). The same number makes the windows that `GET /v1/box`
//! suggests to phones that have not asked yet.
//!
//! Not a queue inside the box: a phone that waits at an open connection holds memory and a socket, and the officer's
//! battery; one that was told a time sleeps. Nothing here is stored; a box that starts again is an idle one.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::http::Uri;
use streife_core::seal::Kind;
use streife_core::sync::protocol::Hints;

use crate::BoxError;
use crate::state::Shared;
use crate::traffic::Route;

/// What a request is for, the most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Manifests, shifts, tokens and whatever is as small.
    Manifest = 0,
    /// Records and views.
    Record = 1,
    /// Pictures of all sizes.
    Photo = 2,
}

impl Class {
    /// Its name in figures.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Record => "record",
            Self::Photo => "photo",
        }
    }
}

/// How many requests may be under way when one of a class comes in. They should fall from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmissionLimits {
    /// For manifests.
    pub manifest: u32,
    /// For records and views.
    pub record: u32,
    /// For photos.
    pub photo: u32,
}

impl Default for AdmissionLimits {
    /// Each request under way may hold a thread that waits for the disk, of which there are 512.
    fn default() -> Self {
        Self { manifest: 448, record: 320, photo: 192 }
    }
}

/// Waiting requests are forgotten by half after this long.
const HALF_LIFE_MS: u64 = 30_000;
/// Nobody is sent away for longer.
const LONGEST_S: u32 = 900;
/// Shortest wait.
const SHORTEST_S: u32 = 2;

/// Counts who is in, and who was sent away.
#[derive(Clone, Debug)]
pub struct Admission {
    limits: AdmissionLimits,
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    inside: [u32; 3],
    waiting: [u32; 3],
    refused: [u64; 3],
    halved_ms: u64,
}

/// Figures of one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassFigures {
    /// Requests under way.
    pub inside: u32,
    /// Sent away and not yet back.
    pub waiting: u32,
    /// Sent away since the start.
    pub refused: u64,
}

/// A place inside; given back when dropped.
#[derive(Debug)]
pub struct Place {
    class: Class,
    home: Admission,
}

impl Admission {
    /// An empty house.
    pub fn new(limits: AdmissionLimits) -> Self {
        Self { limits, state: Arc::default() }
    }

    /// Comes in, or learns after how many seconds to come back. `mono_ms` is a clock that never steps.
    pub fn enter(&self, class: Class, mono_ms: u64) -> Result<Place, u32> {
        let mut state = self.state(mono_ms);
        let of = class as usize;
        if state.inside.iter().sum::<u32>() >= self.limit(class) {
            bump(&mut state.waiting, of);
            if let Some(refused) = state.refused.get_mut(of) {
                *refused += 1;
            }
            return Err(self.wait_s(&state, class));
        }
        bump(&mut state.inside, of);
        if let Some(waiting) = state.waiting.get_mut(of) {
            *waiting = waiting.saturating_sub(1);
        }
        Ok(Place { class, home: self.clone() })
    }

    /// Over how many seconds phones should spread what they have to send.
    pub fn hints(&self, mono_ms: u64) -> Hints {
        let state = self.state(mono_ms);
        let window = |class| match self.ahead(&state, class) {
            0 => 0,
            _ => self.wait_s(&state, class).saturating_mul(2).min(LONGEST_S),
        };
        Hints {
            manifest_window_s: window(Class::Manifest),
            photo_window_s: window(Class::Photo),
            unmetered_above_bytes: 1_048_576,
        }
    }

    /// Figures of a class.
    pub fn figures(&self, class: Class, mono_ms: u64) -> ClassFigures {
        let state = self.state(mono_ms);
        let of = |list: &[u32; 3]| list.get(class as usize).copied().unwrap_or_default();
        let refused = state.refused.get(class as usize).copied().unwrap_or_default();
        ClassFigures { inside: of(&state.inside), waiting: of(&state.waiting), refused }
    }

    const fn limit(&self, class: Class) -> u32 {
        match class {
            Class::Manifest => self.limits.manifest,
            Class::Record => self.limits.record,
            Class::Photo => self.limits.photo,
        }
    }

    /// Those who wait and go before this class or with it.
    fn ahead(&self, state: &State, class: Class) -> u32 {
        state.waiting.iter().take(class as usize + 1).fold(0, |sum, waiting| sum.saturating_add(*waiting))
    }

    /// Two seconds, and two more for each time that those ahead would fill the house.
    fn wait_s(&self, state: &State, class: Class) -> u32 {
        let rounds = self.ahead(state, class).saturating_mul(2) / self.limit(class).max(1);
        SHORTEST_S.saturating_add(rounds).min(LONGEST_S)
    }

    fn state(&self, mono_ms: u64) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().expect("no holder panics");
        if state.waiting == [0; 3] {
            state.halved_ms = mono_ms;
        }
        let lives = mono_ms.saturating_sub(state.halved_ms) / HALF_LIFE_MS;
        if lives > 0 {
            let halved = |waiting: u32| waiting.checked_shr(u32::try_from(lives).unwrap_or(u32::MAX)).unwrap_or(0);
            state.waiting = state.waiting.map(halved);
            state.halved_ms = state.halved_ms.saturating_add(lives * HALF_LIFE_MS);
        }
        state
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.home.state.lock().expect("no holder panics");
        if let Some(inside) = state.inside.get_mut(self.class as usize) {
            *inside = inside.saturating_sub(1);
        }
    }
}

fn bump(list: &mut [u32; 3], of: usize) {
    if let Some(count) = list.get_mut(of) {
        *count = count.saturating_add(1);
    }
}

/// Class of a request; none is not limited. The kind of an object is known from its manifest; a stranger's id is a photo.
pub fn class_of(app: &Shared, route: Route, uri: &Uri) -> Result<Option<Class>, BoxError> {
    use Route as R;
    Ok(match route {
        R::ObjectPut | R::UploadPatch => Some(class_of_object(app, uri)?),
        R::ShiftPut
        | R::SealPut
        | R::CasePut
        | R::CaseGet
        | R::ReceiptGet
        | R::EventPut
        | R::TokenPost
        | R::DevicePut
        | R::NumbersPut
        | R::UploadHead
        | R::UploadDelete
        | R::ProofGet => Some(Class::Manifest),
        _ => None,
    })
}

fn class_of_object(app: &Shared, uri: &Uri) -> Result<Class, BoxError> {
    let id = uri.path().rsplit('/').next().and_then(|id| id.parse().ok());
    let row = id.map(|id| app.store.object(id)).transpose()?.flatten();
    Ok(match row {
        Some(row) if [Kind::Record as u8, Kind::View as u8].contains(&row.kind) => Class::Record,
        _ => Class::Photo,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Admission {
        Admission::new(AdmissionLimits { manifest: 3, record: 2, photo: 1 })
    }

    #[test]
    fn photos_wait_first_and_manifests_last() {
        let house = small();
        let photo = house.enter(Class::Photo, 0).expect("empty");
        assert!(house.enter(Class::Photo, 0).is_err());
        let record = house.enter(Class::Record, 0).expect("room for records");
        assert!(house.enter(Class::Record, 0).is_err());
        let manifest = house.enter(Class::Manifest, 0).expect("room for manifests");
        assert!(house.enter(Class::Manifest, 0).is_err());
        drop((photo, record, manifest));
        assert!(house.enter(Class::Photo, 0).is_ok());
    }

    #[test]
    fn the_wait_grows_with_those_who_wait_and_goes_back() {
        let house = small();
        let inside = house.enter(Class::Photo, 0).expect("empty");
        let waits: Vec<u32> = (0..5).map(|_| house.enter(Class::Photo, 0).expect_err("full")).collect();
        assert_eq!(waits, [4, 6, 8, 10, 12]);
        assert_eq!(house.hints(0).photo_window_s, 24);
        assert_eq!(house.hints(0).manifest_window_s, 0, "manifests go before photos");
        drop(inside);
        for _ in 0..5 {
            drop(house.enter(Class::Photo, 0));
        }
        assert_eq!(house.hints(0).photo_window_s, 0);
    }

    #[test]
    fn those_who_do_not_come_back_are_forgotten() {
        let house = small();
        let _inside = house.enter(Class::Photo, 0).expect("empty");
        (0..8).for_each(|_| assert!(house.enter(Class::Photo, 0).is_err()));
        assert_eq!(house.figures(Class::Photo, 0), ClassFigures { inside: 1, waiting: 8, refused: 8 });
        assert_eq!(house.figures(Class::Photo, 30_000).waiting, 4);
        assert_eq!(house.figures(Class::Photo, 90_000).waiting, 1);
        assert_eq!(house.figures(Class::Photo, 120_000).waiting, 0);
        assert_eq!(house.hints(120_000).photo_window_s, 0);
    }
}
