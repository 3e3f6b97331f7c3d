//! What a sequence is made of: what the officer, the app and the world do, and what goes wrong meanwhile.
//!
//! A step names cases by a number that is taken modulo what is there, so that every shortened sequence still makes
//! sense.

use std::fmt::{Debug, Formatter};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use streife_core::ports::{KeyStoreError, SignerError};
use streife_core::sync::Network;

/// A sequence, and the seed that its randomness follows from.
#[derive(Clone)]
pub struct Sequence {
    pub seed: u64,
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone)]
pub struct Step {
    /// What is done.
    pub act: Act,
    /// What goes wrong while it is done.
    pub trouble: Option<Trouble>,
}

/// Picks a case, modulo those that come into question.
pub type Pick = u8;

/// What is done.
#[derive(Clone, Debug)]
pub enum Act {
    OpenShift,
    CloseShift,
    /// Seals or voids every draft, then closes the shift.
    EndShift,
    Begin,
    Edit(Pick, Edit),
    Photo(Pick, Photo),
    /// The same on any case, a draft or not.
    Late(Pick, Edit),
    LatePhoto(Pick, Photo),
    /// A photo whose file ends in the middle.
    TornPhoto(Pick),
    Thumbnails(Pick),
    /// Records everything that sealing asks for.
    Fill(Pick),
    /// The same, and seals.
    Whole(Pick),
    /// `true`: with a confirmation of a simulated fix.
    Seal(Pick, bool),
    /// `true`: with a note.
    Void(Pick, bool),
    Sync(Network),
    /// Recipients and catalogue.
    Refresh,
    Read(Pick),
    /// A new key epoch.
    Rotate,
    /// Every key is wiped, then asked for again.
    Lock,
    /// The store is asked for the keys that are missing.
    Unlock,
    /// The officer of the open shift is stated anew.
    Restate,
    Reopen,
    /// Killed between two calls, then opened.
    Kill,
    /// A second opening of the same folder.
    OpenTwice,
    /// Suspended, and resumed behind what happens meanwhile.
    Suspend(Asleep),
    RestartBox,
    /// Minutes pass.
    Wait(u16),
    /// The phone's wall clock is set by so many minutes; monotonic time and the box's time stay.
    SetClock(i32),
    Reboot,
    KeyStore(Option<KeyStoreError>),
    /// The hardware loses every key it has.
    DestroyKeys,
    Signer(Option<SignerError>),
    Plant(Litter),
    /// One bit of an object of a case.
    FlipBit(Pick, u16),
    /// The file of an object of a case is gone.
    LoseFile(Pick, u16),
}

/// One edit of a draft.
#[derive(Clone, Debug)]
pub enum Edit {
    Vehicle(u16),
    /// `true`: the fix is simulated.
    Place(u16, bool),
    /// By their number, with a refinement or without one.
    Offences(u8, bool),
    Notes(u16),
    Slip(u8),
    Check,
    /// Beyond a limit.
    TooLong,
}

/// A photo: no two are equal.
#[derive(Clone, Copy, Debug)]
pub struct Photo {
    /// Bytes behind the picture's end.
    pub trailing: u32,
    /// Number of its class.
    pub class: u8,
}

/// What lies in the object folder and does not belong there.
#[derive(Clone, Copy, Debug)]
pub enum Litter {
    /// An unfinished file.
    TornPart,
    /// A file that is no object.
    Stranger,
    /// An object under another's name.
    Misnamed(Pick),
    /// The header of a photo of a draft, and nothing behind it that opens.
    Headless(Pick),
}

/// What happens while the vault is suspended.
#[derive(Clone, Copy, Debug)]
pub enum Asleep {
    Nothing,
    /// Calls, which are refused.
    Calls,
    /// The app is killed.
    Kill,
    /// Another process opens the vault and closes it.
    OpenedElsewhere,
}

/// What goes wrong within a step. `at` counts the calls of ports from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The app is killed.
    Kill { at: u16 },
    /// Randomness fails, this once.
    NoEntropy { at: u16 },
    /// All unfinished files vanish.
    LoseParts { at: u16 },
    /// The object folder is not there while the step lasts.
    HideObjects,
    /// The phone's disk has so many pages left while the step lasts.
    FullDisk { pages: u8 },
    /// The key store fails from its `first` call on.
    NoKeyStore { first: u8, how: KeyStoreError },
    /// Another thread suspends the vault; it is resumed behind the call.
    Suspend { at: u16 },
    /// Requests from the `first` on, `count` of them, meet this.
    Network { first: u8, count: u8, fault: Cut },
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It never arrives.
    Before,
    /// The box acts, the answer is lost.
    After,
    /// The box acts twice.
    Twice,
    /// Answered with a status, and a time to wait in seconds.
    Status(u16, Option<u32>),
    /// A portal's page.
    Page,
    /// A success that says nothing of a box.
    Garbage,
    /// Half of the answer's body.
    Half,
    /// The connection ends in the middle of a chunk, if one is sent.
    Torn,
}

