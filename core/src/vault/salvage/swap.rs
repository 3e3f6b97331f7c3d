//! Putting a rebuilt database in the place of the damaged one, so that a kill leaves the one or the other.
//!
//! ```text
//! rebuild/      being built; a kill leaves it unfinished, and the next salvage begins anew
//! rebuilt-<n>/  finished: by this name alone, the salvage is done
//! then          damaged files -> quarantine/database-<n>/, rebuilt-<n>/vault.db -> vault.db
//! told          rebuilt-<n>/report.json -> quarantine/database-<n>/, rebuilt-<n>/ removed
//! ```
//!
//! The steps behind the renaming of the folder can each be repeated; the next opening or the next salvage ends them. The
//! report stays at hand until a vault has opened with it.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::super::VaultError;
use super::super::database::sync_folder;

const DATABASE: &str = "vault.db";
/// The database's own file goes last: as long as it lies there, what is to be moved is still the damaged one.
const DAMAGED: [&str; 4] = ["vault.db-wal", "vault.db-journal", "vault.db-shm", DATABASE];
const REPORT: &str = "report.json";
const BUILDING: &str = "rebuild";
const BUILT: &str = "rebuilt-";
const ASIDE: &str = "database-";

/// Begins a new database; returns the folder to build it in.
pub(super) fn begin(vault: &Path) -> Result<PathBuf, VaultError> {
    let folder = vault.join(BUILDING);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir(&folder)?;
    Ok(folder)
}

/// Number under which the next damaged database is set aside.
pub(super) fn next_number(vault: &Path) -> Result<u32, VaultError> {
    let quarantine = vault.join("quarantine");
    std::fs::create_dir_all(&quarantine)?;
    let Some(newest) = numbers(&quarantine, ASIDE)?.into_iter().max() else { return Ok(1) };
    let folder = aside(vault, newest);
    let was_broken_off = [DATABASE, REPORT].iter().all(|name| !folder.join(name).exists());
    if was_broken_off { Ok(newest) } else { newest.checked_add(1).ok_or(VaultError::State) }
}

/// Puts the database that was built, and closed, in its place.
pub(super) fn commit(vault: &Path, number: u32, report: &[u8]) -> Result<(), VaultError> {
    let folder = vault.join(BUILDING);
    let report_file = folder.join(REPORT);
    std::fs::write(&report_file, report)?;
    File::open(&report_file)?.sync_all()?;
    File::open(folder.join(DATABASE))?.sync_all()?;
    sync_folder(&folder)?;
    std::fs::rename(&folder, vault.join(format!("{BUILT}{number}")))?;
    sync_folder(vault)?;
    finish(vault).map(drop)
}

/// Ends a salvage that was done but for its last steps; returns its number and its report, until that is told.
pub(super) fn finish(vault: &Path) -> Result<Option<(u32, Vec<u8>)>, VaultError> {
    let Some(number) = numbers(vault, BUILT)?.into_iter().min() else { return Ok(None) };
    let (built, aside) = (vault.join(format!("{BUILT}{number}")), aside(vault, number));
    std::fs::create_dir_all(&aside)?;
    if built.join(DATABASE).exists() {
        for name in DAMAGED.into_iter().filter(|name| vault.join(name).exists()) {
            std::fs::rename(vault.join(name), aside.join(name))?;
        }
        sync_folder(&aside)?;
        std::fs::rename(built.join(DATABASE), vault.join(DATABASE))?;
    }
    sync_folder(vault)?;
    let report = [&built, &aside].into_iter().find_map(|folder| std::fs::read(folder.join(REPORT)).ok());
    Ok(Some((number, report.unwrap_or_default())))
}

/// The report was told: it goes to the damaged database.
pub(super) fn told(vault: &Path, number: u32) -> Result<(), VaultError> {
    let (built, aside) = (vault.join(format!("{BUILT}{number}")), aside(vault, number));
    if built.join(REPORT).exists() {
        std::fs::rename(built.join(REPORT), aside.join(REPORT))?;
    }
    sync_folder(&aside)?;
    if built.exists() {
        std::fs::remove_dir_all(&built)?;
    }
    sync_folder(vault)
}

