"""Case numbers, scanned slips and payment codes through the generated Python."""

import re

import pytest
import streife_ffi as streife

from cases import record_case, vehicle

UNMETERED = streife.Network.UNMETERED
PAYEE = {"name": "Stadtkasse Musterstadt", "iban": "DE08 7005 0000 0001 2811 49"}


def test_a_handover_brings_case_numbers_and_each_seal_uses_one_up(phone, tmp_path):
    app = phone.on_duty()
    assert app.status().numbers_left == 0
    assert app.seal_case(record_case(app, tmp_path)).number is None
    app.sync(UNMETERED)
    left = app.status().numbers_left
    assert left >= 40
    first, second = (app.seal_case(record_case(app, tmp_path)).number for _ in range(2))
    assert re.fullmatch(r"[A-Z]{3}-\d{6}-\d{4}-\d{2}", first) and first < second
    assert app.status().numbers_left == left - 2


def test_a_scanned_slip_is_noticed_when_it_is_used_twice(phone, tmp_path):
    app = phone.on_duty()
    one, other = record_case(app, tmp_path), record_case(app, tmp_path)
    app.scan_slip(one, "https://portal.example/#4711-0381-54.0123456789ABCDEFGHJK")
    app.scan_slip(other, "4711-0381-54")
    assert app.slip_used(one) and app.slip_used(other)
    app.scan_slip(other, "4711-0381-55")
    assert not app.slip_used(one) and not app.slip_used(other)
    app.seal_case(one)
    app.scan_slip(other, "4711-0381-54")
    assert app.slip_used(other)
    with pytest.raises(streife.StreifeError.BadInput) as refused:
        app.scan_slip(other, "http://portal.example/#4711-0381-54")
    assert refused.value.input == streife.Input.SLIP_QR


def test_a_warning_has_a_payment_code_if_the_agency_prints(phone, tmp_path):
    app = phone.on_duty()
    with pytest.raises(streife.StreifeError.NotProvisioned):
        app.giro_code(app.seal_case(record_case(app, tmp_path)).case)
    app.sync(UNMETERED)
    del app
    app = phone.open(payee=streife.PayeeInput(**PAYEE))
    case = record_case(app, tmp_path)
    app.set_vehicle(case, vehicle("M-XY 1234"))
    sealed = app.seal_case(case)
    lines = app.giro_code(sealed.case).split("\n")
    assert lines[:4] == ["BCD", "002", "1", "SCT"] and lines[5:7] == [PAYEE["name"], PAYEE["iban"].replace(" ", "")]
    assert lines[-1] == f"{sealed.number} MXY1234"


def test_an_account_with_a_wrong_digit_is_refused(phone):
    with pytest.raises(streife.StreifeError.BadInput) as refused:
        phone.open(payee=streife.PayeeInput(**(PAYEE | {"iban": "DE09700500000001281149"})))
    assert refused.value.input == streife.Input.PAYEE
