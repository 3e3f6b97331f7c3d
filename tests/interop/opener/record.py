"""The sealed record and the view as JSON, read strictly by schema version 1.

Contract: unknown members, doubled members, nulls and fractions are refused;
a record without vehicle, offences, place or checks must be a voided one.  Rules
that a schema cannot say are judged by `inconsistencies` and `disagreements`.
"""

from __future__ import annotations

from typing import Any

from . import facts
from .errors import Refused
from .shape import Reader, boolean, closed, each, instant, integer, one_of, parse_json, text, unix_ms
from .structures import VOID_REASONS

RECORD_TYPE = "application/vnd.streife.record+json"
VIEW_TYPE = "application/vnd.streife.view+json"

_ID, _SALT, _MOMENT = facts.ID, facts.SALT, facts.MOMENT
_E7 = integer(-1_800_000_000, 1_800_000_000)
_CLOCK_TIME = text(r"([01]\d|2[0-3]):[0-5]\d")
_LABEL = text(r"(?s).+")

_NUMBER_FORM = text(r"[A-Z]{3}-\d{6}-\d{4}-\d{2}")


def case_number(value: Any) -> Any:
    """A case number in its printed form whose check digits fit (ISO 7064 MOD 97-10, letters as 10 to 35)."""
    _NUMBER_FORM(value)
    digits = "".join(str(int(character, 36)) for character in value.replace("-", ""))
    if int(digits) % 97 != 1 or not 2 <= int(digits[-2:]) <= 98:
        raise Refused("the check digits of the case number do not fit")
    return value


_PLATE = closed(
    {
        "class": one_of(
            "standard", "season", "electric", "historic", "authority", "diplomatic",
            "red", "short-term", "export", "insurance", "foreign", "as-seen",
        ),
        "text": _LABEL,
        "nation": text("[A-Z]{1,3}"),
    },
    {
        "prefix": text(), "letters": text(), "digits": text(), "suffix": one_of("E", "H"),
        "season": closed({"from": integer(1, 12), "to": integer(1, 12)}),
    },
)  # fmt: skip

_VEHICLE = closed(
    {
        "plate": _PLATE,
        "kind": one_of(
            "car", "car-with-trailer", "lorry", "motorcycle", "light-motorcycle", "moped",
            "trailer", "camper", "bus", "mobility-aid", "other",
        ),
    },
    {
        "make": text(), "model": text(), "colour": text(), "marks": facts.PLATE_MARKS, "trailer": _PLATE,
        "gross_kg": integer(1, 100_000), "vin": facts.VIN, "flags": facts.FLAGS,
    },
)  # fmt: skip

_OFFENCE = closed(
    {
        "number": text(r"\d{6}"), "label": _LABEL, "amount_cents": integer(),
        "points": integer(), "category": one_of("warning", "fine"),
    },
    {"refinement": text()},
)  # fmt: skip
_OFFENCES = closed(
    {"relation": one_of("one-act", "several-acts"), "items": each(_OFFENCE, least=1), "amount_cents": integer()}
)

_VALVE = closed({"side": one_of("left", "right"), "axle": one_of("front", "rear"), "clock": integer(1, 12)})
_CHECK = closed({"at": _MOMENT, "valves": each(_VALVE)}, {"disc": _CLOCK_TIME})
_OBSERVATION = closed({"checks": each(_CHECK), "duration_s": integer()})

_FIX = closed(
    {
        "lat_e7": _E7, "lon_e7": _E7, "accuracy_mm": integer(), "at": _MOMENT,
        "provider": one_of("gnss", "network", "fused", "manual"), "mocked": boolean,
    }
)  # fmt: skip
_PLACE = closed(
    {"text": text()},
    {
        "fix": _FIX, "municipality": text(r"\d{8}"), "street": _LABEL, "house_number": _LABEL, "postcode": _LABEL,
        "built_up": boolean,
    },
)  # fmt: skip

