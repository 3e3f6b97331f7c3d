from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from phone import box as boxes
from phone.shift import Phone


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[boxes.Box]:
    """One box for all, which takes no proof without a nonce."""
    running = boxes.start(Path(tmp_path_factory.mktemp("box")))
    yield running
    running.stop()


@pytest.fixture
def phone(box: boxes.Box) -> Phone:
    made = Phone(box)
    assert made.enrolled.status_code == 201
    assert made.open_shift() == 201
    return made
