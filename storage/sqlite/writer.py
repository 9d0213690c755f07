"""The one writer. Knows the queue, the batch and its commit; must not know any verb.

Verbs that wait are run in one transaction and committed once. When one fails after writing, the batch is run again
with a savepoint each, so that it fails alone.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from hub.domain.errors import StoreDown
from storage.link import CompiledLink
from storage.sqlite.trouble import in_our_words

QUEUE_BOUND = 10_000
"""Verbs that may wait; more are refused with StoreDown."""

BATCH_BOUND = 512
"""Verbs that are committed together at most."""

BUSY_TIMEOUT_MS = 5_000

CHECKPOINT_PAGES = 4_000
"""Pages (of 4 KiB) in the log before they are copied into the file, while everybody waits: four times SQLite's default,
since most of them are the same few pages again, written once for all. Always by the writer itself: before 3.51.3 a log
that two connections reset at the same moment may lose pages."""

Job = tuple["asyncio.Future[Any]", Callable[..., Any], tuple[Any, ...]]
Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


def connect(path: Path, synchronous: str = "FULL") -> sqlite3.Connection:
    """A connection with our pragmas, which begins and ends transactions only when told."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=256, timeout=BUSY_TIMEOUT_MS / 1000
    )
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        f"synchronous={synchronous}",
        "foreign_keys=ON",
        "cache_size=-16384",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
        "journal_size_limit=67108864",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


class Writer:
    """Runs verbs on one thread; belongs to the event loop it was made in. Owns `connection`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.commits = 0
        self._connection = connection
        self._execute = connection.execute
        self._link = CompiledLink(connection)
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, verb: Callable[..., Any], args: tuple[Any, ...]) -> asyncio.Future[Any]:
        """Queue a verb; the future carries its answer once that is committed. Raises StoreDown."""
        if self._closed:
            raise StoreDown("the database is closed")
        if self._queue.qsize() >= QUEUE_BOUND:
            raise StoreDown("too much waits to be written")
        future = self._loop.create_future()
        self._queue.put((future, verb, args))
        return future

    async def close(self) -> None:
        """Commit what is queued and end the thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        queue, more = self._queue, True
        while more:
            batch: list[Job] = []
            job = queue.get()
            try:
                while job is not None:
                    batch.append(job)
                    if len(batch) == BATCH_BOUND:
                        break
                    job = queue.get_nowait()
                more = job is not None
            except Empty:
                pass
            if batch:
                self._hand_back(self._run(batch))
        self._connection.close()

    def _run(self, batch: list[Job]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        connection, link = self._connection, self._link
        try:
            self._execute("BEGIN IMMEDIATE")
            for future, verb, args in batch:
                before = connection.total_changes
                try:
                    outcomes.append((future, verb(link, *args), None))
                except Exception as error:
                    if connection.total_changes != before or not connection.in_transaction:
                        raise
                    outcomes.append((future, None, in_our_words(error) or error))
            self._execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - a verb's failure belongs to its caller
            self._roll_back()
            return self._replay(batch) if len(batch) > 1 and len(outcomes) < len(batch) else _all_fail(batch, error)
        self.commits += 1
        return outcomes

    def _replay(self, batch: list[Job]) -> list[Outcome]:
        """Again, with a savepoint each; should even that lose the transaction (full disk), each in its own."""
        outcomes: list[Outcome] = []
        try:
            self._execute("BEGIN IMMEDIATE")
            for future, verb, args in batch:
                self._execute("SAVEPOINT alone")
                try:
                    outcomes.append((future, verb(self._link, *args), None))
                except Exception as error:  # noqa: BLE001 - a verb's failure belongs to its caller
                    self._execute("ROLLBACK TO alone")
                    outcomes.append((future, None, in_our_words(error) or error))
                self._execute("RELEASE alone")
            self._execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - a verb's failure belongs to its caller
            self._roll_back()
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                return _all_fail(batch, error)
            return [outcome for job in batch for outcome in self._run([job])]
        self.commits += 1
        return outcomes

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._execute("ROLLBACK")
            except sqlite3.Error:
                # a failed rollback leaves the transaction to the next BEGIN, which reports it
                return

    def _hand_back(self, outcomes: list[Outcome]) -> None:
        try:
            self._loop.call_soon_threadsafe(_settle, outcomes)
        except RuntimeError:
            # the loop has ended, nobody waits for the answers
            return


def _all_fail(batch: list[Job], error: BaseException) -> list[Outcome]:
    ours = in_our_words(error) or error
    return [(future, None, ours) for future, _, _ in batch]


def _settle(outcomes: list[Outcome]) -> None:
    for future, answer, error in outcomes:
        if future.done():
            continue
        if error is None:
            future.set_result(answer)
        else:
            future.set_exception(error)
