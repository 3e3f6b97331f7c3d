"""Case numbers and payment codes: the core's vectors, held against libraries that others have written."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from segno import helpers
from stdnum import bic, iban, iso11649
from stdnum.iso7064 import mod_97_10

from opener.errors import Refused
from opener.record import case_number

DATA = Path(__file__).parents[2] / "core/tests/data"
NUMBERS = json.loads((DATA / "case-numbers.json").read_text())
CODES: list[dict[str, Any]] = json.loads((DATA / "giro-codes.json").read_text())
SOUND = [vector for vector in CODES if "code" in vector]


@pytest.mark.parametrize("vector", NUMBERS["valid"], ids=lambda vector: vector["number"])
def test_a_valid_case_number_has_the_check_digits_of_the_standard(vector: dict[str, Any]) -> None:
    assert mod_97_10.is_valid(vector["compact"])
    assert mod_97_10.calc_check_digits(vector["compact"][:-2]) == vector["compact"][-2:]
    assert case_number(vector["number"]) == vector["number"]
    assert vector["compact"] == vector["number"].replace("-", "")


@pytest.mark.parametrize("vector", NUMBERS["invalid"], ids=lambda vector: vector["text"])
def test_an_invalid_case_number_is_refused(vector: dict[str, Any]) -> None:
    if vector["text"][4:10] == "000000" or vector["text"][11:15] == "0000":
        return  # its check digits are right; that nobody gives such a number is a rule of the core
    with pytest.raises(Refused):
        case_number(vector["text"])


@pytest.mark.parametrize("vector", SOUND, ids=lambda vector: vector["says"])
def test_a_payment_code_has_sound_parts(vector: dict[str, Any]) -> None:
    lines = vector["code"].split("\n")
    assert iban.is_valid(lines[6])
    assert not lines[4] or bic.is_valid(lines[4])
    assert len(lines) < 10 or not lines[9] or iso11649.is_valid(lines[9])
    assert len(vector["code"].encode()) <= 331


def amount_shortened(text: str) -> list[str]:
    """An amount may be written with or without its closing zeros."""
    lines = text.split("\n")
    lines[7] = lines[7].rstrip("0").rstrip(".")
    return lines


# The other library asks for a remittance and knows no hint.
@pytest.mark.parametrize(
    "vector",
    [vector for vector in SOUND if ("text" in vector or "reference" in vector) and "hint" not in vector],
    ids=lambda vector: vector["says"],
)
def test_a_payment_code_is_what_another_library_writes(vector: dict[str, Any]) -> None:
    theirs = helpers._make_epc_qr_data(
        vector["name"],
        vector["iban"].replace(" ", ""),
        Decimal(vector["cents"]) / 100,
        text=vector.get("text"),
        reference=vector.get("reference"),
        bic=vector.get("bic"),
        purpose=vector.get("purpose"),
        encoding="utf-8",
    ).decode()
    assert amount_shortened(theirs) == amount_shortened(vector["code"])
