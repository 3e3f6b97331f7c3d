//! Hosts that fail, panic or answer nonsense, seen through the whole surface.

mod fakes;

use fakes::{FakeSink, Mood, Phone, SECRET, reading};
use std::sync::Arc;
use streife_core::domain::Officer;
use streife_ffi::{
    HostError, HostKeyStoreError, HostSignerError, Input, KeyStoreFault, SignerFault, Streife, StreifeError,
};
use uniffi::UnexpectedUniFFICallbackError;

fn officer() -> Officer {
    Officer { id: "4711".to_owned(), unit: None }
}

/// Opens a shift, whose opening then waits for the signer, and tells what was logged of it.
fn opened_shift(phone: &Phone) -> Vec<String> {
    let app = phone.open().expect("opens");
    app.open_shift(officer()).expect("a signer that fails holds nothing up");
    app.sign_pending().expect("nor does it later");
    phone.sink.lines.lock().expect("no panic while held").clone()
}

#[test]
fn a_signer_in_any_mood_holds_nothing_up() {
    let failed = "the signer is not available [(\"error\", Failed)]";
    let moods = [
        (Mood::Fails(HostSignerError::NotNow), "the signer is not available [(\"error\", NotNow)]"),
        (Mood::Fails(HostSignerError::Gone), "the signer is not available [(\"error\", Gone)]"),
        (Mood::Fails(HostSignerError::Failed), failed),
        (Mood::Panics, failed),
        (Mood::Answers(Vec::new()), failed),
        (Mood::Answers(vec![0x30; 70]), failed),
        (Mood::Answers(vec![1; 64]), failed),
        (Mood::Answers(vec![1; 1 << 20]), failed),
    ];
    for (mood, line) in moods {
        let phone = Phone::new();
        *phone.signer.signs.lock().expect("not held") = mood.clone();
        assert_eq!(opened_shift(&phone), [line, line], "{mood:?}");
    }
    assert_eq!(opened_shift(&Phone::new()), [""; 0]);
}

#[test]
fn a_public_key_that_is_none_is_refused() {
    let enrol = |mood: Mood<HostSignerError>| {
        let phone = Phone::new();
        *phone.signer.shows.lock().expect("not held") = mood;
        phone.open().expect("opens").enrol("code".to_owned(), None).expect_err("is no key")
    };
    let failed = StreifeError::SignerUnavailable { fault: SignerFault::Failed };
    for wrong in [vec![], vec![4; 33], vec![4; 64], vec![4; 66], vec![0; 91]] {
        assert_eq!(enrol(Mood::Answers(wrong)), failed);
    }
    assert_eq!(enrol(Mood::Panics), failed);
    let gone = StreifeError::SignerUnavailable { fault: SignerFault::Gone };
    assert_eq!(enrol(Mood::Fails(HostSignerError::Gone)), gone);
    assert_eq!(enrol(Mood::Answers(vec![4; 65])), StreifeError::BadInput { input: Input::PublicKey });
    assert_eq!(enrol(Mood::Works), StreifeError::Network);
}

#[test]
fn a_key_store_in_any_mood_leaves_the_vault_as_it_is() {
    let unavailable = |fault| StreifeError::KeyUnavailable { fault };
    let moods = [
        (Mood::Fails(HostKeyStoreError::NotNow), unavailable(KeyStoreFault::NotNow)),
        (Mood::Fails(HostKeyStoreError::Invalidated), unavailable(KeyStoreFault::Invalidated)),
        (Mood::Fails(HostKeyStoreError::Gone), unavailable(KeyStoreFault::Gone)),
        (Mood::Fails(HostKeyStoreError::Failed), unavailable(KeyStoreFault::Failed)),
        (Mood::Fails(HostKeyStoreError::WrongKey), StreifeError::WrongKey),
        (Mood::Panics, unavailable(KeyStoreFault::Failed)),
        (Mood::Answers(Vec::new()), unavailable(KeyStoreFault::Failed)),
        (Mood::Answers(vec![1; 31]), unavailable(KeyStoreFault::Failed)),
        (Mood::Answers(vec![1; 33]), unavailable(KeyStoreFault::Failed)),
        (Mood::Answers(vec![1; 32]), StreifeError::WrongKey),
    ];
    let phone = Phone::new();
    let device = phone.open().expect("makes the vault").device();
    for (mood, error) in moods {
        *phone.key_store.mood.lock().expect("not held") = mood.clone();
        assert_eq!(phone.open().map(drop), Err(error), "{mood:?}");
    }
    *phone.key_store.mood.lock().expect("not held") = Mood::Works;
    assert_eq!(phone.open().expect("opens as before").device(), device);
}

#[test]
fn a_clock_that_fails_or_names_no_boot_records_nothing() {
    let phone = Phone::new();
    let app = phone.open().expect("opens");
    let wrong = StreifeError::BadInput { input: Input::DeviceClock };
    let mut after = reading("00000000000000000000000000000000");
    after.unix_ms = i64::MAX - 1;
    let mut before = after.clone();
    before.unix_ms = i64::MIN;
    let mut elsewhere = reading("00000000000000000000000000000000");
    elsewhere.offset_s = 90_000;
    for shown in [None, Some(reading("")), Some(reading("today")), Some(after), Some(before), Some(elsewhere)] {
        *phone.clock.0.lock().expect("not held") = shown.clone();
        assert_eq!(app.open_shift(officer()).map(drop), Err(wrong.clone()), "{shown:?}");
    }
    *phone.clock.0.lock().expect("not held") = Some(reading("0123456789abcdef0123456789ABCDEF"));
    app.open_shift(officer()).expect("opens now");
}

#[test]
fn a_sink_that_panics_or_fails_harms_nothing() {
    for panics in [true, false] {
        let phone = Phone { sink: Arc::new(FakeSink { panics, ..FakeSink::default() }), ..Phone::new() };
        *phone.signer.signs.lock().expect("not held") = Mood::Fails(HostSignerError::NotNow);
        assert_eq!(opened_shift(&phone).len(), 2);
    }
}

#[test]
fn two_vaults_log_to_their_own_sinks_and_other_traces_to_neither() {
    let (one, other) = (Phone::new(), Phone::new());
    let apps = [&one, &other].map(|phone| phone.open().expect("opens"));
    *one.signer.signs.lock().expect("not held") = Mood::Fails(HostSignerError::NotNow);
    for app in &apps {
        app.open_shift(officer()).expect("opens");
    }
    tracing::info!(target: "streife", "{SECRET} from somewhere else");
    assert_eq!(one.sink.lines.lock().expect("not held").len(), 1);
    assert!(other.sink.lines.lock().expect("not held").is_empty());
}

#[test]
fn the_text_of_an_unexpected_exception_is_dropped() {
    let unexpected = || UnexpectedUniFFICallbackError::new(format!("IllegalStateException: {SECRET} at Main.kt:12"));
    let signer = HostSignerError::from(unexpected());
    let key_store = HostKeyStoreError::from(unexpected());
    let other = HostError::from(unexpected());
    assert_eq!((signer, key_store, other), (HostSignerError::Failed, HostKeyStoreError::Failed, HostError::Failed));
    let text = format!("{signer:?}{signer}{key_store:?}{key_store}{other:?}{other}");
    assert!(!text.contains(SECRET));
}

/// Hosts call from any thread; this does not compile if they cannot.
const _: fn() = || {
    fn from_any_thread<T: Send + Sync>() {}
    from_any_thread::<Streife>();
};
