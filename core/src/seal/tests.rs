//! Signed structures: round trips, and what must not verify.

use super::*;
use crate::domain::{Agency, BoxId, CaseId, DeviceId, EventId, ObjectId, ShiftId};
use crate::ports::{Entropy, OsEntropy, Signer, SignerError};
use crate::testing::DevAgency;

fn key() -> SoftwareKey {
    SoftwareKey::from_bytes(&[5; 32]).expect("a scalar")
}

fn agency() -> DevAgency {
    DevAgency::found("Agency", &OsEntropy).expect("founded")
}

fn manifest(agency: &DevAgency, case_key: &CaseKey) -> Manifest {
    let case = CaseId::new([1; 16]);
    let set =
        Signed::<RecipientSet>::verify(&agency.recipient_set(1_000).expect("signs"), &agency.root.verifying_key())
            .expect("verifies")
            .into_payload();
    let recipients = set.valid_for(&agency.name, 1_000).expect("valid");
    Manifest {
        case,
        device: DeviceId::new([2; 16]),
        shift: ShiftId::new([3; 16]),
        seq: 1,
        head: JournalHead { n: 3, link: Hash([4; 32]) },
        agency: agency.name.clone(),
        objects: vec![ManifestObject {
            object: ObjectId::new([5; 16]),
            kind: Kind::Record,
            scope: Scope::Full,
            media_type: "application/json".to_owned(),
            length: 100,
            hash: Hash([6; 32]),
            commitment: Hash([7; 32]),
        }],
        wraps: WrappedKey::for_all(&recipients, case_key.as_bytes(), case.as_bytes(), &OsEntropy).expect("wraps"),
        key_commitment: case_key.commitment(case),
        notice: Some(ManifestNotice { number: "1".to_owned(), sealed: Some((Hash([8; 32]), vec![1, 2])) }),
        build: Build { catalogue: "c".to_owned(), app: "a".to_owned(), record_schema: 1 },
        clock: ClockEvidence { statement: Some((vec![9], 10)), state: ClockState::Agrees },
    }
}

#[test]
fn a_manifest_comes_back_and_its_recipients_open_the_case_key() {
    let agency = agency();
    let case_key = CaseKey::new([9; 32]);
    let manifest = manifest(&agency, &case_key);
    let bytes = sign_payload(Namespace::Manifest, manifest.encode(), &key()).expect("signs");
    let signed = Signed::<Manifest>::verify(&bytes, &key().verifying_key()).expect("verifies");
    assert_eq!(signed.payload(), &manifest);
    for private in [&agency.case_worker, &agency.recovery] {
        let opened = signed.payload().open_case_key(private).expect("opens");
        assert_eq!(opened.as_bytes(), case_key.as_bytes());
    }
    let stranger = RecipientPrivateKey::derive(Kem::XWing, &[1; 32]);
    assert_eq!(manifest.open_case_key(&stranger).map(drop), Err(SealError::NoRecipient));
}

#[test]
fn a_payload_can_be_read_without_its_signers_key_and_only_for_its_purpose() {
    let payload = manifest(&agency(), &CaseKey::new([9; 32])).encode();
    let bytes = sign_payload(Namespace::Manifest, payload.clone(), &key()).expect("signs");
    assert_eq!(unverified_payload(Namespace::Manifest, &bytes), Ok(payload));
    assert_eq!(unverified_payload(Namespace::Event, &bytes), Err(SealError::Signature));
    assert!(unverified_payload(Namespace::Manifest, &bytes[..bytes.len() - 1]).is_err());
}

#[test]
fn a_sealed_value_says_where_it_belongs() {
    let (case, object) = (CaseId::new([1; 16]), ObjectId::new([2; 16]));
    let binding = Binding { epoch: 0x1234, ..Binding::of_case(Kind::View, case, object) }.with_scope(Scope::View);
    let sealed = seal(&ObjectKey::new([3; 32]), &binding, b"text", &OsEntropy).expect("seals");
    assert_eq!(Binding::claimed(&sealed), Ok(binding));
    assert_eq!(Binding::claimed(&sealed[..HEADER - 1]), Err(SealError::Open));
    for (at, claims) in [(0, "another format"), (5, "another suite"), (7, "no kind"), (44, "no scope")] {
        let mut other = sealed.clone();
        other[at] = 0xee;
        assert_eq!(Binding::claimed(&other), Err(SealError::UnknownFormat), "{claims}");
    }
}

