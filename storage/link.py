"""How a verb reaches the database. Knows two ways to run the same Core statement; must not know any statement.

Running a Core statement through SQLAlchemy costs 14 to 18 µs, running what it compiles to on the driver 2 to 4 µs;
with some twenty statements a turn that is the larger half of a turn's time. So SQLite's writer compiles each statement
once. No column of ours has a type that converts values, hence both ways return the same.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

Values = Mapping[str, Any]
Row = Sequence[Any]

NOTHING: Values = {}


class Link(Protocol):
    """A connection inside a transaction that somebody else begins and ends."""

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
    """Straight to SQLite's driver, with each Core statement compiled at its first use."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._compiled: dict[sa.Executable, str] = {}

    def _sql(self, statement: sa.Executable) -> str:
        if not isinstance(statement, sa.ClauseElement):
            raise TypeError(statement)
        compiled = statement.compile(dialect=SQLiteDialect_pysqlite(paramstyle="named"))
        sql = str(compiled)
        for name, value in compiled.params.items():
            # what the compiler binds by itself, such as SQLite's OFFSET 0
            if value is not None:
                sql = re.sub(rf":{name}\b", str(int(value)), sql)
        self._compiled[statement] = sql
        return sql

    def all(self, statement: sa.Executable, values: Values = NOTHING) -> Sequence[Row]:
        """Every row."""
        return self._execute(self._compiled.get(statement) or self._sql(statement), values).fetchall()

    def one(self, statement: sa.Executable, values: Values = NOTHING) -> Row | None:
        """The first row, or None; all are fetched, so that the statement is over."""
        rows = self._execute(self._compiled.get(statement) or self._sql(statement), values).fetchall()
        return rows[0] if rows else None

    def run(self, statement: sa.Executable, values: Values = NOTHING) -> int:
        """How many rows were touched."""
        return self._execute(self._compiled.get(statement) or self._sql(statement), values).rowcount
