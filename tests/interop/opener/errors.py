"""What can go wrong, said in plain words and without personal data.

`Refused`  one value breaks the formats; the caller turns it into a finding.
`BadInput` the export cannot be judged at all (no trust anchor, unreadable key).
`Log`      collects findings; `guard` turns a refusal inside it into a finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field


class Refused(Exception):
    """One value is not what the formats demand.  `code` overrides the guard's."""

    def __init__(self, text: str, code: str | None = None) -> None:
        super().__init__(text)
        self.code = code


class BadInput(Exception):
    """The question itself cannot be asked: nothing was verified."""


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold, with the place it belongs to."""

    code: str
    text: str
    case: str | None = None
    shift: str | None = None
    path: str | None = None

    def __str__(self) -> str:
        places = (("case", self.case), ("shift", self.shift), ("at", self.path))
        where = ", ".join(f"{name} {value}" for name, value in places if value)
        return f"[{self.code}] {where + ': ' if where else ''}{self.text}"

    def as_json(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass
class Log:
    """Findings of one run.  A log made by `at` writes into the same list."""

    findings: list[Finding] = field(default_factory=list)
    case: str | None = None
    shift: str | None = None
    path: str | None = None

    def at(self, *, case: str | None = None, shift: str | None = None, path: str | None = None) -> Log:
        return Log(self.findings, case or self.case, shift or self.shift, path or self.path)

    def add(self, code: str, text: str) -> None:
        self.findings.append(Finding(code, text, self.case, self.shift, self.path))

    @contextmanager
    def guard(self, code: str) -> Iterator[None]:
        """Run a step; a refusal ends the step, becomes a finding, and the run goes on."""
        try:
            yield
        except Refused as refusal:
            self.add(refusal.code or code, str(refusal))
