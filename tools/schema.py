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
    for table in tables.sorted_tables:
        begun = len(statements)
        table.create(engine, checkfirst=False)
        # a table's indexes are a set, in another order each time; what else belongs to it follows them
        statements[begun + 1 :] = sorted(statements[begun + 1 :], key=lambda one: ("INDEX" not in one, one))
    return "\n\n".join(statements) + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    FILE.write_text(script(), encoding="utf-8")
