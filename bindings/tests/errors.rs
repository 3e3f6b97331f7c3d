//! Every kind of the core's errors arrives as its own variant, with what an app acts on and nothing it must not see.

use std::io::ErrorKind as Io;

use streife_core::catalogue::CatalogueError;
use streife_core::client::{PhotoError, SealError, VaultError};
use streife_core::domain::{Finding, FindingCode, GiroError, InputError, Plate, PlateError, Severity, SlipError};
use streife_core::error::Error;
use streife_core::ports::{EntropyError, KeyStoreError, SignerError, TransportError};
use streife_ffi::{Input, KeyStoreFault, PhotoFault, PlateRule, SignerFault, StreifeError};

fn bad(input: Input) -> StreifeError {
    StreifeError::BadInput { input }
}

fn photo(fault: PhotoFault) -> StreifeError {
    StreifeError::Photo { fault }
}

fn check(cases: Vec<(Error, StreifeError)>) {
    for (error, expected) in cases {
        let text = format!("{error:?}");
        assert_eq!(StreifeError::from(error), expected, "{text}");
    }
}

#[test]
fn the_vaults_errors() {
    let key = |error| Error::Vault(VaultError::KeyStore(error));
    let signer = |error| Error::Vault(VaultError::Seal(SealError::Signer(error)));
    let unavailable = |fault| StreifeError::KeyUnavailable { fault };
    check(vec![
        (VaultError::DiskFull.into(), StreifeError::DiskFull),
        (VaultError::Io(Io::PermissionDenied).into(), StreifeError::Storage),
        (VaultError::Database(1).into(), StreifeError::Storage),
        (VaultError::InUse.into(), StreifeError::InUse),
        (VaultError::NewerDatabase { found: 9, known: 1 }.into(), StreifeError::NewerVersion),
        (VaultError::ForeignDatabase.into(), StreifeError::Corrupt),
        (VaultError::Corrupt.into(), StreifeError::Corrupt),
        (key(KeyStoreError::NotNow), unavailable(KeyStoreFault::NotNow)),
        (key(KeyStoreError::Invalidated), unavailable(KeyStoreFault::Invalidated)),
        (key(KeyStoreError::Gone), unavailable(KeyStoreFault::Gone)),
        (key(KeyStoreError::Failed), unavailable(KeyStoreFault::Failed)),
        (key(KeyStoreError::WrongKey), StreifeError::WrongKey),
        (VaultError::WrongKey.into(), StreifeError::WrongKey),
        (VaultError::Locked.into(), unavailable(KeyStoreFault::NotNow)),
        (VaultError::KeyMissing { epoch: 1 }.into(), unavailable(KeyStoreFault::Gone)),
        (VaultError::Clock.into(), bad(Input::DeviceClock)),
        (VaultError::Sealed { record: "cases".into() }.into(), StreifeError::Tampered),
        (VaultError::Malformed { record: "cases".into() }.into(), StreifeError::Tampered),
        (VaultError::JournalBroken { n: 3 }.into(), StreifeError::Tampered),
        (VaultError::NotFound { table: "cases" }.into(), StreifeError::NotFound),
        (VaultError::State.into(), StreifeError::State),
        (VaultError::Seal(SealError::PublicKey).into(), bad(Input::PublicKey)),
        (signer(SignerError::Gone), StreifeError::SignerUnavailable { fault: SignerFault::Gone }),
    ]);
}

#[test]
fn the_seals_errors() {
    let signer = |error| Error::Seal(SealError::Signer(error));
    let unavailable = |fault| StreifeError::SignerUnavailable { fault };
    check(vec![
        (SealError::Open.into(), StreifeError::Tampered),
        (SealError::UnknownFormat.into(), StreifeError::Tampered),
        (SealError::Malformed("manifest").into(), StreifeError::Tampered),
        (SealError::Signature.into(), StreifeError::Tampered),
        (SealError::PublicKey.into(), bad(Input::PublicKey)),
        (SealError::TooLong.into(), bad(Input::TooLong)),
        (SealError::NoRecipient.into(), StreifeError::NotProvisioned),
        (SealError::RecipientSet.into(), StreifeError::NotProvisioned),
        (SealError::Entropy(EntropyError).into(), StreifeError::Entropy),
        (signer(SignerError::NotNow), unavailable(SignerFault::NotNow)),
        (signer(SignerError::Gone), unavailable(SignerFault::Gone)),
        (signer(SignerError::Failed), unavailable(SignerFault::Failed)),
    ]);
}

