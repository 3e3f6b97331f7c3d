"""Photos as a camera writes them: JPEG with the time and the place in EXIF."""

import os
import time
from pathlib import Path

from PIL import Image

PLACE = (48.137222, 11.575556)
BASE, GPS = 0x8769, 0x8825
TAKEN, ORIENTATION = 0x9003, 0x0112


def take_photo(path: Path, place=PLACE) -> Path:
    """Writes a photo of noise, so that it has the size of a real one, taken now."""
    picture = Image.frombytes("RGB", (640, 480), os.urandom(640 * 480 * 3))
    exif = Image.Exif()
    exif[ORIENTATION] = 1
    exif[BASE] = {TAKEN: time.strftime("%Y:%m:%d %H:%M:%S")}
    if place is not None:
        exif[GPS] = {1: "N", 2: _dms(place[0]), 3: "E", 4: _dms(place[1])}
    picture.save(path, "JPEG", quality=90, exif=exif)
    return path


def _dms(degrees: float):
    minutes = degrees % 1 * 60
    return (float(int(degrees)), float(int(minutes)), round(minutes % 1 * 60, 3))
