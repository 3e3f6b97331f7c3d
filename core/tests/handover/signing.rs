//! Two calls that sign the same at the same time, with a key that never signs twice alike, as hardware does.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use streife_core::client::{Client, Ports};
use streife_core::domain::VoidReason;
use streife_core::ports::{Signer, SignerError};
use streife_core::vault::CaseState;

use crate::common::officer;
use crate::drivers::{Blocking, World};

enum Mood {
    Away,
    Alone,
    /// Answers when both have asked.
    Together(Arc<Meeting>),
}

/// Lets nobody pass alone, unless the other does not come for long: then something else has failed, and is told.
#[derive(Default)]
struct Meeting {
    arrived: Mutex<u32>,
    changed: Condvar,
}

impl Meeting {
    fn wait(&self) {
        let mut arrived = self.arrived.lock().expect("no holder panics");
        *arrived += 1;
        self.changed.notify_all();
        let both = arrived.next_multiple_of(2);
        drop(self.changed.wait_timeout_while(arrived, Duration::from_secs(10), |arrived| *arrived < both));
    }
}

/// A key in hardware.
struct Hardware {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    mood: Mutex<Mood>,
}

impl Hardware {
    fn new() -> Self {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_ASN1_SIGNING);
        let secret = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, secret.as_ref(), &random).expect("reads");
        Self { pair, random, mood: Mutex::new(Mood::Alone) }
    }

    fn set(&self, mood: Mood) {
        *self.mood.lock().expect("no holder panics") = mood;
    }
}

impl Signer for Hardware {
    fn public_key(&self) -> Result<Vec<u8>, SignerError> {
        Ok(self.pair.public_key().as_ref().to_vec())
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let meeting = match &*self.mood.lock().expect("no holder panics") {
            Mood::Away => return Err(SignerError::NotNow),
            Mood::Alone => None,
            Mood::Together(meeting) => Some(meeting.clone()),
        };
        meeting.iter().for_each(|meeting| meeting.wait());
        Ok(self.pair.sign(&self.random, message).expect("signs").as_ref().to_vec())
    }
}

/// Of an opening, a manifest, an event and a seal there are two signatures each; one of each is sent, and that one lies in
/// the spare copies, or a salvage would send the box another manifest under the same id.
#[test]
fn of_two_that_sign_the_same_one_is_sent_and_copied_and_neither_fails() {
    let (world, hardware) = (World::new(), Arc::new(Hardware::new()));
    let ports = || Ports { transport: world.desk.clone(), signer: hardware.clone(), ..world.phone.ports() };
    drop(world.phone.open());
    let client = Client::open(world.config(), ports()).expect("opens");
    hardware.set(Mood::Away);
    let shift = client.open_shift(&officer()).expect("opens");
    let case = world.seal(&client);
    let event = client.void_case(case, VoidReason::Other, None).expect("voids");
    client.close_shift().expect("closes");
    assert_eq!(client.case(case).expect("is there").state, CaseState::Unsigned, "the control");
    hardware.set(Mood::Together(Arc::default()));
    std::thread::scope(|scope| {
        let both = [0, 1].map(|_| scope.spawn(|| client.sign_pending()));
        both.into_iter().for_each(|signing| signing.join().expect("no panic").expect("signs"));
    });
    hardware.set(Mood::Alone);
    assert_eq!(client.status().expect("reads").unsigned, 0);
    assert!(client.audit().expect("audits").findings.is_empty() && client.notices().is_empty());
    let copy = |name: String| std::fs::read(world.phone.vault_folder().join("spare").join(name)).expect("a copy");
    let mut copies = vec![
        (case.to_string(), copy(format!("{case}.manifest"))),
        (event.to_string(), copy(format!("{event}.event"))),
        (shift.to_string(), copy(format!("{shift}.opening"))),
        ("seal".to_owned(), copy(format!("{shift}.seal"))),
    ];
    world.drain(&Blocking, &client);
    world.assert_handed_over(&client, case, "signed twice");
    let mut sent = world.desk.state().signed.clone();
    sent.push((case.to_string(), world.desk.state().cases[&case].manifest.clone()));
    sent.sort();
    copies.sort();
    assert!(sent == copies, "what was sent is what was copied");
}
