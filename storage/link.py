"""How a verb reaches the database. Knows two ways to run the same Core statement; must not know any statement.

Running a Core statement through SQLAlchemy costs 14 to 18 µs, running what it compiles to on the driver 2 to 4 µs;
with some twenty statements a turn that is the larger half of a turn's time. So SQLite's writer compiles each statement
once. No column of ours has a type that converts values, hence both ways return the same.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    from storage.sqlite.windows import Windows

Values = Mapping[str, Any]
Row = Sequence[Any]

NOTHING: Values = {}


class Link(Protocol):
    """A connection inside a transaction that somebody else begins and ends.

    `windows`: what need not be read again; None where others write too."""

    windows: Windows | None

    def all(self, statement: sa.Executable, values: Values = NOTHING) -> Sequence[Row]:
        """Every row."""
        ...

    def one(self, statement: sa.Executable, values: Values = NOTHING) -> Row | None:
        """The first row, or None."""
        ...

    def run(self, statement: sa.Executable, values: Values = NOTHING) -> int:
        """Run a statement that returns nothing; how many rows it touched."""
        ...


class CoreLink:
    """Through SQLAlchemy's connection."""

    windows = None

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def all(self, statement: sa.Executable, values: Values = NOTHING) -> Sequence[Row]:
        """Every row."""
        return self._connection.execute(statement, values).all()

    def one(self, statement: sa.Executable, values: Values = NOTHING) -> Row | None:
        """The first row, or None."""
        return self._connection.execute(statement, values).first()

    def run(self, statement: sa.Executable, values: Values = NOTHING) -> int:
        """How many rows were touched."""
        return self._connection.execute(statement, values).rowcount


class CompiledLink:
    """Straight to SQLite's driver, with each Core statement compiled at its first use.

    Values are bound by place: by name the driver makes each name anew, 0.3 µs a value (22 values: 16 µs against 7)."""

    def __init__(self, connection: sqlite3.Connection, windows: Windows | None = None) -> None:
        self.windows = windows
        self._execute = connection.execute
        self._compiled: dict[sa.Executable, tuple[str, Callable[[Values], Row]]] = {}

    def _compile(self, statement: sa.Executable) -> tuple[str, Callable[[Values], Row]]:
        if not isinstance(statement, sa.ClauseElement):
            raise TypeError(statement)
        compiled = statement.compile(dialect=SQLiteDialect_pysqlite(paramstyle="qmark"))
        assert isinstance(compiled, SQLCompiler)
        # what the compiler binds by itself, such as SQLite's OFFSET 0
        own = {name: value for name, value in compiled.params.items() if value is not None}
        placed = _by_place(compiled.positiontup or [], own)
        written: object = statement
        if self.windows is not None and isinstance(written, (sa.Insert, sa.Update, sa.Delete)):
            placed = self.windows.watching(placed, written)
        made = self._compiled[statement] = str(compiled), placed
        return made

    def all(self, statement: sa.Executable, values: Values = NOTHING) -> Sequence[Row]:
        """Every row."""
        sql, placed = self._compiled.get(statement) or self._compile(statement)
        return self._execute(sql, placed(values)).fetchall()

    def one(self, statement: sa.Executable, values: Values = NOTHING) -> Row | None:
        """The first row, or None; all are fetched, so that the statement is over."""
        sql, placed = self._compiled.get(statement) or self._compile(statement)
        rows = self._execute(sql, placed(values)).fetchall()
        return rows[0] if rows else None

    def run(self, statement: sa.Executable, values: Values = NOTHING) -> int:
        """How many rows were touched."""
        sql, placed = self._compiled.get(statement) or self._compile(statement)
        return self._execute(sql, placed(values)).rowcount


def _by_place(names: Sequence[str], own: Values) -> Callable[[Values], Row]:
    """What puts values in the order of `names`, where they do not name what `own` holds."""
    if own:
        return lambda values: [values[name] if name in values else own[name] for name in names]
    if len(names) < 2:
        return lambda values: [values[name] for name in names]
    return itemgetter(*names)
