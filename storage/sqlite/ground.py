"""A store's ground on SQLite. Knows the file, its writer and its readers; must not know verbs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.domain.errors import SettingsError
from hub.ports.hints import Hints
from storage.place import path_of
from storage.sqlite.connection import connect
from storage.sqlite.lock import OnlyOne
from storage.sqlite.readers import Readers
from storage.sqlite.trouble import in_our_words
from storage.sqlite.writer import Writer
from storage.version import HEAD, prepare_file, version_in_file


class Silence:
    """`hub.ports.hints.Hints` where there is only one process."""

    others = deaf = False

    def tell(self, topic: str, words: str) -> None:
        """Nobody is there."""

    def hear(self, topic: str, take: Callable[[str], None], missed: Callable[[], None]) -> None:
        """Nobody will say anything."""


class SqliteGround:
    """One file. Writing verbs go to the writer, reading ones to a few threads beside it."""

    shared = False

    def __init__(self, path: Path, writer: Writer, lock: OnlyOne | None) -> None:
        self._writer = writer
        self._lock = lock
        self._readers = Readers(path)
        self.hints: Hints = Silence()

    async def write(
        self,
        verb: Callable[..., Any],
        *args: Any,
        resolve: Callable[..., Any] | None = None,
        long: bool = False,
        soon: bool = False,
    ) -> Any:
        """Run a verb in the writer's next batch. `resolve` is not needed: our COMMIT always answers."""
        return await self._writer.submit(verb, args, long=long, soon=soon)

    async def read(self, verb: Callable[..., Any], *args: Any) -> Any:
        """Run a verb that only reads, on one snapshot. Raises StoreDown."""
        return await self._readers.run(verb, args)

    @property
    def commits(self) -> int:
        """How many transactions the writer has committed."""
        return self._writer.commits

    async def close(self) -> None:
        """Commit what is queued, close every connection, let go of the lock."""
        await self._writer.close()
        await self._readers.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None


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
            if version_in_file(connection) != HEAD:
                prepare_file(path)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        ours = in_our_words(error)
        if ours is None:
            raise
        raise type(ours)(f"{ours}: {path}") from None
    return connection
