//! Sequences that have found something once, written out.

use crate::hands::Honest;
use crate::play;
use crate::steps::{Act, Cut, Edit, Sequence, Step, Trouble};

/// Plays a sequence as it stands.
fn holds(steps: Vec<Step>) {
    let (_, result) = play(&Sequence { seed: 0, steps }, &Honest);
    assert_eq!(result, Ok(()));
}

const fn calm(act: Act) -> Step {
    Step { act, trouble: None }
}

const fn amid(trouble: Trouble, act: Act) -> Step {
    Step { act, trouble: Some(trouble) }
}

/// A success with a body that no box sends was taken for the arrival of a shift's seal.
#[test]
fn a_lying_success_for_a_seal() {
    let lies = Trouble::Network { first: 3, count: 5, fault: Cut::Garbage };
    holds(vec![
        calm(Act::OpenShift),
        calm(Act::Whole(0)),
        calm(Act::CloseShift),
        calm(Act::Edit(0, Edit::Check)),
        amid(lies, Act::Sync(streife_core::sync::Network::Metered)),
    ]);
}
