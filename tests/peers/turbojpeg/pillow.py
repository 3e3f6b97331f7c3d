"""Previews and thumbnails by Pillow, reduced while decoding.

One derivation of the named photo for each line on standard input; prints "wall cpu width height" in ms and pixels.
"""

import io
import sys
import time

from PIL import Image


def derive(photo: bytes) -> tuple[int, int]:
    image = Image.open(io.BytesIO(photo))
    scale = 1600 / max(image.size)
    # The fitted size: with (1600, 1600) a photo of 4000 x 3000 would not be reduced at all.
    wanted = tuple(max(1, round(side * scale)) for side in image.size)
    image.draft("RGB", wanted)
    preview = image.resize(wanted, Image.Resampling.LANCZOS)
    thumbnail = preview.copy()
    thumbnail.thumbnail((320, 320), Image.Resampling.LANCZOS)
    for picture in (preview, thumbnail):
        picture.save(io.BytesIO(), "JPEG", quality=80)
    return preview.size


def main() -> None:
    with open(sys.argv[1], "rb") as file:
        photo = file.read()
    for _ in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        size = derive(photo)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(wall * 1e3, cpu * 1e3, *size, flush=True)


main()
