"""Shapes of what an officer can note beside vehicle, offences and place: persons, talk, tow, scene, plate marks."""

from __future__ import annotations

from .shape import boolean, closed, each, hexadecimal, instant, integer, one_of, text

ID = hexadecimal(16)
SALT = hexadecimal(32)
MOMENT = closed({"at": instant, "mono_ms": integer(), "boot": ID})
_WORDS = text(r"(?s).+")
_DAY = text(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_NATION = text("[A-Z]{1,3}")

PLATE_MARKS = closed(
    {},
    {
        "kind": one_of(
            "standard", "season", "electric", "historic", "interchangeable", "authority", "armed-forces", "nato",
            "diplomatic", "red-test", "red-dealer", "red-historic", "short-term", "export", "insurance", "foreign",
            "as-seen",
        ),
        "expires": _DAY, "lettering": one_of("black", "blue", "green", "red"), "raw": _WORDS,
        "doubt": closed({"verdict": one_of("ambiguous", "unknown-prefix", "malformed"), "reason": _WORDS}),
    },
)  # fmt: skip
FLAGS = each(
    one_of("empty", "hazard-lights", "inspection-overdue", "eco-badge-missing", "over-2800-kg"), least=1
)
VIN = text("[0-9A-HJ-NPR-Z]{17}")

SCENE = closed(
    {},
    {
        "driver": one_of("absent", "present", "left"), "remaining_width_cm": integer(0, 65_535),
        "meter": _WORDS, "permit": _WORDS,
    },
)  # fmt: skip

_ADDRESS = closed({}, {"street": _WORDS, "postcode": _WORDS, "town": _WORDS, "nation": _NATION})
_PERSON = closed(
    {"role": one_of("driver", "keeper", "driver-and-keeper", "passenger", "pedestrian", "cyclist")},
    {
        "family_name": _WORDS, "given_names": _WORDS, "born": _DAY, "birth_place": _WORDS, "address": _ADDRESS,
        "licence": _WORDS, "sex": one_of("female", "male", "diverse"),
        "age": closed({"from": integer(0, 120), "to": integer(0, 120)}), "statement": _WORDS,
    },
)  # fmt: skip
PERSONS = each(_PERSON, least=1)
WITNESSES = each(
    closed({"may_be_named": boolean}, {"officer": _WORDS, "name": _WORDS, "address": _ADDRESS, "statement": _WORDS}),
    least=1,
)

_PAYMENT = closed({"amount_cents": integer(1), "method": one_of("cash", "card")}, {"receipt": _WORDS})
TALK = closed(
    {"at": MOMENT, "instructed": boolean, "outcome": one_of("agreed", "refused", "open", "without-money")},
    {"payment": _PAYMENT},
)

TOW = closed(
    {"requested": MOMENT, "reason": _WORDS, "note_left": boolean},
    {
        "arrived": MOMENT, "finished": MOMENT, "outcome": one_of("towed", "moved", "empty-run", "cancelled"),
        "firm": _WORDS, "operator": _WORDS, "destination": _WORDS, "condition": _WORDS,
        "damage": each(closed({"text": _WORDS}, {"photo": ID}), least=1),
    },
)  # fmt: skip

ATTACHMENTS = each(
    closed(
        {
            "object": ID, "salt": SALT, "imported_at": MOMENT, "length": integer(1),
            "media_type": one_of("audio/mp4", "audio/ogg", "audio/wav"),
        }
    ),
    least=1,
)  # fmt: skip
