"""Asks shapely where 100,000 points of Bavaria lie, and compares with what the core's pack has said.

    STREIFE_POINTS=points.csv cargo test -p streife-core --test geo_pack a_hundred_thousand
    python tests/interop/shapely_points.py ../shared/data/boundaries/bayern-gemeinden-2016.geojson.gz points.csv

Wants shapely (PyPI). A pack keeps seven decimals of a degree, so within two centimetres of a border both answers are right;
how many points that are is printed. Exit code 1 if any other differs.
"""

import csv
import gzip
import json
import math
import sys

import shapely

CENTIMETRES_2 = 0.02 / 111_195 / math.cos(math.radians(47))


def main(boundaries: str, answers: str) -> int:
    with gzip.open(boundaries, "rt", encoding="utf-8") as file:
        features = json.load(file)["features"]
    keys = [feature["properties"]["ags"] for feature in features]
    shapes = [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features]
    tree = shapely.STRtree(shapes)
    borders = shapely.STRtree([shape.boundary for shape in shapes])
    with open(answers, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter=";"))
    near, wrong = 0, 0
    for lat, lon, found in rows:
        point = shapely.Point(float(lon), float(lat))
        holding = [keys[index] for index in tree.query(point, predicate="within")]
        if found == (min(holding) if holding else ""):
            continue
        if len(borders.query(point, predicate="dwithin", distance=CENTIMETRES_2)):
            near += 1
        else:
            wrong += 1
            print(f"{lat} {lon}: {found or 'nowhere'}, shapely says {holding or 'nowhere'}")
    print(f"{len(rows)} points, {len(rows) - near - wrong} equal, {near} within 2 cm of a border, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