/// As it stands in a kept sequence: one step a line.
impl Debug for Sequence {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "seed {}", self.seed)?;
        self.steps.iter().try_for_each(|step| writeln!(f, "    {step:?},"))
    }
}

impl Debug for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self.trouble {
            None => write!(f, "calm({:?})", self.act),
            Some(trouble) => write!(f, "amid({trouble:?}, {:?})", self.act),
        }
    }
}

/// All sequences.
pub fn sequences() -> impl Strategy<Value = Sequence> {
    (any::<u64>(), vec(step(), 1..=60)).prop_map(|(seed, steps)| Sequence { seed, steps })
}

fn step() -> impl Strategy<Value = Step> {
    let call = (act(), option::weighted(0.3, trouble()));
    let handover = (network().prop_map(Act::Sync), option::weighted(0.7, trouble_on_the_way()));
    let event = event().prop_map(|act| (act, None));
    let rotation = (Just(Act::Rotate), option::weighted(0.6, trouble_in_a_rotation()));
    let opening = (prop_oneof![Just(Act::Reopen), Just(Act::Kill)], option::weighted(0.4, trouble_in_an_opening()));
    prop_oneof![11 => call.boxed(), 3 => event.boxed(), 4 => handover.boxed(), 2 => opening.boxed(), 1 => rotation.boxed()]
        .prop_map(|(act, trouble)| Step { act, trouble })
}

fn act() -> impl Strategy<Value = Act> {
    let pick = any::<Pick>;
    prop_oneof![
        1 => Just(Act::OpenShift),
        1 => Just(Act::CloseShift),
        2 => Just(Act::EndShift),
        3 => Just(Act::Begin),
        6 => (pick(), edit()).prop_map(|(case, edit)| Act::Edit(case, edit)),
        6 => (pick(), photo()).prop_map(|(case, photo)| Act::Photo(case, photo)),
        1 => (any::<Pick>(), edit()).prop_map(|(case, edit)| Act::Late(case, edit)),
        1 => (any::<Pick>(), photo()).prop_map(|(case, photo)| Act::LatePhoto(case, photo)),
        1 => pick().prop_map(Act::TornPhoto),
        2 => pick().prop_map(Act::Thumbnails),
        3 => pick().prop_map(Act::Fill),
        5 => pick().prop_map(Act::Whole),
        7 => (pick(), any::<bool>()).prop_map(|(case, confirms)| Act::Seal(case, confirms)),
        4 => (pick(), any::<bool>()).prop_map(|(case, note)| Act::Void(case, note)),
        1 => Just(Act::Refresh),
        2 => pick().prop_map(Act::Read),
        1 => Just(Act::OpenTwice),
        2 => asleep().prop_map(Act::Suspend),
        1 => Just(Act::Lock),
        1 => Just(Act::Unlock),
        1 => Just(Act::Restate),
    ]
}

/// What the world does, not the app.
fn event() -> impl Strategy<Value = Act> {
    let pick = any::<Pick>;
    prop_oneof![
        2 => Just(Act::RestartBox),
        6 => (0..120_u16).prop_map(Act::Wait),
        4 => clock(),
        5 => option::of(key_store()).prop_map(Act::KeyStore),
        1 => Just(Act::DestroyKeys),
        4 => option::of(signer()).prop_map(Act::Signer),
        4 => litter().prop_map(Act::Plant),
        2 => (pick(), any::<u16>()).prop_map(|(case, bit)| Act::FlipBit(case, bit)),
        2 => (pick(), any::<u16>()).prop_map(|(case, object)| Act::LoseFile(case, object)),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => any::<u16>().prop_map(Edit::Vehicle),
        4 => (any::<u16>(), any::<u8>()).prop_map(|(number, of)| Edit::Place(number, of < 40)),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(count, refined)| Edit::Offences(count, refined)),
        3 => any::<u16>().prop_map(Edit::Notes),
        2 => any::<u8>().prop_map(Edit::Slip),
        2 => Just(Edit::Check),
        1 => Just(Edit::TooLong),
    ]
}

fn photo() -> impl Strategy<Value = Photo> {
    let trailing = prop_oneof![4 => Just(0), 2 => 0..2_000_u32, 1 => Just(140_000), 1 => Just(600_000)];
    (trailing, any::<u8>()).prop_map(|(trailing, class)| Photo { trailing, class })
}

fn network() -> impl Strategy<Value = Network> {
    prop_oneof![8 => Just(Network::Unmetered), 2 => Just(Network::Metered), 1 => Just(Network::Offline)]
}