#[test]
fn a_key_that_does_not_match_the_commitment_is_refused() {
    let agency = agency();
    let mut manifest = manifest(&agency, &CaseKey::new([9; 32]));
    manifest.key_commitment = Hash([0; 32]);
    assert_eq!(manifest.open_case_key(&agency.case_worker).map(drop), Err(SealError::Open));
}

#[test]
fn every_bit_of_a_signed_structure_counts() {
    let statement = TimeStatement { nonce: [1; 16], unix_ms: 5 };
    let bytes = sign_payload(Namespace::Time, statement.encode(), &key()).expect("signs");
    assert!(Signed::<TimeStatement>::verify(&bytes, &key().verifying_key()).is_ok());
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        *changed.get_mut(bit / 8).expect("within") ^= 1 << (bit % 8);
        assert!(Signed::<TimeStatement>::verify(&changed, &key().verifying_key()).is_err(), "bit {bit}");
    }
}

#[test]
fn a_signature_for_one_purpose_is_no_signature_for_another() {
    let statement = TimeStatement { nonce: [1; 16], unix_ms: 5 };
    for namespace in [Namespace::Receipt, Namespace::Event, Namespace::Manifest] {
        let bytes = sign_payload(namespace, statement.encode(), &key()).expect("signs");
        let verified = Signed::<TimeStatement>::verify(&bytes, &key().verifying_key());
        assert_eq!(verified, Err(SealError::Signature), "{namespace:?}");
    }
}

#[test]
fn another_key_or_a_signer_that_answers_wrongly_is_noticed() {
    struct Liar(SoftwareKey);
    impl Signer for Liar {
        fn public_key(&self) -> Result<Vec<u8>, SignerError> {
            self.0.public_key()
        }
        fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignerError> {
            self.0.sign(b"something else")
        }
    }
    let payload = TimeStatement { nonce: [1; 16], unix_ms: 5 }.encode();
    let bytes = sign_payload(Namespace::Time, payload.clone(), &key()).expect("signs");
    let other = SoftwareKey::from_bytes(&[6; 32]).expect("a scalar");
    assert_eq!(Signed::<TimeStatement>::verify(&bytes, &other.verifying_key()), Err(SealError::Signature));
    assert_eq!(sign_payload(Namespace::Time, payload, &Liar(key())), Err(SealError::Signer(SignerError::Failed)));
}

#[test]
fn receipts_seals_openings_and_events_come_back() {
    let receipt = Receipt {
        case: CaseId::new([1; 16]),
        manifest: Hash([2; 32]),
        objects: vec![ReceiptObject { object: ObjectId::new([3; 16]), length: 4, hash: Hash([5; 32]) }],
        stored_at: 6,
        box_id: BoxId::new([7; 16]),
        log_index: Some(8),
    };
    assert_eq!(Receipt::decode(&receipt.encode()), Ok(receipt));
    let head = JournalHead { n: 1, link: Hash([1; 32]) };
    let opening = ShiftOpening {
        shift: ShiftId::new([1; 16]),
        device: DeviceId::new([2; 16]),
        agency: Agency("A".to_owned()),
        head,
    };
    assert_eq!(ShiftOpening::decode(&opening.encode()), Ok(opening));
    let note = SealedNote { wraps: vec![], sealed: vec![1] };
    let event = CaseEvent {
        event: EventId::new([1; 16]),
        case: CaseId::new([2; 16]),
        kind: EventKind::Void,
        reason: "wrong-plate".to_owned(),
        note: Some(note),
        head,
    };
    assert_eq!(CaseEvent::decode(&event.encode()), Ok(event));
}

