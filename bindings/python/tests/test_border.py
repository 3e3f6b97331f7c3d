"""What is refused at the border, and how: no box is needed."""

import pytest
import streife_ffi as streife

from cases import fix, valves, vehicle
from pictures import take_photo

BadInput = streife.StreifeError.BadInput


@pytest.fixture
def app(phone_alone):
    app = phone_alone.open()
    app.open_shift(streife.Officer(id="1"))
    return app


def test_a_plate_is_read_into_its_parts():
    plate = streife.parse_plate("sr-ab 12e", "D")
    assert (plate.text, plate.prefix, plate.letters, plate.digits) == ("SR-AB 12E", "SR", "AB", "12")
    assert (plate._class, plate.suffix) == (streife.PlateClass.ELECTRIC, streife.Suffix.E)
    season = streife.parse_plate("M-AB 123 04-10", "D").season
    assert (season._from, season.to) == (4, 10)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", streife.PlateRule.EMPTY),
        ("BNO 1", streife.PlateRule.SEPARATOR),
        ("M-ABC 1", streife.PlateRule.LETTERS),
        ("ABI-AB 1234", streife.PlateRule.MORE_THAN_EIGHT),
    ],
)
def test_a_broken_plate_names_its_rule_and_not_itself(app, text, rule):
    case = app.begin_case()
    with pytest.raises(streife.StreifeError.Plate) as refused:
        app.set_vehicle(case, vehicle(text))
    assert refused.value.rule == rule
    assert text == "" or text not in f"{refused.value!r} {refused.value}"


@pytest.mark.parametrize("wrong", ["", "abc", "0" * 31 + "g", "A" * 32, "0" * 34])
def test_an_id_has_one_spelling(app, wrong):
    with pytest.raises(BadInput) as refused:
        app.seal_case(wrong)
    assert refused.value.input == streife.Input.ID


def test_an_unknown_case_is_not_found(app):
    with pytest.raises(streife.StreifeError.NotFound):
        app.set_notes("0" * 32, streife.NotesInput())


@pytest.mark.parametrize(
    ("call", "wrong"),
    [
        (lambda app, case: app.offence("12345", "2026-01-01"), streife.Input.OFFENCE_NUMBER),
        (lambda app, case: app.offence("112070", "01.01.2026"), streife.Input.DATE),
        (lambda app, case: app.add_check(case, streife.CheckInput(valves=valves(13))), streife.Input.VALVE_POSITION),
        (lambda app, case: app.add_check(case, streife.CheckInput(disc="9:30")), streife.Input.DISC_TIME),
        (lambda app, case: place(app, case, municipality="9162"), streife.Input.MUNICIPALITY),
        (lambda app, case: place(app, case, fix=fix(lat=90.1)), streife.Input.FIX),
        (lambda app, case: place(app, case, fix=fix(lon=float("nan"))), streife.Input.FIX),
        (lambda app, case: place(app, case, fix=fix(accuracy_m=-1.0)), streife.Input.FIX),
        (lambda app, case: app.set_slip(case, streife.SlipInput(number="a.b")), streife.Input.SLIP_NUMBER),
        (lambda app, case: app.set_slip(case, streife.SlipInput(number="1", code="short")), streife.Input.SLIP_CODE),
    ],
)
def test_an_input_that_breaks_its_rule_is_named(app, call, wrong):
    with pytest.raises(BadInput) as refused:
        call(app, app.begin_case())
    assert refused.value.input == wrong


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda app, case: app.set_place(case, streife.PlaceInput(text="x" * 201)), "place"),
        (lambda app, case: app.set_notes(case, streife.NotesInput(citizen="x" * 2_001)), "citizen"),
        (lambda app, case: app.void_case(case, streife.VoidReason.OTHER, " "), "reason"),
    ],
)
def test_a_text_beyond_the_limits_is_named_and_not_kept(app, call, field):
    with pytest.raises(streife.StreifeError.Limit) as refused:
        call(app, app.begin_case())
    assert field in refused.value.field
    assert "xx" not in f"{refused.value!r}"


def place(app, case, **members):
    app.set_place(case, streife.PlaceInput(text="Am Platzl", **members))


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"agency_root": "04" + "00" * 64}, streife.Input.PUBLIC_KEY),
        ({"box_key": "02abcd"}, streife.Input.PUBLIC_KEY),
        ({"box_origin": "http://127.0.0.1"}, streife.Input.BOX_ORIGIN),
        ({"authorities_pem": "nonsense"}, streife.Input.AUTHORITIES),
    ],
)
def test_a_configuration_that_cannot_be_used_is_named(phone_alone, changes, wrong):
    with pytest.raises(BadInput) as refused:
        phone_alone.open(**changes)
    assert refused.value.input == wrong


def test_a_second_object_on_one_folder_is_refused(phone_alone):
    app = phone_alone.open()
    with pytest.raises(streife.StreifeError.InUse):
        phone_alone.open()
    del app
    phone_alone.open()


def test_what_the_state_does_not_allow_is_refused(app):
    with pytest.raises(streife.StreifeError.State):
        app.open_shift(streife.Officer(id="2"))
    app.begin_case()
    with pytest.raises(streife.StreifeError.State):
        app.close_shift()


def test_without_an_agency_nothing_is_sealed_and_nothing_is_lost(app):
    case = app.begin_case()
    for call in (app.findings, app.seal_case):
        with pytest.raises(streife.StreifeError.NotProvisioned):
            call(case)
    assert app.status().drafts == 1


def test_a_box_that_is_not_there_is_no_error_of_the_queue(app):
    with pytest.raises(streife.StreifeError.Network):
        app.enrol("code")
    assert app.sync(streife.Network.OFFLINE).requests == 0
    assert app.sync(streife.Network.UNMETERED).end.is_WAIT_UNTIL()


def test_photos_that_are_none_stay_where_they_are(app, tmp_path):
    case, empty, text = app.begin_case(), tmp_path / "empty.jpg", tmp_path / "text.jpg"
    empty.write_bytes(b"")
    text.write_text("no picture")
    for path, fault in (
        (tmp_path / "missing.jpg", streife.PhotoFault.UNREADABLE),
        (empty, streife.PhotoFault.NOT_A_PICTURE),
        (text, streife.PhotoFault.NOT_A_PICTURE),
    ):
        with pytest.raises(streife.StreifeError.Photo) as refused:
            app.add_photo(case, str(path), streife.PhotoClass.PLATE)
        assert refused.value.fault == fault
        assert path.name not in f"{refused.value!r} {refused.value}"
    assert text.read_text() == "no picture"


def test_a_photo_that_is_still_being_written_is_told_apart(app, tmp_path):
    case, path = app.begin_case(), take_photo(tmp_path / "photo.jpg")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(streife.StreifeError.Photo) as refused:
        app.add_photo(case, str(path), streife.PhotoClass.PLATE)
    assert refused.value.fault == streife.PhotoFault.TRUNCATED
    path.write_bytes(whole)
    app.add_photo(case, str(path), streife.PhotoClass.PLATE)
