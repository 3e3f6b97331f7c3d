//! The desk's decision over a case, as the box signs it (FORMATS 11).
//!
//! A receipt says that a case is stored, a decision that somebody has looked at it. The phone verifies it with the pinned
//! box key, like the receipt, and may let the payload go earlier. It is no event of the device: it has a purpose of its own,
//! so that neither signer can speak for the other. Words of the desk stay at the desk; what travels is a code.

use super::cbor::{self, MapReader, MapWriter};
use super::{Namespace, SealError, SignedPayload};
use crate::domain::{BoxId, CaseId, EventId};

/// What the desk has decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum DecisionKind {
    /// The case is taken up.
    Accepted = 1,
    /// The case is not taken up.
    Rejected = 2,
}

/// A decision over one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The decision's own id: asked for again it comes as the same bytes.
    pub event: EventId,
    /// The case.
    pub case: CaseId,
    /// What was decided.
    pub kind: DecisionKind,
    /// Why, as a code of the agency: 1 to 32 characters out of `a` to `z` and `-`.
    pub reason: String,
    /// When, unix milliseconds by the box's clock.
    pub decided_at: i64,
    /// The box that signs it.
    pub box_id: BoxId,
}

impl Decision {
    /// Whether a text can stand as the reason.
    #[must_use]
    pub fn is_reason(text: &str) -> bool {
        (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    }
}

impl SignedPayload for Decision {
    const NAMESPACE: Namespace = Namespace::Decision;

    fn encode(&self) -> Vec<u8> {
        let map = MapWriter::default()
            .put(1, 1)
            .bytes(2, self.event.as_bytes())
            .bytes(3, self.case.as_bytes())
            .put(4, self.kind as u8)
            .put(5, self.reason.as_str())
            .put(6, self.decided_at)
            .bytes(7, self.box_id.as_bytes());
        cbor::encode(&map.done())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SealError> {
        let mut map = MapReader::new(cbor::decode(bytes, "decision")?, "decision")?;
        map.version_1()?;
        let (event, case) = (map.fixed(2)?, map.fixed(3)?);
        let kind = match map.uint(4)? {
            1 => DecisionKind::Accepted,
            2 => DecisionKind::Rejected,
            _ => return Err(SealError::UnknownFormat),
        };
        let reason = map.text(5)?;
        if !Self::is_reason(&reason) {
            return Err(map.malformed());
        }
        let (decided_at, box_id) = (map.time(6)?, map.fixed(7)?);
        map.finish()?;
        Ok(Self { event, case, kind, reason, decided_at, box_id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::{Signed, SoftwareKey, sign_payload};

    fn decision(reason: &str) -> Decision {
        Decision {
            event: EventId::new([1; 16]),
            case: CaseId::new([2; 16]),
            kind: DecisionKind::Accepted,
            reason: reason.to_owned(),
            decided_at: 1_781_582_400_000,
            box_id: BoxId::new([3; 16]),
        }
    }

    fn hex(bytes: &[u8]) -> String {
        crate::domain::to_hex(bytes)
    }

    #[test]
    fn a_decision_comes_back_as_the_bytes_that_the_cddl_describes() {
        let told = decision("complete");
        let expected = [
            "a7",                                           // a map of seven
            "0101",                                         // 1: version
            &format!("0250{}", "01".repeat(16)),            // 2: event
            &format!("0350{}", "02".repeat(16)),            // 3: case
            "0401",                                         // 4: accepted
            &format!("0568{}", hex(b"complete")),           // 5: reason
            &format!("061b{:016x}", 1_781_582_400_000_u64), // 6: decided at
            &format!("0750{}", "03".repeat(16)),            // 7: box
        ];
        assert_eq!(hex(&told.encode()), expected.concat());
        assert_eq!(Decision::decode(&told.encode()), Ok(told.clone()));
        let rejected = Decision { kind: DecisionKind::Rejected, ..told };
        assert_eq!(Decision::decode(&rejected.encode()), Ok(rejected));
    }

    #[test]
    fn a_reason_is_a_short_code_and_never_words() {
        for reason in ["", "Not clear", "a_b", "straße", "a2", &"a".repeat(33)] {
            assert_eq!(Decision::decode(&decision(reason).encode()), Err(SealError::Malformed("decision")), "{reason}");
        }
        assert!(Decision::decode(&decision(&"a".repeat(32)).encode()).is_ok());
    }

    #[test]
    fn no_other_kind_version_or_member_is_taken() {
        let map = |version: i64, kind: i64| {
            let map = MapWriter::default().put(1, version).bytes(2, [1; 16]).bytes(3, [2; 16]).put(4, kind);
            map.put(5, "complete").put(6, 5).bytes(7, [3; 16])
        };
        assert!(Decision::decode(&cbor::encode(&map(1, 2).done())).is_ok());
        for other in [map(1, 0), map(1, 3), map(2, 1), map(1, 1).put(8, 1)] {
            assert!(Decision::decode(&cbor::encode(&other.done())).is_err());
        }
    }

    #[test]
    fn a_signed_decision_is_no_receipt_and_no_event() {
        let key = SoftwareKey::from_bytes(&[5; 32]).expect("a scalar");
        let payload = decision("complete").encode();
        let signed = sign_payload(Namespace::Decision, payload.clone(), &key).expect("signs");
        assert!(Signed::<Decision>::verify(&signed, &key.verifying_key()).is_ok());
        for other in [Namespace::Receipt, Namespace::Event] {
            let signed = sign_payload(other, payload.clone(), &key).expect("signs");
            assert_eq!(Signed::<Decision>::verify(&signed, &key.verifying_key()), Err(SealError::Signature));
        }
    }
}
