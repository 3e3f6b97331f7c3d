"""The rows and files of a vault: a copy of the database, opened apart from it.

Contract: nothing in the vault's folder is written; database and write-ahead log
are copied before SQLite sees them.  `BadInput` if there is no database of a
vault, or one of another version.  Every value read is given back as it is
stored; what does not belong into the folder is in `strange`.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import BadInput

APPLICATION = int.from_bytes(b"STRF", "big")
VERSION = 3
_ID = "[0-9a-f]{32}"
_FILES = re.compile(
    rf"vault\.db(-wal|-shm)?|vault\.lock|ballast|objects/{_ID}\.(sbx|part)|quarantine/.+|backup/.+|rebuild(-.*)?/.+"
    rf"|spare/({_ID}\.(key|manifest|event|opening|seal|officer)|epoch-\d+\.cbor|[a-z-]+\.document|.+\.part)"
)

Row = dict[str, Any]


@dataclass
class Rows:
    """All tables, each row as a map from column to value, in the order of their keys."""

    root: Path
    tables: dict[str, list[Row]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)

    def of(self, table: str) -> list[Row]:
        return self.tables.get(table, [])

    def spare(self, name: str) -> bytes | None:
        """A copy beside the database."""
        path = self.root / "spare" / name
        return path.read_bytes() if path.is_file() else None

    def objects(self) -> dict[str, Path]:
        """Object files by their hex id."""
        return {path.stem: path for path in sorted((self.root / "objects").glob("*.sbx"))}


_ORDER = {
    "epochs": "epoch", "journal_keys": "epoch, generation", "settings": "name", "journal": "n", "shifts": "ordinal",
    "officers": "shift_id, epoch", "cases": "ordinal", "objects": "case_id, ordinal", "events": "event_id",
    "outbox": "id", "documents": "name",
}  # fmt: skip


@contextmanager
def _copy(root: Path) -> Iterator[sqlite3.Connection]:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("vault.db", "vault.db-wal"):
            if (root / name).exists():
                shutil.copyfile(root / name, Path(folder) / name)
        connection = sqlite3.connect(Path(folder) / "vault.db")
        try:
            yield connection
        finally:
            connection.close()


def read_rows(root: Path) -> Rows:
    """Everything that lies in the folder of a vault."""
    if not (root / "vault.db").is_file():
        raise BadInput("there is no vault.db in this folder")
    rows = Rows(root)
    try:
        with _copy(root) as connection:
            _read(connection, rows)
    except sqlite3.DatabaseError as problem:
        raise BadInput(f"the database cannot be read: {problem}") from None
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink() or (path.is_file() and not _FILES.fullmatch(name)):
            rows.strange.append(name)
    return rows


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _read(connection: sqlite3.Connection, rows: Rows) -> None:
    if _pragma(connection, "application_id") != APPLICATION:
        raise BadInput("the database is not that of a vault")
    if (version := _pragma(connection, "user_version")) != VERSION:
        raise BadInput(f"the vault has version {version}, known is {VERSION}")
    rows.complaints = [row[0] for row in connection.execute("PRAGMA integrity_check(10)") if row[0] != "ok"]
    if connection.execute("PRAGMA foreign_key_check").fetchall():
        rows.complaints.append("a row refers to another that is not there")
    connection.row_factory = sqlite3.Row
    for table, order in _ORDER.items():
        found = connection.execute(f"SELECT * FROM {table} ORDER BY {order}")  # noqa: S608  (names of this module)
        rows.tables[table] = [dict(row) for row in found]
