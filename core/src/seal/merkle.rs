//! Merkle tree hash of RFC 9162 section 2.1 (the one of RFC 6962), with proofs of inclusion and consistency.
//!
//! Leaves are the hashes of manifest payloads. In the order of their sequence numbers they make a shift seal, which fixes
//! which cases there were; in their order of arrival they make the box's log. One case can be shown to be among them
//! without the others.
//!
//! A seal has all its leaves at hand. The log has not: it keeps the hash of each complete subtree, named by its level
//! (0: leaves) and its place among those of that level. Every hash of every size of the tree can be made of a logarithmic
//! number of them, and they never change, so nothing is written twice.

use super::Hash;

/// Root over leaf data. The root of nothing is the hash of the empty string.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of(&[]),
        [leaf] => leaf_hash(leaf),
        _ => {
            let (left, right) = split(leaves);
            node(&root(left), &root(right))
        }
    }
}

/// Hashes that lead from leaf `index` to the root, nearest first; `None` if there is no such leaf.
#[must_use]
pub fn inclusion_proof(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let (left, right) = split(leaves);
    let (mut path, sibling) = if index < left.len() {
        (inclusion_proof(left, index)?, root(right))
    } else {
        (inclusion_proof(right, index - left.len())?, root(left))
    };
    path.push(sibling);
    Some(path)
}

/// Whether `proof` shows that `leaf` is number `index` of `count` leaves under `expected`.
#[must_use]
pub fn is_included(expected: &Hash, leaf: &Hash, index: usize, count: usize, proof: &[Hash]) -> bool {
    root_by_inclusion(leaf, index as u64, count as u64, proof).is_some_and(|root| root == *expected)
}

/// The root to which `proof` leads from leaf number `index` of `count`; nothing if it is no proof for that place.
#[must_use]
pub fn root_by_inclusion(leaf: &Hash, index: u64, count: u64, proof: &[Hash]) -> Option<Hash> {
    if index >= count {
        return None;
    }
    if count == 1 {
        return proof.is_empty().then(|| leaf_hash(leaf));
    }
    let (sibling, rest) = proof.split_last()?;
    let left = left_count(count);
    if index < left {
        Some(node(&root_by_inclusion(leaf, index, left, rest)?, sibling))
    } else {
        Some(node(sibling, &root_by_inclusion(leaf, index - left, count - left, rest)?))
    }
}

/// The root of `count` leaves to which `proof` leads from the root of the first `before` of them; nothing if it is no
/// proof for these sizes. From another old root it leads nowhere, or to another new one.
#[must_use]
pub fn root_by_consistency(old: &Hash, before: u64, count: u64, proof: &[Hash]) -> Option<Hash> {
    if before == 0 || before > count {
        return None;
    }
    let (found, new) = climb_both(old, (before, count), true, proof)?;
    (found == *old).then_some(new)
}

/// Root of the old tree and of the new one, within a subtree. `is_whole`: the old leaves are all of the old tree, so that
/// the verifier knows their root already.
fn climb_both(old: &Hash, (before, count): (u64, u64), is_whole: bool, proof: &[Hash]) -> Option<(Hash, Hash)> {
    if before == count {
        return match (is_whole, proof) {
            (true, []) => Some((*old, *old)),
            (false, [hash]) => Some((*hash, *hash)),
            _ => None,
        };
    }
    let (sibling, rest) = proof.split_last()?;
    let left = left_count(count);
    if before <= left {
        let (then, now) = climb_both(old, (before, left), is_whole, rest)?;
        Some((then, node(&now, sibling)))
    } else {
        let (then, now) = climb_both(old, (before - left, count - left), false, rest)?;
        Some((node(sibling, &then), node(sibling, &now)))
    }
}

/// A complete subtree of the log: level (0: a leaf) and place within the level.
pub type Place = (u8, u64);

/// Subtrees that leaf number `index` completes, lowest first. `at` reads those that are complete already.
///
/// # Errors
/// Those of `at`.
pub fn append<E>(
    index: u64,
    leaf: &Hash,
    mut at: impl FnMut(Place) -> Result<Hash, E>,
) -> Result<Vec<(Place, Hash)>, E> {
    let (mut level, mut place, mut hash) = (0, index, leaf_hash(leaf));
    let mut complete = vec![((level, place), hash)];
    while place % 2 == 1 {
        hash = node(&at((level, place - 1))?, &hash);
        (level, place) = (level + 1, place / 2);
        complete.push(((level, place), hash));
    }
    Ok(complete)
}

