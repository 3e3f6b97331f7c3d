"""Hosts that fail, throw or answer nonsense: every case is kept, and the library says which state it is in."""

import threading

import pytest
import streife_ffi as streife

from authorities import make_authority
from cases import record_case, states
from hosts import ListSink

SECRET = "M-AB 1234 at Marienplatz"
UNMETERED = streife.Network.UNMETERED


@pytest.mark.parametrize(
    ("failure", "answer"),
    [
        (streife.HostSignerError.NotNow(), None),
        (streife.HostSignerError.Gone(), None),
        (RuntimeError(SECRET), None),
        (None, b""),
        (None, b"\x30\x06\x02\x01\x01\x02\x01\x01"),
        (None, b"\x01" * 64),
    ],
    ids=["not-now", "gone", "unexpected", "empty", "der-of-another-key", "raw-of-another-key"],
)
def test_a_case_waits_for_its_signature(phone, tmp_path, failure, answer):
    app = phone.on_duty()
    case = record_case(app, tmp_path)
    phone.signer.failure, phone.signer.answer = failure, answer
    assert not app.seal_case(case).signed
    assert states(app) == [streife.CaseState.UNSIGNED] and app.status().unsigned == 1
    app.sign_pending()
    assert app.status().unsigned == 1
    phone.signer.failure = phone.signer.answer = None
    app.sign_pending()
    assert app.status().unsigned == 0
    assert app.sync(UNMETERED).receipts == 1
    assert SECRET not in "\n".join(phone.sink.lines)


def test_a_signer_without_a_key_cannot_enrol(phone):
    app = phone.open()
    phone.signer.public_key = lambda: b"\x04" + b"\x01" * 63
    with pytest.raises(streife.StreifeError.SignerUnavailable) as refused:
        app.enrol(phone.box.agency["enrolment_code"])
    assert refused.value.fault == streife.SignerFault.FAILED


KEY_STORES = pytest.mark.parametrize(
    ("failure", "answer", "fault", "state"),
    [
        (streife.HostKeyStoreError.NotNow(), None, streife.KeyStoreFault.NOT_NOW, streife.KeyState.NOT_NOW),
        (streife.HostKeyStoreError.Invalidated(), None, streife.KeyStoreFault.INVALIDATED, streife.KeyState.INVALIDATED),
        (streife.HostKeyStoreError.Gone(), None, streife.KeyStoreFault.GONE, streife.KeyState.GONE),
        (RuntimeError(SECRET), None, streife.KeyStoreFault.FAILED, streife.KeyState.FAILED),
        (None, b"short", streife.KeyStoreFault.FAILED, streife.KeyState.FAILED),
    ],
    ids=["not-now", "invalidated", "gone", "unexpected", "no-key"],
)


@KEY_STORES
def test_a_key_store_that_gives_no_key_is_a_state_and_capture_goes_on(phone, tmp_path, failure, answer, fault, state):
    app = phone.on_duty()
    case = record_case(app, tmp_path)
    del app
    phone.key_store.failure, phone.key_store.answer = failure, answer
    app = phone.open()
    status = app.status()
    assert (status.keys, status.unreadable, status.locked) == (state, 1, False)
    assert streife.NoticeView.KEYS(state) in app.notices()
    with pytest.raises(streife.StreifeError.KeyUnavailable):
        app.seal_case(case)
    since = record_case(app, tmp_path)
    app.restate_officer(streife.Officer(id="4827", unit=None))
    app.seal_case(since)
    phone.key_store.failure = phone.key_store.answer = None
    assert app.unlock() == streife.KeyState.AVAILABLE
    app.seal_case(case)
    assert app.sync(UNMETERED).receipts == 2
    assert SECRET not in "\n".join(phone.sink.lines)


@KEY_STORES
def test_without_a_recovery_key_it_is_an_error_and_nothing_is_changed(phone, failure, answer, fault, state):
    device = phone.open().device()
    phone.key_store.failure, phone.key_store.answer = failure, answer
    with pytest.raises(streife.StreifeError.KeyUnavailable) as refused:
        phone.open()
    assert refused.value.fault == fault
    assert SECRET not in f"{refused.value!r} {refused.value}"
    phone.key_store.failure = phone.key_store.answer = None
    assert phone.open().device() == device


def test_another_key_is_told_from_no_key(phone):
    app = phone.open()
    del app
    phone.key_store.answer = b"\x07" * 32
    with pytest.raises(streife.StreifeError.WrongKey):
        phone.open()
    phone.key_store.answer, phone.key_store.failure = None, streife.HostKeyStoreError.WrongKey()
    with pytest.raises(streife.StreifeError.WrongKey):
        phone.open()


def test_a_locked_app_has_no_key_until_it_is_unlocked(phone, tmp_path):
    app = phone.on_duty()
    case = record_case(app, tmp_path)
    app.lock()
    assert app.status().locked
    with pytest.raises(streife.StreifeError.KeyUnavailable) as refused:
        app.seal_case(case)
    assert refused.value.fault == streife.KeyStoreFault.NOT_NOW
    assert app.unlock() == streife.KeyState.AVAILABLE
    app.seal_case(case)
    app.rotate_keys()
    assert app.sync(UNMETERED).receipts == 1


@pytest.mark.parametrize("failure", [streife.HostError.Failed(), RuntimeError(SECRET)])
def test_a_clock_that_fails_records_nothing(phone, failure):
    app = phone.on_duty()
    phone.clock.failure = failure
    with pytest.raises(streife.StreifeError.BadInput) as refused:
        app.begin_case()
    assert refused.value.input == streife.Input.DEVICE_CLOCK
    phone.clock.failure = None
    assert app.status().drafts == 0
    app.begin_case()


@pytest.mark.parametrize("failure", [streife.HostError.Failed(), RuntimeError(SECRET)])
def test_a_sink_that_throws_harms_nothing(phone, tmp_path, failure):
    phone.sink = ListSink(failure)
    app = phone.on_duty()
    app.seal_case(record_case(app, tmp_path))
    assert app.sync(UNMETERED).receipts == 1
    assert phone.sink.lines


def test_without_a_sink_nothing_is_logged_and_all_goes_on(phone, tmp_path):
    phone.sink = None
    app = phone.on_duty()
    app.seal_case(record_case(app, tmp_path))
    assert app.sync(UNMETERED).receipts == 1


def test_somebody_elses_box_gets_nothing(phone, tmp_path):
    app = phone.on_duty()
    app.seal_case(record_case(app, tmp_path))
    del app
    app = phone.open(authorities_pem=make_authority())
    with pytest.raises(streife.StreifeError.Untrusted):
        app.enrol(phone.box.agency["enrolment_code"])
    assert app.sync(UNMETERED).end.is_WAIT_UNTIL()
    assert app.status().waiting == 1
    del app
    phone.clock.ahead_ms += 3_600_000
    assert phone.open().sync(UNMETERED).receipts == 1


def test_a_box_that_refuses_the_code_says_so(phone):
    with pytest.raises(streife.StreifeError.Refused) as refused:
        phone.open().enrol("another code")
    assert refused.value.status == 403


def test_time_that_is_up_ends_a_handover(phone, tmp_path):
    app = phone.on_duty()
    app.seal_case(record_case(app, tmp_path))
    report = app.sync(UNMETERED, max_ms=0)
    assert report.end.is_DEADLINE() and report.requests == 0
    assert app.status().waiting == 1


def test_a_handover_is_cancelled_from_another_thread_and_runs_alone(phone, tmp_path):
    app = phone.on_duty()
    app.seal_case(record_case(app, tmp_path))
    token, asked, go = streife.CancelToken(), threading.Event(), threading.Event()
    phone.signer.before = lambda: (asked.set(), go.wait(30))
    reports = []
    handover = threading.Thread(target=lambda: reports.append(app.sync(UNMETERED, cancel=token)))
    handover.start()
    assert asked.wait(30)
    with pytest.raises(streife.StreifeError.Busy):
        app.sync(UNMETERED)
    assert app.status().waiting == 1
    token.cancel()
    go.set()
    handover.join(30)
    assert reports[0].end.is_CANCELLED() and reports[0].receipts == 0
    phone.signer.before = lambda: None
    assert app.sync(UNMETERED).receipts == 1