_EXIF = closed(
    {"gps": one_of("present", "absent", "redacted", "unreadable"), "orientation": integer(1, 8)},
    {
        "taken": text(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"), "offset": text(r"[+-]\d\d:\d\d"),
        "lat_e7": _E7, "lon_e7": _E7, "utc": text(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"),
    },
)  # fmt: skip
_DERIVED = closed({"object": _ID, "salt": _SALT})
_REGION = closed({"left": integer(), "top": integer(), "width": integer(1), "height": integer(1)})
_FLAGS = (
    "trailing", "film", "reencoded", "redacted", "truncated", "null-island", "orientation-ambiguous",
)  # fmt: skip
_CLASS = one_of("overview", "plate", "sign", "valve", "detail", "driver")
_PHOTO = closed(
    {
        "object": _ID, "class": _CLASS,
        "imported_at": _MOMENT, "salt": _SALT, "media_type": _LABEL, "length": integer(),
        "width": integer(), "height": integer(), "exif": _EXIF,
    },
    {
        "thumbnail": _DERIVED, "preview": _DERIVED, "flags": each(one_of(*_FLAGS), least=1),
        "masked": closed({"object": _ID, "salt": _SALT, "regions": each(_REGION)}),
        "underived": one_of("no-decoder", "beyond-limits", "undecodable"),
    },
)  # fmt: skip

_RECORD = closed(
    {
        "format": one_of("streife/1 record"), "case": _ID, "shift": _ID, "device": _ID, "seq": integer(1),
        "salt": _SALT, "agency": _LABEL, "officer": closed({"id": _LABEL}, {"unit": text()}),
        "sealed_at": _MOMENT, "observation": _OBSERVATION, "photos": each(_PHOTO),
        "confirmed": each(closed({"finding": _LABEL, "reason": text()})),
    },
    {
        "number": case_number, "vehicle": _VEHICLE, "offences": _OFFENCES, "place": _PLACE, "slip": closed({"number": _LABEL}),
        "notes": closed({}, {"citizen": text(), "internal": text()}),
        "voided": closed({"reason": one_of(*VOID_REASONS), "at": _MOMENT}),
        "scene": facts.SCENE, "persons": facts.PERSONS, "witnesses": facts.WITNESSES, "talk": facts.TALK,
        "tow": facts.TOW, "attachments": facts.ATTACHMENTS,
    },
)  # fmt: skip

_VIEW = closed(
    {
        "format": one_of("streife/1 view"), "case": _ID, "salt": _SALT, "agency": _LABEL,
        "offences": each(
            closed({"number": text(r"\d{6}"), "label": _LABEL, "amount_cents": integer(), "points": integer()})
        ),
        "amount_cents": integer(),
    },
    {
        "number": case_number, "plate": _LABEL, "place": text(), "from": instant, "to": instant, "slip": _LABEL, "note": text(),
        "voided": one_of(*VOID_REASONS),
        "photos": each(closed({"object": _ID, "salt": _SALT, "class": _CLASS}), least=1),
    },
)  # fmt: skip
_PARTS = ("thumbnail", "preview", "masked")


def _parse(raw: bytes, reader: Reader, what: str) -> dict[str, Any]:
    try:
        parsed: dict[str, Any] = reader(parse_json(raw, what))
        return parsed
    except Refused as refusal:
        raise Refused(f"{what} breaks its schema: {refusal}", what) from None


def record_of(raw: bytes) -> dict[str, Any]:
    """The record as parsed JSON, or `Refused` with code `record`."""
    record = _parse(raw, _RECORD, "record")
    facts = all(name in record for name in ("vehicle", "offences", "place")) and record["observation"]["checks"]
    if "voided" not in record and not facts:
        raise Refused("record lacks vehicle, offences, place or checks although the case is not voided", "record")
    objects = [photo["object"] for photo in record["photos"]]
    objects += [photo[part]["object"] for photo in record["photos"] for part in _PARTS if part in photo]
    if len(set(objects)) != len(objects):
        raise Refused("record names one object twice", "record")
    return record


def view_of(raw: bytes) -> dict[str, Any]:
    """The citizen's view as parsed JSON, or `Refused` with code `view`."""
    view = _parse(raw, _VIEW, "view")
    if "voided" not in view and "place" not in view:
        raise Refused("view lacks the place although the case is not voided", "view")
    return view


def salts_of(record: dict[str, Any]) -> dict[bytes, bytes]:
    """Object id to commitment salt, for every photo of the record and what was derived from it."""
    salts = {}
    for photo in record["photos"]:
        for part in (photo, *(photo.get(name) for name in _PARTS)):
            if part is not None:
                salts[bytes.fromhex(part["object"])] = bytes.fromhex(part["salt"])
    return salts


def _amount(offences: dict[str, Any]) -> int:
    amounts: list[int] = [item["amount_cents"] for item in offences["items"]]
    return max(amounts) if offences["relation"] == "one-act" else sum(amounts)


def _duration(checks: list[dict[str, Any]]) -> int:
    """Whole seconds from first to last check, monotonic if the clock ran through."""
    first, last = checks[0]["at"], checks[-1]["at"]
    if first["boot"] == last["boot"]:
        return int(last["mono_ms"] - first["mono_ms"]) // 1000
    return max(0, unix_ms(last["at"]) - unix_ms(first["at"])) // 1000


def inconsistencies(record: dict[str, Any]) -> list[str]:
    """What the record says in two places and differently."""
    faults = []
    if offences := record.get("offences"):
        if offences["amount_cents"] != _amount(offences):
            faults.append("the amount of the record does not follow from its offences")
        if any((item["category"] == "fine") != (item["amount_cents"] > 5500) for item in offences["items"]):
            faults.append("an offence of the record has the category of another amount")
    if (checks := record["observation"]["checks"]) and record["observation"]["duration_s"] != _duration(checks):
        faults.append("the duration in the record does not follow from its checks")
    return faults


def _rows(offences: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(offence["number"], offence["amount_cents"]) for offence in offences]


def disagreements(record: dict[str, Any], view: dict[str, Any]) -> list[str]:
    """Members of the view that contradict the record it was made from."""
    checks = record["observation"]["checks"]
    pairs = [("case", record["case"], view["case"]), ("agency", record["agency"], view["agency"])]
    pairs.append(("voided", record.get("voided", {}).get("reason"), view.get("voided")))
    optional = {
        "number": record.get("number"),
        "plate": record.get("vehicle", {}).get("plate", {}).get("text"),
        "place": record.get("place", {}).get("text", ""),
        "slip": record.get("slip", {}).get("number"),
        "note": record.get("notes", {}).get("citizen"),
        "from": checks[0]["at"]["at"] if checks else None,
        "to": checks[-1]["at"]["at"] if checks else None,
    }
    pairs += [(name, ours, view[name]) for name, ours in optional.items() if name in view]
    if "offences" in record and "voided" not in record:
        pairs.append(("amount", record["offences"]["amount_cents"], view["amount_cents"]))
        pairs.append(("offences", _rows(record["offences"]["items"]), _rows(view["offences"])))
    pairs.append(("photos", _masked(record), view.get("photos", [])))
    return [name for name, ours, theirs in pairs if ours != theirs]


def _masked(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The masked copies, as the view names them."""
    copies = [(photo["masked"], photo["class"]) for photo in record["photos"] if "masked" in photo]
    return [{"object": copy["object"], "salt": copy["salt"], "class": kind} for copy, kind in copies]
