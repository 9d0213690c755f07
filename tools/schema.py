"""Writes `storage/new.sql`: what makes a new SQLite database, so that making one needs neither tables nor compilers.

`python tools/schema.py` rewrites it; a test says when that was forgotten.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa

ROOT = Path(__file__).parents[1]
FILE = ROOT / "storage" / "new.sql"


def script() -> str:
    """Every statement, a blank line after each."""
    from storage.tables import tables

    statements: list[str] = []

    def note(statement: Any, *values: object, **named: object) -> None:
        compiled = str(statement.compile(dialect=engine.dialect))
        statements.append("\n".join(line.rstrip() for line in compiled.strip().splitlines() if line.strip()))

    engine = sa.create_mock_engine("sqlite://", note)
    tables.create_all(engine, checkfirst=False)
    return "\n\n".join(statements) + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    FILE.write_text(script(), encoding="utf-8")
