"""Readers beside the writer. Knows threads, each with a connection of its own; must not know any verb.

SQLAlchemy's async engine reads the same rows for 7 MB of memory and three times the CPU: see DESIGN section 6.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hub.domain.errors import StoreDown
from storage.link import CompiledLink
from storage.sqlite.connection import BUSY_TIMEOUT_MS
from storage.sqlite.trouble import in_our_words

READERS = 4
"""Threads that read at the same time at most; each comes with its first work."""


class Readers:
    """Runs verbs that only read, each on one snapshot of the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = ThreadPoolExecutor(READERS, "store-reader")
        self._own = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._closed = False

    async def run(self, verb: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """What `verb` reads. Raises StoreDown."""
        if self._closed:
            raise StoreDown("the database is closed")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, verb, args)

    async def close(self) -> None:
        """Finish what is being read, then close every connection."""
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._opened:
            connection.close()

    def _read(self, verb: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        try:
            connection, link = self._link()
            connection.execute("BEGIN")
            try:
                return verb(link, *args)
            finally:
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            ours = in_our_words(error)
            if ours is None:
                raise
            raise ours from error

    def _link(self) -> tuple[sqlite3.Connection, CompiledLink]:
        """This thread's connection."""
        if not hasattr(self._own, "pair"):
            connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            self._opened.append(connection)
            connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}").fetchall()
            connection.execute("PRAGMA query_only=ON")
            self._own.pair = connection, CompiledLink(connection)
        pair: tuple[sqlite3.Connection, CompiledLink] = self._own.pair
        return pair
