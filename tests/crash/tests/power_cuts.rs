//! The power is cut at random moments, on each file system, under the vault and under writers that are weak on purpose.
//!
//! The weak writers are the proof of the harness: the same cuts must find their loss.

use std::path::Path;
use std::process::Command;

use streife_crash::chance::{Chance, spin};
use streife_crash::power::{FileSystem, Moment, Rig};
use streife_crash::settings::{cuts, say, skipped};
use streife_crash::weak::{self, Order, Stored};
use streife_crash::{Acknowledged, Figures, Mode, Phone, Victim, check};

const PATROL: &str = env!("CARGO_BIN_EXE_patrol");
const WEAK_WRITER: &str = env!("CARGO_BIN_EXE_weak-writer");
const CUTS_A_DISK: u32 = 5;
/// Lines heard before a cut: from none, which is within opening and recovery, to some three cases.
const LINES: u32 = 24;
/// Longest work between the last line heard and the cut, KiB of hashing.
const SPIN_KIB: u32 = 30_000;
/// A weak writer is caught within so many cuts. Who commits before it writes is caught by every fourth
/// on a busy machine, and by most on an idle one; the others are caught by each.
const CUTS_FOR_A_CONTROL: u32 = 60;
/// Objects of such a writer before a cut.
const OBJECTS: u32 = 12;

macro_rules! on_each {
    ($($name:ident: $kind:expr, $moment:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn nothing_acknowledged_is_lost_by_a_power_cut() {
                vault($kind, $moment);
            }

            #[test]
            fn a_writer_with_the_right_order_loses_nothing() {
                control($kind, $moment, Order::Correct);
            }

            #[test]
            fn a_writer_that_does_not_sync_its_files_is_caught() {
                control($kind, $moment, Order::NoFileFsync);
            }

            #[test]
            fn a_writer_that_commits_before_it_writes_is_caught() {
                control($kind, $moment, Order::DatabaseFirst);
            }

            #[test]
            fn a_writer_that_does_not_wait_for_its_log_is_caught() {
                control($kind, $moment, Order::SynchronousNormal);
            }
        }
    )*};
}

on_each! {
    ext4_between_calls: FileSystem::Ext4, Moment::BetweenCalls;
    ext4_within_calls: FileSystem::Ext4, Moment::WithinCalls;
    xfs_between_calls: FileSystem::Xfs, Moment::BetweenCalls;
    xfs_within_calls: FileSystem::Xfs, Moment::WithinCalls;
    btrfs_between_calls: FileSystem::Btrfs, Moment::BetweenCalls;
    btrfs_within_calls: FileSystem::Btrfs, Moment::WithinCalls;
}

/// What cuts of one suite found, besides the figures.
#[derive(Default)]
struct Cuts {
    figures: Figures,
    with_loss: u32,
}

fn vault(kind: FileSystem, moment: Moment) {
    let what = format!("power cuts on {}, {moment}", kind.as_str());
    let Some(cuts) = on_disks((kind, moment), &what, |cuts| cuts.figures.kills < self::cuts(), cut_vault) else {
        return;
    };
    say(&format_args!("{what}: {}", cuts.figures));
    assert!(cuts.figures.acknowledged > cuts.figures.kills, "the victim hardly worked");
}

fn control(kind: FileSystem, moment: Moment, order: Order) {
    let what = format!("power cuts on {}, {moment}, under the writer {}", kind.as_str(), order.as_str());
    let is_weak = order != Order::Correct;
    let go_on = |cuts: &Cuts| {
        let is_caught = !is_weak || cuts.with_loss > 0;
        cuts.figures.kills < self::cuts().div_ceil(2) || !is_caught && cuts.figures.kills < CUTS_FOR_A_CONTROL
    };
    let Some(cuts) =
        on_disks((kind, moment), &what, go_on, |rig, cuts, chance, _| cut_writer(rig, order, cuts, chance))
    else {
        return;
    };
    let Figures { kills, acknowledged, lost, broken, .. } = cuts.figures;
    let with_loss = cuts.with_loss;
    say(&format_args!(
        "{what}: {kills} cuts, {acknowledged} acknowledged, {lost} lost, {broken} rows without their file; a loss in \
         {with_loss} of the cuts"
    ));
    assert_eq!(with_loss > 0, is_weak, "the harness does not tell a weak writer from a sound one");
}

/// Makes cuts as long as told, on a new disk from time to time; nothing if there is no such disk here.
fn on_disks(
    (kind, moment): (FileSystem, Moment),
    what: &str,
    go_on: impl Fn(&Cuts) -> bool,
    mut cut: impl FnMut(&mut Rig, &mut Cuts, &mut Chance, &mut Acknowledged),
) -> Option<Cuts> {
    let mut rig = Rig::make(kind, moment).map_err(|why| skipped(what, &why)).ok()?;
    let mut chance = Chance::announced(what);
    let (mut cuts, mut oracle) = (Cuts::default(), Acknowledged::default());
    while go_on(&cuts) {
        if cuts.figures.kills > 0 && cuts.figures.kills % CUTS_A_DISK == 0 {
            drop(rig);
            rig = Rig::make(kind, moment).expect("as the one before");
            cuts.figures.add_oracle(&std::mem::take(&mut oracle));
        }
        cut(&mut rig, &mut cuts, &mut chance, &mut oracle);
        cuts.figures.runs += 1;
        cuts.figures.kills += 1;
    }
    cuts.figures.add_oracle(&oracle);
    Some(cuts)
}

/// A phone outlives the cut with its hardware and goes on being used.
fn cut_vault(rig: &mut Rig, cuts: &mut Cuts, chance: &mut Chance, oracle: &mut Acknowledged) {
    let phone = Phone::new_with_hardware(&rig.folder().join("phone"), &rig.hardware());
    let mode = if chance.below(2) == 0 { Mode::Capture } else { Mode::Shifts };
    let mut victim = Victim::start(Path::new(PATROL), mode, &phone);
    victim.hear_until(chance.below(LINES), |_| true);
    spin(chance.below(SPIN_KIB));
    oracle.extend(rig.cut(victim, Some(&phone.anchor_file())));
    let verdict = check(&phone, oracle);
    cuts.figures.add(&verdict);
    verdict.assert_sound(&format!("cut {}", cuts.figures.kills + 1));
}

fn cut_writer(rig: &mut Rig, order: Order, cuts: &mut Cuts, chance: &mut Chance) {
    let folder = rig.folder().join(cuts.figures.kills.to_string());
    let mut command = Command::new(WEAK_WRITER);
    command.arg(order.as_str()).arg(&folder);
    let mut victim = Victim::<Stored>::spawn(command);
    victim.hear_until(1 + chance.below(OBJECTS), |_| true);
    spin(chance.below(SPIN_KIB));
    let acknowledged = rig.cut(victim, None);
    let verdict = weak::check(&folder, &acknowledged);
    cuts.figures.add(&verdict);
    cuts.figures.acknowledged += u32::try_from(acknowledged.len()).expect("few lines");
    cuts.with_loss += u32::from(!verdict.lost.is_empty() || !verdict.broken.is_empty());
    if folder.exists() {
        std::fs::remove_dir_all(folder).expect("makes room for the next");
    }
}
