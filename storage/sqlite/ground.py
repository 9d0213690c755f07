"""A store's ground on SQLite. Knows the file, its writer and its readers; must not know verbs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.domain.errors import SettingsError
from storage import migrate
from storage.link import CoreLink
from storage.sqlite.lock import OnlyOne
from storage.sqlite.trouble import in_our_words
from storage.sqlite.writer import BUSY_TIMEOUT_MS, Writer, connect

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

READERS = 4
"""Connections that read beside the writer at most."""


class SqliteGround:
    """One file. Writing verbs go to the writer, reading ones to a small pool that is made at the first reading."""

    def __init__(self, path: Path, writer: Writer, lock: OnlyOne | None) -> None:
        self._path = path
        self._writer = writer
        self._lock = lock
        self._readers: AsyncEngine | None = None

    async def write(self, verb: Callable[..., Any], *args: Any, resolve: Callable[..., Any] | None = None) -> Any:
        """Run a verb in the writer's next batch. `resolve` is not needed: our COMMIT always answers."""
        return await self._writer.submit(verb, args)

    async def read(self, verb: Callable[..., Any], *args: Any) -> Any:
        """Run a verb that only reads, on one snapshot. Raises StoreDown."""
        if self._readers is None:
            self._readers = _readers(self._path)
        try:
            async with self._readers.connect() as connection:
                return await connection.run_sync(lambda sync: verb(CoreLink(sync), *args))
        except sa.exc.DBAPIError as error:
            ours = in_our_words(error.orig) if error.orig else None
            if ours is None:
                raise
            raise ours from error

    @property
    def commits(self) -> int:
        """How many transactions the writer has committed."""
        return self._writer.commits

    async def close(self) -> None:
        """Commit what is queued, close every connection, let go of the lock."""
        await self._writer.close()
        if self._readers is not None:
            await self._readers.dispose()
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def path_of(url: sa.URL) -> Path:
    """The file a URL names. Raises SettingsError."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise SettingsError("[database] url must name a file, such as sqlite+aiosqlite:///parley.db")
    return Path(url.database)


async def open_sqlite(url: sa.URL, synchronous: str, alone: bool) -> SqliteGround:
    """Open (and make, and migrate) the file. Raises SettingsError and StoreDown."""
    if synchronous.upper() not in ("FULL", "NORMAL", "EXTRA"):
        raise SettingsError("[database] synchronous must be FULL, NORMAL or EXTRA")
    path = path_of(url)
    if not path.parent.is_dir():
        raise SettingsError(f"the folder of the database {path} does not exist")
    lock = OnlyOne(path) if alone else None
    try:
        connection = _open(path, synchronous.upper())
    except BaseException:
        if lock is not None:
            lock.release()
        raise
    return SqliteGround(path, Writer(connection), lock)


def _open(path: Path, synchronous: str) -> sqlite3.Connection:
    try:
        connection = connect(path, synchronous)
        try:
            if migrate.version_in_file(connection) != migrate.HEAD:
                migrate.prepare_file(path)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        ours = in_our_words(error)
        if ours is None:
            raise
        raise type(ours)(f"{ours}: {path}") from None
    return connection


def _readers(path: Path) -> AsyncEngine:
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(
        sa.URL.create("sqlite+aiosqlite", database=str(path)), pool_size=1, max_overflow=READERS - 1
    )

    @sa.event.listens_for(engine.sync_engine, "connect")
    def _begin_when_told(connection: Any, record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @sa.event.listens_for(engine.sync_engine, "begin")
    def _one_snapshot(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine
