"""A shift from enrolment to the last receipt, through the generated Python."""

import pytest
import streife_ffi as streife

from cases import fix, record_case, states
from pictures import take_photo

UNMETERED = streife.Network.UNMETERED


@pytest.fixture
def app(phone):
    return phone.on_duty()


def test_a_shift_from_enrolment_to_the_receipt(phone, tmp_path):
    app = phone.open()
    assert len(app.device()) == 32 and app.recovered() is None
    app.enrol(phone.box.agency["enrolment_code"])
    shift = app.open_shift(streife.Officer(id="4711", unit="PI Altstadt"))
    assert app.status().shift == shift

    case = record_case(app, tmp_path)
    app.set_slip(case, streife.SlipInput(number="1234-5678-90", code="0123456789ABCDEFGHJK"))
    app.set_notes(case, streife.NotesInput(citizen="Bitte Beschilderung beachten", internal="Fahrer nicht am Fahrzeug"))
    assert app.make_thumbnails(case) == 2
    assert app.findings(case) == []
    sealed = app.seal_case(case)
    assert (sealed.case, sealed.seq, sealed.signed) == (case, 1, True)

    report = app.sync(UNMETERED)
    assert report.end.is_IDLE() and (report.receipts, report.quarantined) == (1, 0)
    status = app.status()
    assert (status.handed_over, status.waiting, status.bytes_waiting) == (1, 0, 0)
    [tombstone] = app.cases()
    assert (tombstone.case, tombstone.state, tombstone.seq) == (case, streife.CaseState.PURGED, 1)

    void_one_and_close(app, shift, tmp_path)


def void_one_and_close(app, shift, tmp_path):
    other = record_case(app, tmp_path)
    app.seal_case(other)
    assert len(app.void_case(other, streife.VoidReason.PERMIT_SHOWN, "Bewohnerparkausweis lag verdeckt")) == 32
    assert app.close_shift() == shift
    assert app.sync(UNMETERED).receipts == 1
    assert [case.voided for case in app.cases()] == [False, True]
    assert states(app) == [streife.CaseState.PURGED] * 2
    head = app.journal_head()
    assert head.n > 8 and len(head.link) == 64


def test_a_photo_tells_its_size_and_where_its_camera_stood(app, tmp_path):
    case = app.begin_case()
    path = take_photo(tmp_path / "photo.jpg")
    photo = app.add_photo(case, str(path), streife.PhotoClass.SIGN)
    assert (photo.length, photo.width, photo.height) == (path.stat().st_size, 640, 480)
    assert (photo.gps, photo.trailing_bytes) == (streife.GpsState.PRESENT, 0)
    path.write_bytes(path.read_bytes() + b"film and sound")
    assert app.add_photo(case, str(path), streife.PhotoClass.SIGN).trailing_bytes == 14


def test_a_draft_without_anything_can_be_voided_but_not_sealed(app):
    case = app.begin_case()
    with pytest.raises(streife.StreifeError.Findings) as refused:
        app.seal_case(case)
    codes = {finding.code for finding in refused.value.findings}
    assert {streife.FindingCode.VEHICLE_MISSING, streife.FindingCode.PHOTO_MISSING} <= codes
    assert all(finding.severity == streife.Severity.BLOCK for finding in refused.value.findings)
    app.void_case(case, streife.VoidReason.OTHER)
    app.close_shift()
    assert app.sync(UNMETERED).receipts == 1


def test_a_finding_can_be_confirmed_with_a_reason(app, tmp_path):
    case = record_case(app, tmp_path)
    mocked = streife.PlaceInput(text="Marienplatz 8", fix=fix(mocked=True))
    app.set_place(case, mocked)
    with pytest.raises(streife.StreifeError.Findings) as refused:
        app.seal_case(case)
    assert [finding.code for finding in refused.value.findings] == [streife.FindingCode.FIX_MOCKED]
    reason = streife.ConfirmationInput(code=streife.FindingCode.FIX_MOCKED, reason="Dienstgerät im Prüfbetrieb")
    assert app.seal_case(case, [reason]).signed


def test_the_catalogue_answers_for_the_day_of_the_offence(app):
    offence = app.offence("112070", "2024-08-22")
    assert (offence.number, offence.amount_cents, offence.category) == ("112070", 5500, streife.Category.WARNING)
    assert app.offence("112070", "2024-08-21").amount_cents == 5000
    assert app.offence("112070", "2020-01-01") is None


def test_the_log_names_states_and_ids_but_no_plate_no_place_and_no_officer(phone, tmp_path):
    app = phone.on_duty()
    app.seal_case(record_case(app, tmp_path))
    app.sync(UNMETERED)
    log = "\n".join(phone.sink.lines)
    assert "sync" in log and "Arrived" in log
    assert not any(word in log for word in ("AB 1234", "Marienplatz", "4711", "48.13", str(tmp_path)))


def test_a_vault_survives_its_app(phone, tmp_path):
    app = phone.on_duty()
    case = record_case(app, tmp_path)
    device = app.device()
    del app
    app = phone.open()
    assert app.device() == device and states(app) == [streife.CaseState.DRAFT]
    app.seal_case(case)
    assert app.sync(UNMETERED).receipts == 1
