"""How columns are spelled. Knows each kind's type, default and check; must not know any table."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, SmallInteger, Text

from storage.dialect import Id

tables = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "ck": "%(table_name)s_%(constraint_name)s_ck",
    }
)


def row_id() -> Column[int]:
    """A number that the database gives."""
    return Column("id", Id, primary_key=True)


def link(name: str, target: str) -> Column[int]:
    """The id of a row of `target`."""
    return Column(name, Id, ForeignKey(f"{target}.id"), nullable=False)


def text(name: str) -> Column[str]:
    """Text, empty by default."""
    return Column(name, Text, nullable=False, server_default="")


def count(name: str) -> tuple[Column[int], CheckConstraint]:
    """A number that is never negative."""
    return Column(name, Id, nullable=False, server_default="0"), CheckConstraint(f"{name} >= 0", name=name)


def flag(name: str) -> tuple[Column[int], CheckConstraint]:
    """0 or 1."""
    column = Column(name, SmallInteger, nullable=False, server_default="0")
    return column, CheckConstraint(f"{name} IN (0, 1)", name=name)


def state(first: str, *others: str, name: str = "state") -> tuple[Column[str], CheckConstraint]:
    """One of some words, the first by default."""
    words = ", ".join(f"'{one}'" for one in (first, *others))
    column = Column(name, Text, nullable=False, server_default=first)
    return column, CheckConstraint(f"{name} IN ({words})", name=name)
