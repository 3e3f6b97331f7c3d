"""What an officer meets on the street: plates, pre-notes, a driver, a tow, and the words of the catalogue."""

import pytest
import streife_ffi as streife

from cases import fix, record_case, valves, vehicle
from pictures import take_photo


@pytest.fixture
def app(phone):
    return phone.on_duty()


def codes(app, case) -> dict:
    return {finding.code: finding.severity for finding in app.findings(case)}


def test_a_verdict_for_each_way_a_plate_can_be_typed(app):
    valid = app.judge_plate("M-AB 1234", "D")
    assert valid.is_VALID() and valid.reading.text == "M-AB 1234"
    both = app.judge_plate("BNO1", "D")
    assert both.is_AMBIGUOUS() and [one.text for one in both.readings] == ["B-NO 1", "BN-O 1"]
    assert app.judge_plate("QQ-AB 1", "D").is_UNKNOWN_PREFIX()
    broken = app.judge_plate("M-ABC 1", "D")
    assert broken.is_MALFORMED() and broken.rule == streife.PlateRule.LETTERS
    iso = app.judge_plate("W 12345 X", "AT")
    assert iso.is_PLAUSIBLE() and iso.warnings == [streife.PlateWarning.ISO_FOR_SIGN]


def test_a_camera_that_reads_an_o_for_a_nought_is_helped(app):
    best, *_ = app.rank_plates([streife.OcrInput(text="M AB I2O4", confidences=[900])])
    assert best.reading.text == "M-AB 1204" and best.raw == "M AB I2O4"
    with pytest.raises(streife.StreifeError.Limit):
        app.rank_plates([streife.OcrInput(text="M-AB 1")] * 17)


def test_a_plate_against_the_verdict_needs_a_reason(app, tmp_path):
    case = record_case(app, tmp_path)
    with pytest.raises(streife.StreifeError.Plate):
        app.set_vehicle(case, vehicle("M AB 12X4"))
    seen = vehicle("M AB 12X4")
    seen.against_verdict = "bent, read twice"
    app.set_vehicle(case, seen)
    assert codes(app, case) == {streife.FindingCode.PLATE_OVERRIDDEN: streife.Severity.NOTE}
    app.seal_case(case)


def test_a_pre_note_becomes_a_case(app):
    look = streife.CheckInput(valves=valves())
    note = app.note_vehicle("M-AB 7", "D", streife.VehicleKind.CAR, look)
    place = streife.PlaceInput(text="Marienplatz 8", fix=fix())
    app.describe_pre_note(note, place, [streife.OffenceInput(number="112656", refinement="Gehweg")])
    assert app.look_again(note, look) >= 0
    (listed,) = app.pre_notes()
    assert (listed.note, listed.plate.text, listed.looks, listed.place) == (note, "M-AB 7", 2, "Marienplatz 8")
    assert app.begin_case_from(note) == note and app.pre_notes() == []
    with pytest.raises(streife.StreifeError.NotFound):
        app.dismiss_pre_note(note)


def test_a_driver_is_told_agrees_and_pays(app, tmp_path):
    case = record_case(app, tmp_path)
    app.set_scene(case, streife.Scene(driver=streife.DriverPresence.PRESENT))
    driver = streife.Person(role=streife.PersonRole.DRIVER, family_name="Muster", born="1988-02-29")
    app.set_persons(case, [driver])
    app.set_witnesses(case, [streife.Witness(officer="5103", may_be_named=True)])
    payment = streife.Payment(amount_cents=2_500, method=streife.PaymentMethod.CARD)
    with pytest.raises(streife.StreifeError.Limit):
        app.record_talk(case, False, streife.TalkOutcome.AGREED, payment)
    app.record_talk(case, True, streife.TalkOutcome.AGREED, payment)
    assert codes(app, case) == {}
    app.seal_case(case)


def test_a_tow_is_ordered_comes_and_ends(app, tmp_path):
    case = record_case(app, tmp_path)
    damage = streife.Damage(text="scratch on the left door")
    app.set_tow(case, streife.TowInput(reason="fire access", damage=[damage]))
    assert codes(app, case) == {streife.FindingCode.TOW_OPEN: streife.Severity.CONFIRM}
    app.tow_arrived(case)
    app.finish_tow(case, streife.TowOutcome.EMPTY_RUN)
    with pytest.raises(streife.StreifeError.Limit):
        app.finish_tow(case, streife.TowOutcome.TOWED)
    app.seal_case(case)


def test_the_same_vehicle_twice_is_to_be_confirmed(app, tmp_path):
    first, second = record_case(app, tmp_path), record_case(app, tmp_path)
    for case in (first, second):
        app.set_vehicle(case, vehicle("M-XY 1"))
    app.seal_case(first)
    assert codes(app, second) == {streife.FindingCode.DUPLICATE: streife.Severity.CONFIRM}
    reason = streife.ConfirmationInput(code=streife.FindingCode.DUPLICATE, reason="moved, and parked again")
    app.seal_case(second, [reason])


def test_offences_are_found_by_words_and_those_of_the_beat_by_use(app, tmp_path):
    assert "112656" in app.search_offences("Gehweg 1 Stunde", 5)
    assert app.favourite_offences(5) == []
    app.seal_case(record_case(app, tmp_path))
    assert app.favourite_offences(5) == ["141322"]


def test_what_the_agency_did_not_sign_is_not_used(app):
    for install in (app.install_rules, app.install_plate_table, app.use_map):
        with pytest.raises(streife.StreifeError.Tampered):
            install(b"no signature")
    assert app.propose_place(fix()).municipality is None


def test_a_voice_note_and_a_masked_photo_go_with_the_case(app, tmp_path):
    case = record_case(app, tmp_path)
    note = tmp_path / "note.ogg"
    note.write_bytes(b"OggS" + bytes(1000))
    assert len(app.add_voice_note(case, str(note))) == 32
    with pytest.raises(streife.StreifeError.Limit):
        app.add_voice_note(case, __file__)
    photo = app.add_photo(case, str(take_photo(tmp_path / "detail.jpg")), streife.PhotoClass.DETAIL)
    app.mask_photo(case, photo.photo, [streife.Region(left=0, top=0, width=8, height=8)])
    beyond = streife.Region(left=photo.width, top=0, width=8, height=8)
    other = app.add_photo(case, str(take_photo(tmp_path / "other.jpg")), streife.PhotoClass.DETAIL)
    with pytest.raises(streife.StreifeError.Photo) as refused:
        app.mask_photo(case, other.photo, [beyond])
    assert refused.value.fault == streife.PhotoFault.REGION
    assert app.make_derivatives(case) > 0
    app.seal_case(case)
    assert app.audit().findings == []
