//! Merkle tree hash of RFC 6962 section 2.1, with inclusion proofs.
//!
//! Leaves are the hashes of manifest payloads in the order of their sequence numbers, so a shift seal fixes which
//! cases there were, and one case can be shown to be among them without the others.

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
    index < count && climb(leaf, index, count, proof).is_some_and(|root| root == *expected)
}

fn climb(leaf: &Hash, index: usize, count: usize, proof: &[Hash]) -> Option<Hash> {
    if count == 1 {
        return proof.is_empty().then(|| leaf_hash(leaf));
    }
    let (sibling, rest) = proof.split_last()?;
    let left = left_count(count);
    if index < left {
        Some(node(&climb(leaf, index, left, rest)?, sibling))
    } else {
        Some(node(sibling, &climb(leaf, index - left, count - left, rest)?))
    }
}

fn split(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
    leaves.split_at(left_count(leaves.len()))
}

/// Largest power of two below `count`, for `count` of two and more.
const fn left_count(count: usize) -> usize {
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
}
