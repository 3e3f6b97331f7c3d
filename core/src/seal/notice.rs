//! The citizen's slip (FORMATS 15): what is printed on it and the plate open the view, and nothing less does.
//!
//! The code on the slip has 100 bits, so the box's operator, who holds everything else, cannot guess it. The plate is
//! mixed in because slips get moved to other cars.

use zeroize::Zeroizing;

use super::{Binding, CaseKey, Hash, Kind, ManifestNotice, ObjectKey, Scope, SealError, ViewKey, object};
use crate::domain::{CaseId, ObjectId, Slip, SlipCode};
use crate::ports::Entropy;

/// Makes the manifest's notice for a slip. With a code the view key is sealed under it; without one only the number
/// is named. `factor` is the folded plate, or the birth date where the slip was handed to a person.
///
/// # Errors
/// [`SealError::Entropy`].
pub fn sealed_notice(
    slip: &Slip,
    factor: &str,
    case: CaseId,
    key: &CaseKey,
    entropy: &dyn Entropy,
) -> Result<ManifestNotice, SealError> {
    let number = slip.number().to_owned();
    let Some(code) = slip.code() else { return Ok(ManifestNotice { number, sealed: None }) };
    let kek = slip_key(&number, code, factor, b"kek");
    let wrap = object::seal(&kek, &binding(case), key.view_key(case).as_bytes(), entropy)?;
    let auth = Hash::of(&[&citizen_authorisation(&number, code, factor)]);
    Ok(ManifestNotice { number, sealed: Some((auth, wrap)) })
}

/// What the citizen's browser shows the box instead of the code.
#[must_use]
pub fn citizen_authorisation(number: &str, code: &SlipCode, factor: &str) -> [u8; 32] {
    *slip_key(number, code, factor, b"auth").as_bytes()
}

/// Opens the view key with what stands on the slip and the folded plate.
///
/// # Errors
/// [`SealError::Open`] for a wrong code or plate, and for a notice without a sealed key.
pub fn open_notice(notice: &ManifestNotice, case: CaseId, code: &SlipCode, factor: &str) -> Result<ViewKey, SealError> {
    let (_, wrap) = notice.sealed.as_ref().ok_or(SealError::Open)?;
    let kek = slip_key(&notice.number, code, factor, b"kek");
    let key = Zeroizing::new(object::open(&kek, &binding(case), wrap)?);
    ViewKey::copied(&key).ok_or(SealError::Open)
}

fn slip_key(number: &str, code: &SlipCode, factor: &str, label: &[u8]) -> ObjectKey {
    let ikm = Zeroizing::new([code.as_str().as_bytes(), &[0], factor.as_bytes()].concat());
    ObjectKey::derived(&ikm, number.as_bytes(), &[b"streife/1 notice ", label])
}

const fn binding(case: CaseId) -> Binding {
    Binding::of_case(Kind::WrappedKey, case, ObjectId::new([0; 16])).with_scope(Scope::View)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::OsEntropy;

    const CASE: CaseId = CaseId::new([1; 16]);
    const CODE: &str = "0123456789ABCDEFGHJK";

    #[test]
    fn the_slip_and_the_plate_open_the_view_key_and_nothing_less_does() {
        let key = CaseKey::new([3; 32]);
        let slip = Slip::new("1234-5678-90", Some(CODE)).expect("sound");
        let notice = sealed_notice(&slip, "MAB1234", CASE, &key, &OsEntropy).expect("seals");
        let code = slip.code().expect("has a code");
        let opened = open_notice(&notice, CASE, code, "MAB1234").expect("opens");
        assert_eq!(opened.as_bytes(), key.view_key(CASE).as_bytes());
        let other = SlipCode::try_from("0123456789ABCDEFGHJM".to_owned()).expect("sound");
        assert!(open_notice(&notice, CASE, code, "MAB1235").is_err());
        assert!(open_notice(&notice, CASE, &other, "MAB1234").is_err());
        assert!(open_notice(&notice, CaseId::new([2; 16]), code, "MAB1234").is_err());
    }

    #[test]
    fn the_box_can_check_the_citizen_without_learning_the_code() {
        let slip = Slip::new("1", Some(CODE)).expect("sound");
        let notice = sealed_notice(&slip, "MAB1", CASE, &CaseKey::new([3; 32]), &OsEntropy).expect("seals");
        let (auth, _) = notice.sealed.expect("has a code");
        let shown = citizen_authorisation("1", slip.code().expect("has a code"), "MAB1");
        assert_eq!(Hash::of(&[&shown]), auth);
    }
}