/// Root of the first `count` leaves of a log.
///
/// # Errors
/// Those of `at`.
pub fn grown_root<E>(count: u64, mut at: impl FnMut(Place) -> Result<Hash, E>) -> Result<Hash, E> {
    if count == 0 { Ok(root(&[])) } else { range(0, count, &mut at) }
}

/// Inclusion proof of leaf number `index` among the first `count` of a log; `index` is less than `count`.
///
/// # Errors
/// Those of `at`.
pub fn grown_inclusion<E>(
    index: u64,
    count: u64,
    mut at: impl FnMut(Place) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let (mut start, mut within, mut path) = (0, count, Vec::new());
    while within > 1 {
        let left = left_count(within);
        if index - start < left {
            path.push(range(start + left, within - left, &mut at)?);
            within = left;
        } else {
            path.push(range(start, left, &mut at)?);
            (start, within) = (start + left, within - left);
        }
    }
    path.reverse();
    Ok(path)
}

/// Consistency proof between the first `before` and the first `count` leaves of a log; 0 < `before` <= `count`.
///
/// # Errors
/// Those of `at`.
pub fn grown_consistency<E>(
    before: u64,
    count: u64,
    mut at: impl FnMut(Place) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let (mut start, mut within, mut is_whole, mut path) = (0, count, true, Vec::new());
    while before - start < within {
        let left = left_count(within);
        if before - start <= left {
            path.push(range(start + left, within - left, &mut at)?);
            within = left;
        } else {
            path.push(range(start, left, &mut at)?);
            (start, within, is_whole) = (start + left, within - left, false);
        }
    }
    if !is_whole {
        path.push(range(start, within, &mut at)?);
    }
    path.reverse();
    Ok(path)
}

/// Hash of a subtree at the right edge or of a complete one: `start` is a multiple of the least power of two that holds
/// `count`.
fn range<E>(start: u64, count: u64, at: &mut impl FnMut(Place) -> Result<Hash, E>) -> Result<Hash, E> {
    if count.is_power_of_two() {
        let level = count.trailing_zeros();
        return at((u8::try_from(level).expect("below 64"), start >> level));
    }
    let left = left_count(count);
    let (one, other) = (range(start, left, at)?, range(start + left, count - left, at)?);
    Ok(node(&one, &other))
}

fn split(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
    let left = left_count(leaves.len() as u64);
    leaves.split_at(usize::try_from(left).expect("fewer than the leaves"))
}

/// Largest power of two below `count`, for `count` of two and more.
const fn left_count(count: u64) -> u64 {
    count.div_ceil(2).next_power_of_two()
}

