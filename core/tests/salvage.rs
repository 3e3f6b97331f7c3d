//! A damaged database: what comes back, and that nothing is lost that the folder still tells.
//!
//! One vault is made, with a case in every state, and copied as a killed process leaves it. Each test damages a copy. The
//! oracle is what the vault held before, read through its surface and from the folder itself.

mod common;
#[path = "salvage/world.rs"]
mod world;

use streife_core::client::{Client, Notice};
use streife_core::error::{Error, ErrorKind};
use streife_core::ports::KeyStoreError;
use streife_core::vault::{CaseState, VaultError};

use world::{Damaged, World};

#[test]
fn without_its_database_a_vault_comes_back_from_its_spare_copies_and_object_files() {
    let world = World::new();
    let damaged = world.copy();
    damaged.remove("vault.db");
    damaged.remove("vault.db-wal");
    let (client, report) = damaged.salvaged();
    assert!(!report.rows_read);
    world.assert_nothing_lost(&damaged, &client, &report);
    assert_eq!(report.facts_lost, world.drafts(), "what was noted stood in the database alone");
    assert_eq!(report.whole, world.with_manifest());
    assert!(report.keys_lost.is_empty() && report.photos_lost.is_empty());
    // A case whose payload was never signed has its record, and nobody can tell whether it was signed.
    assert_eq!(report.stranded, world.unsigned());
    world.assert_goes_on(&damaged, client);
}
