"""The slip at the windscreen, sealed profile: what its holder can open alone.

Contract: slip number, code and folded plate (or birth date TTMMJJ) open the
citizen's view of exactly one case, without any key of the agency.  A wrong
number, code or plate are one and the same refusal.
"""

from __future__ import annotations

import hmac
import unicodedata
from hashlib import sha256
from pathlib import Path
from typing import Any

from . import sbx
from .case import read_manifest
from .errors import Log, Refused
from .ground import Ground, prepare
from .keys import hkdf, object_key
from .record import view_of
from .structures import Manifest, Notice
from .tree import OBJECT_LIMIT, CaseFiles, load

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NOTHING = "there is no such notice"
_UMLAUTS = str.maketrans({"Ä": "A", "Ö": "O", "Ü": "U"})


def fold(plate: str) -> str:
    """Upper case, NFC, umlauts without dots, letters and digits only."""
    upper = unicodedata.normalize("NFC", unicodedata.normalize("NFC", plate).upper())
    return "".join(sign for sign in upper.translate(_UMLAUTS) if sign.isalnum())


def normal_code(code: str) -> str:
    """The 20 Crockford base32 characters as printed; O reads as 0, I and L as 1."""
    plain = code.upper().replace("-", "").replace(" ", "").translate(str.maketrans("OIL", "011"))
    if len(plain) != 20 or any(sign not in _ALPHABET for sign in plain):
        raise Refused(_NOTHING, "notice")
    return plain


def derive(code: str, plate: str, number: str, label: str) -> bytes:
    """d(label): `auth` authorises, `kek` opens the wrap."""
    ikm = normal_code(code).encode("ascii") + b"\x00" + fold(plate).encode("utf-8")
    return hkdf(ikm, number.encode("utf-8"), b"streife/1 notice " + label.encode("ascii"))


def _find(ground: Ground, number: str) -> tuple[Manifest, Notice, CaseFiles]:
    for name, files in ground.tree.cases.items():
        if files.manifest is None:
            continue
        try:
            manifest = read_manifest(ground, name, files.manifest).manifest
        except Refused:
            continue  # a manifest that does not hold opens nothing; `verify` reports it
        if manifest.notice is not None and manifest.notice.number == number:
            return manifest, manifest.notice, files
    raise Refused(_NOTHING, "notice")


def _view_bytes(manifest: Manifest, files: CaseFiles, view_key: bytes) -> bytes:
    for row in manifest.objects:
        path = files.objects.get(row.object.hex())
        if row.kind == sbx.VIEW and row.scope == 1 and path is not None:
            blob = load(path, OBJECT_LIMIT)
            if sha256(blob).digest() != row.digest:
                raise Refused("the view has another hash than the manifest says", "notice")
            expected = sbx.Header(sbx.VIEW, manifest.case, row.object, 1)
            return sbx.open_object(object_key(view_key, manifest.case, row.object), blob, expected)
    raise Refused("the case has no view", "notice")


def open_notice(root: Path, number: str, code: str, plate: str, *, trust: Path | None = None) -> dict[str, Any]:
    """The view JSON that the holder of the slip may see, or `Refused`."""
    ground = prepare(root, (), trust, Log())
    manifest, notice, files = _find(ground, number)
    auth = sha256(derive(code, plate, number, "auth")).digest()
    if notice.auth is None or notice.wrap is None or not hmac.compare_digest(auth, notice.auth):
        raise Refused(_NOTHING, "notice")
    expected = sbx.Header(sbx.WRAPPED, manifest.case, sbx.ZEROS, 1)
    view_key = sbx.open_object(derive(code, plate, number, "kek"), notice.wrap, expected)
    plain = _view_bytes(manifest, files, view_key)
    view = view_of(plain)
    row = next(row for row in manifest.objects if row.kind == sbx.VIEW)
    if sha256(bytes.fromhex(view["salt"]) + plain).digest() != row.commitment or view["case"] != manifest.case.hex():
        raise Refused("the view is not what the device committed to", "notice")
    return view
