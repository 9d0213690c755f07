"""Where SQLite and PostgreSQL differ. Knows both, so that nothing else need; must not know tables or verbs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.dml import OnConflictDoNothing, OnConflictDoUpdate
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""SQLite numbers rows by itself only when the key is spelled INTEGER."""


class clock(FunctionElement[int]):  # noqa: N801 - reads as the SQL function it is
    """Milliseconds since 1970 by the database's own clock, so that leases of several processes are comparable."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(clock, "sqlite")
def _clock_sqlite(element: clock, compiler: Any, **options: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"


@compiles(clock, "postgresql")
def _clock_postgres(element: clock, compiler: Any, **options: Any) -> str:
    return "CAST(extract(epoch FROM now()) * 1000 AS BIGINT)"


class _Nothing(OnConflictDoNothing):
    """Both databases spell it alike; PostgreSQL's compiler asks for one more attribute."""

    inherit_cache = True
    constraint_target = None


class _Update(OnConflictDoUpdate):
    """As above."""

    inherit_cache = True
    constraint_target = None


def insert_new(table: sa.Table, key: Sequence[str], columns: Sequence[str]) -> sa.Insert:
    """An insert of `columns` that writes nothing when a row with the same `key` is there already."""
    values = {name: sa.bindparam(name, type_=table.c[name].type) for name in columns}
    return sa.insert(table).values(values).inline().ext(_Nothing(index_elements=list(key)))


def insert_or_replace(table: sa.Table, key: Sequence[str], columns: Sequence[str]) -> sa.Insert:
    """An insert of `columns` that overwrites the columns outside `key` of a row that is there already."""
    values = {name: sa.bindparam(name, type_=table.c[name].type) for name in columns}
    changed: Mapping[Any, Any] = {name: values[name] for name in columns if name not in key}
    return sa.insert(table).values(values).inline().ext(_Update(index_elements=list(key), set_=dict(changed)))


def insert(table: sa.Table, columns: Sequence[str]) -> sa.Insert:
    """An insert of `columns`, each bound under its own name."""
    values = {name: sa.bindparam(name, type_=table.c[name].type) for name in columns}
    return sa.insert(table).values(values).inline()


def partial_on_postgres(schema: sa.MetaData) -> None:
    """Make the indexes that are partial on SQLite so on PostgreSQL; said late, for saying it imports that dialect."""
    for table in schema.tables.values():
        for index in table.indexes:
            where = index.dialect_options["sqlite"]["where"]
            if where is not None:
                index.dialect_options["postgresql"]["where"] = where


def word(value: str) -> sa.ColumnElement[Any]:
    """A constant of ours inside a statement: a partial index is used only where its condition stands literally."""
    if not value.isidentifier() and value:
        raise ValueError(value)
    return sa.literal_column(f"'{value}'", sa.Text())


def number(value: int) -> sa.ColumnElement[Any]:
    """As `word`, for a number."""
    return sa.literal_column(str(int(value)), sa.Integer())
