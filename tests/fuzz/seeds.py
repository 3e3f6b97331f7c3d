"""Writes the seeds: small files with one of everything, made here and taken from nobody's camera.

    python3 tests/fuzz/seeds.py        writes corpus/marker_walk and corpus/exif_facts beside this file

Only what is not there yet is written; what a run has found stays.
"""

import struct
from pathlib import Path

HERE = Path(__file__).parent / "corpus"


def segment(code: int, body: bytes) -> bytes:
    return bytes([0xFF, code]) + struct.pack(">H", len(body) + 2) + body


def directory(fields: list[tuple[int, int, int, bytes]], at: int, order: str) -> bytes:
    table, heap = struct.pack(order + "H", len(fields)), b""
    behind = at + 2 + 12 * len(fields) + 4
    for tag, kind, count, value in fields:
        table += struct.pack(order + "HHI", tag, kind, count)
        if len(value) <= 4:
            table += value.ljust(4, b"\0")
        else:
            table += struct.pack(order + "I", behind + len(heap))
            heap += value
    return table + bytes(4) + heap


def tiff(order: str, gps_kind: int = 5, zero: bool = False) -> bytes:
    number = lambda width, value: struct.pack(order + width, value)  # noqa: E731
    text = lambda tag, value: (tag, 2, len(value) + 1, value + b"\0")  # noqa: E731
    under = 0 if zero else 1
    angle = lambda *parts: b"".join(struct.pack(order + "II", part, under) for part in parts)  # noqa: E731
    first = [(0x0112, 3, 1, number("H", 6)), (0x8769, 4, 1, number("I", 200)), (0x8825, 4, 1, number("I", 400))]
    exposure = [
        text(0x9003, b"2026:06:16 06:00:07"), text(0x9011, b"+02:00"),
        (0xA002, 4, 1, number("I", 64)), (0xA003, 4, 1, number("I", 48)),
    ]  # fmt: skip
    position = [
        text(1, b"N"), (2, gps_kind, 3, angle(48, 8, 14)), text(3, b"E"), (4, gps_kind, 3, angle(11, 34, 31)),
        (7, 5, 3, angle(4, 0, 7)), text(0x1D, b"2026:06:16"),
    ]  # fmt: skip
    head = (b"MM" if order == ">" else b"II") + number("H", 42) + number("I", 8)
    block = (head + directory(first, 8, order)).ljust(200, b"\0")
    block = (block + directory(exposure, 200, order)).ljust(400, b"\0")
    return block + directory(position, 400, order)


def jpeg(*segments: bytes, code: int = 0xC0, tail: bytes = b"") -> bytes:
    """A grey picture of 8 x 8 with one coefficient; it decodes."""
    table = segment(0xDB, bytes(1) + bytes([16] * 64))
    frame = segment(code, bytes([8, 0, 8, 0, 8, 1, 1, 0x11, 0]))
    huffman = b"".join(segment(0xC4, bytes([kind, 1]) + bytes(15) + bytes(1)) for kind in (0x00, 0x10))
    scan = segment(0xDA, bytes([1, 1, 0, 0, 63, 0])) + b"\x3f"
    return b"\xff\xd8" + b"".join(segments) + table + frame + huffman + scan + b"\xff\xd9" + tail


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def heic() -> bytes:
    exif = struct.pack(">I", 6) + b"Exif\0\0" + tiff(">")
    entry = lambda number, kind: box(b"infe", bytes([2, 0, 0, 0, 0, number, 0, 0]) + kind + b"\0")  # noqa: E731
    items = bytes(4) + struct.pack(">H", 2) + entry(1, b"hvc1") + entry(2, b"Exif")
    size = box(b"ispe", bytes(4) + struct.pack(">II", 64, 48))
    uses = bytes(4) + struct.pack(">IHB", 1, 1, 2) + b"\x81\x82"
    properties = box(b"ipco", size + box(b"irot", b"\x03")) + box(b"ipma", uses)

    def meta(at: int) -> bytes:
        place = bytes([0, 0, 0, 0, 0x44, 0, 0, 1, 0, 2, 0, 0, 0, 1]) + struct.pack(">II", at, len(exif))
        first = bytes(4) + box(b"pitm", bytes(5) + b"\x01")
        return box(b"meta", first + box(b"iinf", items) + box(b"iloc", place) + box(b"iprp", properties))

    head = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    at = len(head) + len(meta(0)) + 8
    return head + meta(at) + box(b"mdat", exif) + box(b"mpvd", b"film")


def main() -> None:
    exif = segment(0xE1, b"Exif\0\0" + tiff("<"))
    xmp = segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0<x Camera:MotionPhoto="1"/>')
    seeds = {
        "marker_walk": {
            "grey": jpeg(),
            "camera": jpeg(exif, segment(0xE2, b"MPF\0MM"), tail=jpeg()),
            "motion": jpeg(xmp, tail=box(b"ftyp", b"mp42\0\0\0\0isom")),
            "editor": jpeg(segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), segment(0xED, b"Photoshop 3.0\0")),
            "restarts": jpeg(segment(0xDD, b"\0\1")),
            "progressive": jpeg(code=0xC2),
            "heic": heic(),
        },
        "exif_facts": {
            "big": tiff(">"),
            "little": tiff("<"),
            "signed": tiff("<", gps_kind=10),
            "redacted": tiff(">", zero=True),
            "cut": tiff(">")[:420],
        },
    }
    for target, files in seeds.items():
        folder = HERE / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            path = folder / f"seed-{name}"
            if not path.exists():
                path.write_bytes(content)


main()