fn leaf_hash(leaf: &Hash) -> Hash {
    Hash::of(&[&[0], &leaf.0])
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Hash::of(&[&[1], &left.0, &right.0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: u8) -> Vec<Hash> {
        (0..count).map(|i| Hash::of(&[&[i]])).collect()
    }

    #[test]
    fn left_half_is_the_largest_power_of_two_below() {
        let expected = [(2, 1), (3, 2), (4, 2), (5, 4), (7, 4), (8, 4), (9, 8), (16, 8), (17, 16)];
        for (count, left) in expected {
            assert_eq!(left_count(count), left, "{count}");
        }
    }

    #[test]
    fn the_empty_tree_has_the_hash_of_nothing() {
        assert_eq!(root(&[]).to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn every_leaf_is_provable_and_no_other_passes() {
        for count in 1..=17 {
            let leaves = leaves(count);
            let root = root(&leaves);
            for (index, leaf) in leaves.iter().enumerate() {
                let proof = inclusion_proof(&leaves, index).expect("within");
                assert!(is_included(&root, leaf, index, leaves.len(), &proof));
                assert!(!is_included(&root, &Hash::ZERO, index, leaves.len(), &proof));
                assert!(!is_included(&root, leaf, index + 1, leaves.len(), &proof));
            }
        }
    }

    /// The nodes of a log that got these leaves one by one.
    fn grown(leaves: &[Hash]) -> std::collections::BTreeMap<Place, Hash> {
        let mut nodes = std::collections::BTreeMap::new();
        for (index, leaf) in (0..).zip(leaves) {
            let complete = append(index, leaf, |place| nodes.get(&place).copied().ok_or(place)).expect("kept");
            for (place, hash) in complete {
                assert_eq!(nodes.insert(place, hash), None, "no node is written twice");
            }
        }
        nodes
    }

    #[test]
    fn a_grown_log_has_the_root_and_the_proofs_of_the_whole_tree() {
        let leaves = leaves(70);
        let nodes = grown(&leaves);
        let at = |place: Place| nodes.get(&place).copied().ok_or(place);
        for count in 0..=70 {
            let present = leaves.get(..count).expect("within");
            let root = root(present);
            assert_eq!(grown_root(count as u64, at), Ok(root));
            for (index, leaf) in present.iter().enumerate() {
                let path = grown_inclusion(index as u64, count as u64, at).expect("kept");
                assert_eq!(Some(&path), inclusion_proof(present, index).as_ref());
                assert!(is_included(&root, leaf, index, count, &path));
            }
        }
    }

    #[test]
    fn every_size_is_consistent_with_every_later_one_and_with_no_other() {
        let leaves = leaves(70);
        let nodes = grown(&leaves);
        let at = |place: Place| nodes.get(&place).copied().ok_or(place);
        let root_of = |count: u64| grown_root(count, at).expect("kept");
        for count in 1..=70 {
            for before in 1..=count {
                let path = grown_consistency(before, count, at).expect("kept");
                assert_eq!(root_by_consistency(&root_of(before), before, count, &path), Some(root_of(count)));
                let elsewhere = root_by_consistency(&Hash::ZERO, before, count, &path);
                assert_ne!(elsewhere, Some(root_of(count)), "{before} of {count}");
                for wrong in tampered(&path) {
                    let found = root_by_consistency(&root_of(before), before, count, &wrong);
                    assert_ne!(found, Some(root_of(count)), "{before} of {count}");
                }
            }
        }
        assert_eq!(root_by_consistency(&root_of(3), 0, 3, &[]), None);
        assert_eq!(root_by_consistency(&root_of(3), 4, 3, &[]), None);
    }

    #[test]
    fn a_changed_inclusion_proof_leads_elsewhere() {
        let leaves = leaves(70);
        for count in 2..=70 {
            let present = leaves.get(..count).expect("within");
            let root = root(present);
            for (index, leaf) in present.iter().enumerate() {
                let path = inclusion_proof(present, index).expect("within");
                for wrong in tampered(&path) {
                    assert!(!is_included(&root, leaf, index, count, &wrong), "{index} of {count}");
                }
            }
        }
    }

    /// The path with one bit changed in each hash, one hash less, one more, and two in the other order.
    fn tampered(path: &[Hash]) -> Vec<Vec<Hash>> {
        let mut all: Vec<Vec<Hash>> = Vec::new();
        for place in 0..path.len() {
            let mut wrong = path.to_vec();
            wrong[place].0[place % 32] ^= 1;
            all.push(wrong);
            let mut shorter = path.to_vec();
            shorter.remove(place);
            all.push(shorter);
        }
        all.push([path, &[Hash::ZERO]].concat());
        if path.len() > 1 && path[0] != path[1] {
            let mut swapped = path.to_vec();
            swapped.swap(0, 1);
            all.push(swapped);
        }
        all
    }

    #[test]
    fn places_of_large_logs_verify_and_cost_a_logarithm() {
        // A log whose leaves are all alike has one node a level, so its size is free.
        let leaf = Hash::of(&[b"alike"]);
        let levels: Vec<Hash> =
            std::iter::successors(Some(leaf_hash(&leaf)), |hash| Some(node(hash, hash))).take(64).collect();
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move |limit: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) % limit
        };
        for _ in 0..300 {
            let count = 1 + random(1 << 48);
            let (index, before) = (random(count), 1 + random(count));
            let mut reads = 0;
            let mut at = |(level, place): Place| {
                reads += 1;
                assert!((place + 1) << level <= count, "a complete subtree");
                Ok::<_, ()>(levels[usize::from(level)])
            };
            let root = grown_root(count, &mut at).expect("kept");
            let path = grown_inclusion(index, count, &mut at).expect("kept");
            assert_eq!(root_by_inclusion(&leaf, index, count, &path), Some(root));
            let old = grown_root(before, &mut at).expect("kept");
            let path = grown_consistency(before, count, &mut at).expect("kept");
            assert_eq!(root_by_consistency(&old, before, count, &path), Some(root));
            assert!(reads < 400, "{reads} nodes for {count} leaves");
        }
    }
}
