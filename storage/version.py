"""The schema's version. Knows how an open database is made and brought to head; must not know how one is opened.

Alembic is imported only when a database is older than the program: starting must not wait for it. A new database is
made from the tables and stamped, which a test holds equal to running every migration; on SQLite from the script that
`tools/schema.py` made of them, which costs a third of a second and 3 MB less.
"""

from __future__ import annotations

import sqlite3
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.domain.errors import SettingsError

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0020"
"""The newest migration in `storage/migrations/versions`; a test compares."""

KNOWN = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
    "0015",
    "0016",
    "0017",
    "0018",
    "0019",
    "0020",
)
"""Every migration, oldest first."""

_VERSION = "SELECT version_num FROM alembic_version"
_PREPARING = 0x7061726C65790001
"""Key of PostgreSQL's advisory lock under which one process at a time changes the schema."""


def version_in_file(connection: sqlite3.Connection) -> str | None:
    """The version of an open SQLite file, None when it is empty."""
    try:
        row = connection.execute(_VERSION).fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    return str(row[0]) if row else None


def version_of(connection: sa.Connection) -> str | None:
    """The version of a database, None when it is empty."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(sa.text(_VERSION))
    return version


def prepare(connection: sa.Connection) -> None:
    """Bring a database to head, inside the caller's transaction. Raises SettingsError when it is newer than we are."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _PREPARING})
    version = version_of(connection)
    if version == HEAD:
        return
    if version is not None and version not in KNOWN:
        raise SettingsError(f"the database has schema {version}, made by a newer Parley; this one knows up to {HEAD}")
    if version is None and not sa.inspect(connection).get_table_names():
        _make(connection)
    else:
        run_migrations(connection)


def _make(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        _make_from_tables(connection)
    else:
        for statement in files("storage").joinpath("new.sql").read_text("utf-8").split("\n\n"):
            connection.exec_driver_sql(statement)
    connection.execute(sa.text("INSERT INTO tenants (name) VALUES ('default')"))
    connection.execute(
        sa.text(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
            "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
    )
    connection.execute(sa.text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def _make_from_tables(connection: sa.Connection) -> None:
    from storage.dialect import partial_on_postgres
    from storage.tables import tables

    partial_on_postgres(tables)
    tables.create_all(connection, checkfirst=False)


def run_migrations(connection: sa.Connection) -> None:
    """Run what is missing, with Alembic, inside the caller's transaction."""
    from alembic import command

    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def alembic_config() -> Config:
    """Alembic's settings for our migrations."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def prepare_file(path: Path) -> None:
    """As `prepare`, for a SQLite file."""
    engine = file_engine(path)
    try:
        with engine.begin() as connection:
            prepare(connection)
    finally:
        engine.dispose()


def file_engine(path: Path) -> sa.Engine:
    """A synchronous engine on a SQLite file whose every transaction, DDL included, is one BEGIN IMMEDIATE."""
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)), poolclass=sa.pool.NullPool, connect_args={"timeout": 30}
    )

    @sa.event.listens_for(engine, "connect")
    def _begin_when_told(connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def _immediately(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
