//! The small closed lists that an error carries. None holds a value that was typed in, read or recorded.

use streife_core::client::PhotoError;
use streife_core::domain::{PlateError, SlipError};
use streife_core::ports::{KeyStoreError, SignerError};

/// Which input breaks its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Input {
    /// An id is not 32 characters of lower-case hexadecimal.
    Id,
    /// A public key, pinned or of the signer, is not a point of P-256 in uncompressed form: 65 bytes, and where it is
    /// pinned 130 characters of lower-case hexadecimal.
    PublicKey,
    /// The box's address is not `https://host[:port]`.
    BoxOrigin,
    /// The authorities are not certificates in PEM form.
    Authorities,
    /// An offence number is not six digits.
    OffenceNumber,
    /// A date is not `YYYY-MM-DD`.
    Date,
    /// A valve position is not 1 to 12.
    ValvePosition,
    /// A disc time is not `HH:MM`.
    DiscTime,
    /// A municipality key is not eight digits.
    Municipality,
    /// A fix does not lie on the globe, or its accuracy is no length.
    Fix,
    /// A slip number is not 1 to 32 printable characters without a dot.
    SlipNumber,
    /// A slip code is not 20 characters of base 32.
    SlipCode,
    /// A QR code is none of a slip.
    SlipQr,
    /// A case number is not in its printed form, or its check digits do not fit.
    CaseNumber,
    /// The payee's name, account or bank code breaks a rule.
    Payee,
    /// The device's clock failed or shows a time that no calendar holds.
    DeviceClock,
    /// The catalogue that the agency signed is faulty; the one in use stays.
    Catalogue,
    /// The rule set that the agency signed is faulty; the one in use stays.
    Rules,
    /// The table of plates that the agency signed is faulty; the one in use stays.
    PlateTable,
    /// The geo pack that the agency signed is faulty; the one in use stays.
    Map,
    /// A value is longer than what can be sealed.
    TooLong,
}

/// Which rule of form a plate breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum PlateRule {
    /// Nothing to read.
    Empty,
    /// Longer than 15 characters.
    TooLong,
    /// The nationality sign is not one to three letters.
    Nation,
    /// The prefix is not one to three letters.
    Prefix,
    /// The middle part is not one or two letters without umlauts.
    Letters,
    /// The digits are not one to four without a leading zero.
    Digits,
    /// More than eight characters altogether.
    MoreThanEight,
    /// The season is not two different months.
    Season,
    /// The separator behind the prefix is missing; without it the plate may have two readings.
    Separator,
    /// What stands behind the digits is neither E nor H.
    Suffix,
    /// The expiry is not a date.
    Expiry,
    /// The expiry or the interchangeable sign does not go with this kind of plate.
    Combination,
}

/// Why a photo was not taken over. Its file stays where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum PhotoFault {
    /// The file cannot be opened or read, or is not there.
    Unreadable,
    /// Not a JPEG or HEIC picture.
    NotAPicture,
    /// Cut off; the camera may still be writing it. Try again.
    Truncated,
    /// Larger than any camera's photo.
    TooLarge,
    /// More pixels, segments or scans than are looked into.
    BeyondLimits,
    /// The decoder gave up.
    Undecodable,
    /// A region to be hidden lies outside the picture, or there are too many.
    Region,
    /// The photo has a derivative of this kind already, or cannot have one.
    Derived,
    /// The sealed photo could not be written or opened.
    Storage,
}

/// Why the key store gave no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum KeyStoreFault {
    /// Not now: the device is locked or the service is busy. Try later.
    NotNow,
    /// The platform has invalidated the key for good.
    Invalidated,
    /// There is no key under the alias.
    Gone,
    /// It failed without an explanation, or answered with something that is no key.
    Failed,
}

/// Why the signer gave no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum SignerFault {
    /// Not now. Try later.
    NotNow,
    /// The key is gone or was invalidated.
    Gone,
    /// It failed without an explanation, or answered with something that is no signature of its key.
    Failed,
}

impl From<PlateError> for PlateRule {
    fn from(error: PlateError) -> Self {
        match error {
            PlateError::Empty => Self::Empty,
            PlateError::TooLong => Self::TooLong,
            PlateError::Nation => Self::Nation,
            PlateError::Prefix => Self::Prefix,
            PlateError::Letters => Self::Letters,
            PlateError::Digits => Self::Digits,
            PlateError::MoreThanEight => Self::MoreThanEight,
            PlateError::Season => Self::Season,
            PlateError::Separator => Self::Separator,
            PlateError::Suffix => Self::Suffix,
            PlateError::Expiry => Self::Expiry,
            PlateError::Combination => Self::Combination,
        }
    }
}

impl From<SlipError> for Input {
    fn from(error: SlipError) -> Self {
        match error {
            SlipError::Number => Self::SlipNumber,
            SlipError::Code => Self::SlipCode,
            SlipError::TooLong | SlipError::Address => Self::SlipQr,
        }
    }
}

impl From<&PhotoError> for PhotoFault {
    fn from(error: &PhotoError) -> Self {
        match error {
            PhotoError::Unreadable(_) => Self::Unreadable,
            PhotoError::NotAPicture => Self::NotAPicture,
            PhotoError::Truncated => Self::Truncated,
            PhotoError::TooLarge { .. } => Self::TooLarge,
            PhotoError::BeyondLimits => Self::BeyondLimits,
            PhotoError::Undecodable => Self::Undecodable,
            PhotoError::Region => Self::Region,
            PhotoError::Derived => Self::Derived,
            PhotoError::DiskFull | PhotoError::Unwritable(_) | PhotoError::Seal(_) => Self::Storage,
        }
    }
}

impl From<KeyStoreError> for KeyStoreFault {
    fn from(error: KeyStoreError) -> Self {
        match error {
            KeyStoreError::NotNow => Self::NotNow,
            KeyStoreError::Invalidated => Self::Invalidated,
            KeyStoreError::Gone => Self::Gone,
            // A wrong key is an error of its own: `StreifeError::WrongKey`.
            KeyStoreError::WrongKey | KeyStoreError::Failed => Self::Failed,
        }
    }
}

impl From<SignerError> for SignerFault {
    fn from(error: SignerError) -> Self {
        match error {
            SignerError::NotNow => Self::NotNow,
            SignerError::Gone => Self::Gone,
            SignerError::Failed => Self::Failed,
        }
    }
}