/// Where the damaged database of a salvage lies.
pub(super) fn aside(vault: &Path, number: u32) -> PathBuf {
    vault.join("quarantine").join(format!("{ASIDE}{number}"))
}

/// Numbers behind a prefix in the names of a folder. A folder that is not there has none.
fn numbers(folder: &Path, prefix: &str) -> Result<Vec<u32>, VaultError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        numbers.extend(name.to_str().and_then(|name| name.strip_prefix(prefix)?.parse::<u32>().ok()));
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(file: PathBuf, text: &str) {
        std::fs::create_dir_all(file.parent().expect("has one")).expect("makes");
        std::fs::write(file, text).expect("writes");
    }

    /// A vault whose new database is built: everything before the swap.
    fn built() -> tempfile::TempDir {
        let vault = tempfile::tempdir().expect("folder");
        write(vault.path().join("vault.db"), "damaged");
        write(vault.path().join("vault.db-wal"), "damaged log");
        let folder = begin(vault.path()).expect("begins");
        write(folder.join("vault.db"), "new");
        vault
    }

    fn assert_done(vault: &Path, number: u32) {
        let text = |path: PathBuf| std::fs::read_to_string(path).expect("reads");
        let aside = aside(vault, number);
        assert_eq!(text(vault.join("vault.db")), "new");
        assert_eq!(text(aside.join("vault.db")), "damaged");
        assert_eq!(text(aside.join("vault.db-wal")), "damaged log");
        assert_eq!(text(aside.join("report.json")), "{}");
        let mut left: Vec<_> =
            std::fs::read_dir(vault).expect("lists").map(|e| e.expect("entry").file_name()).collect();
        left.sort();
        assert_eq!(left, ["quarantine", "vault.db"]);
    }

    #[test]
    fn the_damaged_files_are_set_aside_and_the_new_one_takes_their_place() {
        let vault = built();
        let number = next_number(vault.path()).expect("counts");
        commit(vault.path(), number, b"{}").expect("commits");
        assert_eq!(finish(vault.path()).expect("is told again"), Some((1, b"{}".to_vec())));
        told(vault.path(), number).expect("ends");
        assert_done(vault.path(), 1);
        assert_eq!(next_number(vault.path()).expect("counts"), 2);
        assert_eq!(finish(vault.path()).expect("nothing is left"), None);
    }

    /// Every place between two steps of the swap at which a kill may fall.
    #[test]
    fn a_swap_that_was_broken_off_anywhere_is_ended_by_the_next_call() {
        for done in 0..=4 {
            let vault = built();
            let (top, to) = (vault.path(), aside(vault.path(), 1));
            write(top.join("rebuild/report.json"), "{}");
            std::fs::rename(top.join("rebuild"), top.join("rebuilt-1")).expect("renames");
            let moves = [
                (top.join("vault.db-wal"), to.join("vault.db-wal")),
                (top.join("vault.db"), to.join("vault.db")),
                (top.join("rebuilt-1/vault.db"), top.join("vault.db")),
                (top.join("rebuilt-1/report.json"), to.join("report.json")),
            ];
            if done > 0 {
                std::fs::create_dir_all(&to).expect("makes");
            }
            for (from, to) in moves.iter().take(done) {
                std::fs::rename(from, to).expect("renames");
            }
            let ended = finish(top).expect("finishes");
            assert_eq!(ended, Some((1, b"{}".to_vec())), "{done}");
            told(top, 1).expect("ends");
            assert_done(top, 1);
        }
    }

    #[test]
    fn what_was_being_built_when_the_process_died_is_begun_anew() {
        let vault = built();
        assert_eq!(finish(vault.path()).expect("not done"), None);
        let folder = begin(vault.path()).expect("begins anew");
        assert_eq!(std::fs::read_dir(folder).expect("lists").count(), 0);
        assert_eq!(std::fs::read_to_string(vault.path().join("vault.db")).expect("reads"), "damaged");
    }
}