fn clock() -> impl Strategy<Value = Act> {
    const YEAR: i32 = 366 * 24 * 60;
    prop_oneof![
        2 => (-90..90).prop_map(Act::SetClock),
        2 => (-2_000..2_000).prop_map(Act::SetClock),
        1 => (-10 * YEAR..10 * YEAR).prop_map(Act::SetClock),
        1 => Just(Act::Reboot),
    ]
}

fn key_store() -> impl Strategy<Value = KeyStoreError> {
    use KeyStoreError::{Failed, Gone, Invalidated, NotNow};
    prop_oneof![Just(NotNow), Just(Invalidated), Just(Gone), Just(Failed)]
}

fn signer() -> impl Strategy<Value = SignerError> {
    prop_oneof![Just(SignerError::NotNow), Just(SignerError::Gone), Just(SignerError::Failed)]
}

fn litter() -> impl Strategy<Value = Litter> {
    prop_oneof![
        Just(Litter::TornPart),
        Just(Litter::Stranger),
        any::<Pick>().prop_map(Litter::Misnamed),
        any::<Pick>().prop_map(Litter::Headless),
    ]
}

fn asleep() -> impl Strategy<Value = Asleep> {
    prop_oneof![Just(Asleep::Nothing), Just(Asleep::Calls), Just(Asleep::Kill), Just(Asleep::OpenedElsewhere)]
}

fn trouble() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        6 => moment().prop_map(|at| Trouble::Kill { at }),
        3 => moment().prop_map(|at| Trouble::NoEntropy { at }),
        1 => moment().prop_map(|at| Trouble::LoseParts { at }),
        2 => moment().prop_map(|at| Trouble::Suspend { at }),
        1 => no_key_store(),
        1 => Just(Trouble::HideObjects),
        3 => full_disk(),
        1 => cuts(),
    ]
}

fn no_key_store() -> impl Strategy<Value = Trouble> {
    (1..6_u8, key_store()).prop_map(|(first, how)| Trouble::NoKeyStore { first, how })
}

fn trouble_in_an_opening() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        2 => no_key_store(),
        4 => prop_oneof![3 => 1..5_u16, 1 => 1..30_u16].prop_map(|at| Trouble::Kill { at }),
        2 => (1..20_u16).prop_map(|at| Trouble::NoEntropy { at }),
        1 => Just(Trouble::HideObjects),
        1 => full_disk(),
    ]
}

fn trouble_in_a_rotation() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        4 => (1..60_u16).prop_map(|at| Trouble::Kill { at }),
        1 => (1..60_u16).prop_map(|at| Trouble::NoEntropy { at }),
        1 => (1..60_u16).prop_map(|at| Trouble::Suspend { at }),
        2 => no_key_store(),
        1 => full_disk(),
    ]
}

fn full_disk() -> impl Strategy<Value = Trouble> {
    prop_oneof![Just(0), 0..60_u8].prop_map(|pages| Trouble::FullDisk { pages })
}

fn trouble_on_the_way() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        3 => (1..200_u16).prop_map(|at| Trouble::Kill { at }),
        1 => (1..200_u16).prop_map(|at| Trouble::NoEntropy { at }),
        1 => (1..200_u16).prop_map(|at| Trouble::Suspend { at }),
        1 => Just(Trouble::HideObjects),
        1 => full_disk(),
        6 => cuts(),
    ]
}

fn cuts() -> impl Strategy<Value = Trouble> {
    let first = prop_oneof![1..6_u8, 1..30_u8];
    let some = (first, 1..8_u8, cut()).prop_map(|(first, count, fault)| Trouble::Network { first, count, fault });
    prop_oneof![5 => some, 1 => Just(Trouble::Network { first: 1, count: 100, fault: Cut::Torn })]
}

/// Most calls ask their ports a dozen times, a whole handover some hundred.
fn moment() -> impl Strategy<Value = u16> {
    prop_oneof![5 => 1..16_u16, 2 => 1..60_u16, 1 => 1..200_u16]
}

fn cut() -> impl Strategy<Value = Cut> {
    let wait = prop_oneof![Just(None), Just(Some(1)), Just(Some(30)), Just(Some(u32::MAX))];
    let status = prop_oneof![Just(500), Just(503), Just(429), Just(401), Just(403), Just(404), Just(409)];
    prop_oneof![
        3 => Just(Cut::Before),
        4 => Just(Cut::After),
        1 => Just(Cut::Twice),
        3 => (status, wait).prop_map(|(status, wait)| Cut::Status(status, wait)),
        1 => Just(Cut::Page),
        1 => Just(Cut::Garbage),
        1 => Just(Cut::Half),
        1 => Just(Cut::Torn),
    ]
}
