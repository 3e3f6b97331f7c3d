"""Steps of a case that several tests take."""

import itertools

import streife_ffi as streife

from pictures import PLACE, take_photo


def fix(**changes) -> streife.FixInput:
    good = {
        "lat": PLACE[0],
        "lon": PLACE[1],
        "accuracy_m": 4.5,
        "age_ms": 900,
        "provider": streife.FixProvider.GNSS,
        "mocked": False,
    }
    return streife.FixInput(**(good | changes))


def vehicle(plate="M-AB 1234") -> streife.VehicleInput:
    return streife.VehicleInput(plate=plate, kind=streife.VehicleKind.CAR, make="VW", colour="blau")


def valves(clock=5) -> list:
    wheel = lambda axle: streife.Valve(side=streife.Side.LEFT, axle=axle, clock=clock)
    return [wheel(streife.Axle.FRONT), wheel(streife.Axle.REAR)]


# Each case has a vehicle of its own: the same one again would be a finding.
_PLATES = itertools.count(1)


def record_case(app, folder) -> str:
    """A case that nothing stands against: parked where stopping is restricted, two photos."""
    case = app.begin_case()
    app.set_vehicle(case, vehicle(f"M-AB {next(_PLATES)}"))
    offence = streife.OffenceInput(number="141322")
    app.set_offences(case, streife.OffencesInput(relation=streife.OffenceRelation.ONE_ACT, items=[offence]))
    app.set_place(case, streife.PlaceInput(text="Marienplatz 8, Richtung Tal", fix=fix(), municipality="09162000"))
    app.add_check(case, streife.CheckInput(valves=valves()))
    for name, shows in (("overview", streife.PhotoClass.OVERVIEW), ("plate", streife.PhotoClass.PLATE)):
        app.add_photo(case, str(take_photo(folder / f"{case}-{name}.jpg")), shows)
    return case


def states(app) -> list:
    return [case.state for case in app.cases()]
