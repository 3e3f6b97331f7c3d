//! The log of manifests against the tree of the whole list.

use streife_box::store::MetaStore;
use streife_core::seal::{Hash, merkle};

use crate::kit::{Broken, Phone, case_id, declare, hold, same};

const CASES: u8 = 17;

pub fn every_proof_leads_to_the_root_of_the_entries(store: &dyn MetaStore) -> Result<(), Broken> {
    let phone = Phone::at_work(1, store)?;
    same!((store.log_size()?, store.log_root(0)?), (0, merkle::root(&[])), "an empty log has the empty root");
    let mut entries: Vec<Hash> = Vec::new();
    for number in 1..=CASES {
        let case = phone.case(number, u32::from(number), 1);
        declare(store, &case)?;
        store.put_case(&case)?;
        entries.push(case.payload_hash());
        same!(store.log_size()?, u64::from(number), "each case is one entry");
    }
    for size in 0..=entries.len() {
        same!(store.log_root(size as u64)?, merkle::root(&entries[..size]), "roots of all sizes stay");
    }
    same!(store.log_entries(0, 99)?, entries, "entries are payload hashes in order of declaration");
    same!(store.log_entries(3, 2)?, entries[3..5], "and come in pages");
    same!(store.log_entries(u64::MAX, 2)?, [], "with an end");
    inclusion(store, &entries)?;
    consistency(store, &entries)
}

fn inclusion(store: &dyn MetaStore, entries: &[Hash]) -> Result<(), Broken> {
    for (number, (place, entry)) in (1..).zip(entries.iter().enumerate()) {
        for size in 0..=entries.len() {
            let proof = store.log_proof(case_id(number), size as u64)?;
            same!(proof.is_some(), place < size, "a proof is there from the case on");
            let Some(proof) = proof else { continue };
            same!((proof.index, proof.size), (place as u64, size as u64), "a proof names its place");
            let root = merkle::root_by_inclusion(entry, proof.index, proof.size, &proof.path);
            same!(root, Some(merkle::root(&entries[..size])), "a proof leads to the root");
        }
    }
    hold!(store.log_proof(case_id(99), 3)?.is_none(), "no proof of a case that is not here");
    Ok(())
}

fn consistency(store: &dyn MetaStore, entries: &[Hash]) -> Result<(), Broken> {
    for to in 1..=entries.len() {
        for from in 1..=to {
            let proof = store.log_consistency(from as u64, to as u64)?;
            let old = merkle::root(&entries[..from]);
            let root = merkle::root_by_consistency(&old, proof.from, proof.to, &proof.path);
            same!(root, Some(merkle::root(&entries[..to])), "the log only grew");
        }
    }
    Ok(())
}