#[test]
fn the_photos_errors() {
    check(vec![
        (PhotoError::Unreadable(Io::NotFound).into(), photo(PhotoFault::Unreadable)),
        (PhotoError::NotAPicture.into(), photo(PhotoFault::NotAPicture)),
        (PhotoError::Truncated.into(), photo(PhotoFault::Truncated)),
        (PhotoError::TooLarge { limit: 1 }.into(), photo(PhotoFault::TooLarge)),
        (PhotoError::BeyondLimits.into(), photo(PhotoFault::BeyondLimits)),
        (PhotoError::Undecodable.into(), photo(PhotoFault::Undecodable)),
        (PhotoError::Region.into(), photo(PhotoFault::Region)),
        (PhotoError::Derived.into(), photo(PhotoFault::Derived)),
        (PhotoError::DiskFull.into(), StreifeError::DiskFull),
        (PhotoError::Unwritable(Io::Other).into(), StreifeError::Storage),
        (PhotoError::Seal(SealError::Open).into(), StreifeError::Tampered),
    ]);
}

#[test]
fn the_inputs_errors() {
    let fault = CatalogueError::Malformed { line: 1, column: 1 };
    check(vec![
        (SlipError::Number.into(), bad(Input::SlipNumber)),
        (SlipError::Code.into(), bad(Input::SlipCode)),
        (SlipError::TooLong.into(), bad(Input::SlipQr)),
        (SlipError::Address.into(), bad(Input::SlipQr)),
        (GiroError::Name.into(), bad(Input::Payee)),
        (GiroError::Iban.into(), bad(Input::Payee)),
        (GiroError::Bic.into(), bad(Input::Payee)),
        (GiroError::Amount.into(), bad(Input::TooLong)),
        (fault.into(), bad(Input::Catalogue)),
        (InputError { field: "colour" }.into(), StreifeError::Limit { field: "colour".to_owned() }),
        (Error::Clock, bad(Input::DeviceClock)),
    ]);
    let plate = |error: PlateError| StreifeError::from(Error::Plate(error));
    let rules = [
        (PlateError::Empty, PlateRule::Empty),
        (PlateError::TooLong, PlateRule::TooLong),
        (PlateError::Nation, PlateRule::Nation),
        (PlateError::Prefix, PlateRule::Prefix),
        (PlateError::Letters, PlateRule::Letters),
        (PlateError::Digits, PlateRule::Digits),
        (PlateError::MoreThanEight, PlateRule::MoreThanEight),
        (PlateError::Season, PlateRule::Season),
        (PlateError::Separator, PlateRule::Separator),
        (PlateError::Suffix, PlateRule::Suffix),
        (PlateError::Expiry, PlateRule::Expiry),
        (PlateError::Combination, PlateRule::Combination),
    ];
    for (error, rule) in rules {
        assert_eq!(plate(error), StreifeError::Plate { rule });
    }
}

#[test]
fn the_clients_and_the_networks_errors() {
    let finding = |code, severity| Finding { code, severity };
    let findings =
        vec![finding(FindingCode::PhotoMissing, Severity::Block), finding(FindingCode::FixMocked, Severity::Confirm)];
    let mut cases = vec![
        (Error::Findings(findings.clone()), StreifeError::Findings { findings }),
        (Error::NotProvisioned, StreifeError::NotProvisioned),
        (Error::State, StreifeError::State),
        (Error::Busy, StreifeError::Busy),
        (Error::Refused(403), StreifeError::Refused { status: 403 }),
        (TransportError::Untrusted.into(), StreifeError::Untrusted),
    ];
    let others = [
        TransportError::Unreachable,
        TransportError::Lost,
        TransportError::TooLarge,
        TransportError::Redirected,
        TransportError::File,
        TransportError::Cancelled,
    ];
    cases.extend(others.map(|error| (error.into(), StreifeError::Network)));
    check(cases);
}

#[test]
fn an_error_shows_no_plate() {
    let error = StreifeError::from(Error::from(Plate::parse("M-ABC 1", "D").expect_err("is broken")));
    assert_eq!(error.to_string(), "the plate breaks a rule of form (Letters)");
    assert!(!format!("{error:?}").contains("ABC"));
}
