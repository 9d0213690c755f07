"""How columns are spelled. Knows each kind's type, default and check; must not know any table."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import DDL, CheckConstraint, Column, ForeignKey, SmallInteger, Table, Text, event
from sqlalchemy.schema import ExecutableDDLElement

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


def kept(table: Table) -> None:
    """Make the database itself refuse to change or delete a row of `table`."""
    name = table.name
    says = f"{name} are never changed"
    statements = {
        "sqlite": tuple(
            f"CREATE TRIGGER {name}_keep_{word} BEFORE {word.upper()} ON {name} "
            f"BEGIN SELECT RAISE(ABORT, '{says}'); END"
            for word in ("update", "delete")
        ),
        "postgresql": (
            f"CREATE FUNCTION {name}_keep() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{says}'; END $$",
            f"CREATE TRIGGER {name}_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}_keep()",
        ),
    }
    for dialect, each in statements.items():
        for statement in each:
            ddl: ExecutableDDLElement = DDL(statement)  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", ddl.execute_if(dialect=dialect))