#[test]
fn a_seal_fixes_every_place_of_its_journal() {
    let entries: Vec<Hash> = (0..5_u8).map(|i| Hash::of(&[&[i]])).collect();
    let mut link = Hash([1; 32]);
    let before = link;
    for (n, entry) in (4..).zip(&entries) {
        link = chain::link(&link, n, entry);
    }
    let seal = ShiftSeal {
        shift: ShiftId::new([1; 16]),
        device: DeviceId::new([2; 16]),
        first: 4,
        before,
        entries,
        last: 8,
        link,
        count: 0,
        root: merkle::root(&[]),
    };
    let decoded = ShiftSeal::decode(&seal.encode()).expect("comes back");
    assert_eq!(decoded.heads().expect("fits").last(), Some(&JournalHead { n: 8, link }));
    for swap in 0..4 {
        let mut reordered = seal.clone();
        reordered.entries.swap(swap, swap + 1);
        assert_eq!(reordered.heads(), None);
    }
}

#[test]
fn a_seal_over_300_busy_cases_is_within_the_limit_of_a_box() {
    // Begun, ten edits, eight photos with thumbnails, sealed, receipted, purged.
    let entries = vec![Hash([0xff; 32]); 300 * (1 + 10 + 2 * 8 + 3) + 2];
    let (before, link, root) = (Hash::ZERO, Hash::ZERO, Hash::ZERO);
    let (shift, device) = (ShiftId::new([1; 16]), DeviceId::new([2; 16]));
    let (first, last) = (u64::from(u32::MAX), u64::from(u32::MAX) + entries.len() as u64);
    let seal = ShiftSeal { shift, device, first, before, entries, last, link, count: 300, root };
    let length = sign_payload(Namespace::Seal, seal.encode(), &key()).expect("signs").len();
    assert!(length > 262_144, "the limit before was enough: {length}");
    assert!(length < ShiftSeal::MAX_BYTES, "{length}");
}

#[test]
fn a_set_that_is_expired_foreign_or_without_recovery_seals_nothing() {
    let agency = agency();
    let bytes = agency.recipient_set(1_000).expect("signs");
    let set = Signed::<RecipientSet>::verify(&bytes, &agency.root.verifying_key()).expect("verifies").into_payload();
    assert_eq!(set.valid_for(&Agency("B".to_owned()), 1_000).map(drop), Err(SealError::RecipientSet));
    assert_eq!(set.valid_for(&agency.name, i64::MAX).map(drop), Err(SealError::RecipientSet));
    let mut alone = set.clone();
    alone.recipients.retain(|recipient| recipient.role == Role::CaseWorker);
    assert_eq!(alone.valid_for(&agency.name, 1_000).map(drop), Err(SealError::NoRecipient));
}

#[test]
fn a_note_opens_for_case_workers_and_for_its_own_event_only() {
    let agency = agency();
    let bytes = agency.recipient_set(1_000).expect("signs");
    let set = Signed::<RecipientSet>::verify(&bytes, &agency.root.verifying_key()).expect("verifies").into_payload();
    let recipients = set.valid_for(&agency.name, 1_000).expect("valid");
    let (case, event) = (CaseId::new([1; 16]), EventId::new([2; 16]));
    let note = SealedNote::seal("misread", case, event, &recipients, &OsEntropy).expect("seals");
    assert_eq!(note.open(case, event, &agency.case_worker).as_deref(), Ok("misread"));
    assert!(note.open(case, EventId::new([3; 16]), &agency.case_worker).is_err());
}

#[test]
fn web_tokens_verify_against_their_key_and_form_only() {
    let claims = jose::ProofClaims {
        jti: "1".to_owned(),
        htm: "PUT".to_owned(),
        htu: "https://box.test/v1/cases/1".to_owned(),
        iat: 5,
        ath: None,
        nonce: Some("n".to_owned()),
    };
    let proof = jose::sign_proof(&claims, &key()).expect("signs");
    let (verified, jwk) = jose::verify_proof(&proof).expect("verifies");
    assert_eq!((verified, jwk.key()), (claims, Ok(key().verifying_key())));
    assert!(jose::verify_assertion(&proof, &key().verifying_key()).is_err());
    let forged = proof.replacen('.', ".x", 1);
    assert!(jose::verify_proof(&forged).is_err());
}

#[test]
fn entropy_is_never_skipped() {
    let entropy: &dyn Entropy = &OsEntropy;
    assert_ne!(entropy.array::<32>(), entropy.array::<32>());
}
