"""The one writer. Knows the queue, the batch and its commit; must not know any verb.

Verbs that wait are run in one transaction and committed once. When one fails after writing, the batch is run again
with a savepoint each, so that it fails alone.

Verbs run on the event loop, only the commit, which waits for the disk, on a thread: a statement takes microseconds but
gives up the interpreter's lock, and winning that back beside a busy loop was a quarter of a whole turn. What may take
long (a lock somebody else holds, a large file, a clean-up, a replay) runs on the thread as a whole. The two take turns
with the connection.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, NamedTuple

from hub.domain.errors import StoreDown
from storage.link import CompiledLink
from storage.sqlite.connection import BUSY_TIMEOUT_MS
from storage.sqlite.trouble import in_our_words
from storage.sqlite.windows import Windows

QUEUE_BOUND = 10_000
"""Verbs that may wait; more are refused with StoreDown."""

BATCH_BOUND = 512
"""Verbs that are committed together at most."""

SLICE_SECONDS = 0.005
"""The loop runs verbs no longer than this without a look at anything else."""

CROWD = 8
"""From so many on that wait for a first word no more are waited for."""

BUSY_PAUSE = 0.02

CALM_SECONDS, CALM_COMMITS = 0.02, 30
"""After so long without a verb the log is copied before anybody has to wait for it, if it holds so many commits: at
4,000 pages that takes 30 to 50 ms, and falls into a commit that somebody waits for."""

Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


class Job(NamedTuple):
    """A verb that waits. `long`: not on the loop; `soon`: somebody waits for a first word."""

    future: asyncio.Future[Any]
    verb: Callable[..., Any]
    args: tuple[Any, ...]
    long: bool
    soon: bool = False


class Writer:
    """Runs verbs one batch after the other; belongs to the event loop it was made in. Owns `connection`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.commits = 0
        self._connection = connection
        self._execute = connection.execute
        self._execute("PRAGMA busy_timeout=0")
        self._windows = Windows()
        self._link = CompiledLink(connection, self._windows)
        self._loop = asyncio.get_running_loop()
        self._soon: deque[Job] = deque()
        self._later: deque[Job] = deque()
        self._left = False
        """The last batch left some for later: the next one begins with them."""
        self._busy = False
        self._closed = False
        self._copied = 0
        """How many commits there were when the log was copied."""
        self._calm: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._tasks: SimpleQueue[Callable[[], list[Outcome]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def submit(
        self, verb: Callable[..., Any], args: tuple[Any, ...], *, long: bool = False, soon: bool = False
    ) -> asyncio.Future[Any]:
        """Queue a verb; the future carries its answer once that is committed. Raises StoreDown."""
        if self._closed:
            raise StoreDown("the database is closed")
        if len(self._soon) + len(self._later) >= QUEUE_BOUND:
            raise StoreDown("too much waits to be written")
        future = self._loop.create_future()
        (self._soon if soon else self._later).append(Job(future, verb, args, long, soon))
        if not self._busy:
            self._work_again()
            self._loop.call_soon(self._next)
        return future

    async def close(self) -> None:
        """Commit what is queued and end the thread."""
        if not self._closed:
            self._closed = True
            await self._idle.wait()
            self._tasks.put(None)
        await asyncio.to_thread(self._thread.join)

    def _next(self) -> None:
        """Take up what waits; on the loop, while the thread rests."""
        batch = self._batch()
        if not batch:
            self._rest()
        elif batch[0].long:
            self._tasks.put(lambda: self._run(batch))
        else:
            self._start(batch)

    def _rest(self) -> None:
        self._busy = False
        self._idle.set()
        if self.commits - self._copied >= CALM_COMMITS:
            self._calm = self._loop.call_later(CALM_SECONDS, self._copy_log)

    def _work_again(self) -> None:
        self._busy = True
        self._idle.clear()
        if self._calm is not None:
            self._calm.cancel()
            self._calm = None

    def _copy_log(self) -> None:
        if not self._closed:
            self._work_again()
            self._tasks.put(self._checkpoint)

    def _batch(self) -> list[Job]:
        """What may run together: first what somebody waits for, unless others were left waiting for it the last time.

        A long one comes alone."""
        batch: list[Job] = []
        for waiting in (self._later, self._soon) if self._left else (self._soon, self._later):
            while waiting and len(batch) < BATCH_BOUND and not (batch and (waiting[0].long or batch[0].long)):
                batch.append(waiting.popleft())
        return batch

    def _start(self, batch: list[Job]) -> None:
        """Run a batch's verbs here and leave its commit to the thread; all of it, when it cannot be begun here."""
        before = self._connection.total_changes
        try:
            self._begin()
            outcomes = self._verbs(batch, time.perf_counter() + SLICE_SECONDS)
        except Exception as error:  # noqa: BLE001 - a verb's failure belongs to its caller
            self._roll_back()
            alone = error
            self._tasks.put(lambda: self._run(batch) if _is_busy(alone) else self._after(batch, alone))
            return
        for job in reversed(batch[len(outcomes) :]):
            (self._soon if job.soon else self._later).appendleft(job)
        self._left = bool(self._later) and not self._left
        done = batch[: len(outcomes)]
        if self._connection.total_changes == before:
            # nothing was written, so nothing waits for the disk
            self._settle(self._commit(done, outcomes))
        else:
            self._tasks.put(lambda: self._commit(done, outcomes))

    def _verbs(self, batch: list[Job], until: float) -> list[Outcome]:
        """The outcomes of `batch`, or of as many as could be begun until then. Raises when one failed after writing."""
        outcomes: list[Outcome] = []
        connection, link = self._connection, self._link
        for future, verb, args, *_ in batch:
            before = connection.total_changes
            try:
                outcomes.append((future, verb(link, *args), None))
            except Exception as error:
                self._windows.clear()
                if connection.total_changes != before or not connection.in_transaction:
                    raise
                outcomes.append((future, None, in_our_words(error) or error))
            if time.perf_counter() > until:
                break
        return outcomes

    def _commit(self, batch: list[Job], outcomes: list[Outcome]) -> list[Outcome]:
        try:
            self._execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - a verb's failure belongs to its caller
            self._roll_back()
            return _all_fail(batch, error)
        self.commits += 1
        return outcomes

    def _checkpoint(self) -> list[Outcome]:
        """Copy the log into the file; on the thread. What hinders it, such as a full disk, the next commit will say."""
        self._copied = self.commits
        with suppress(sqlite3.Error):
            self._execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        return []

    def _run(self, batch: list[Job]) -> list[Outcome]:
        """A whole batch with its commit, waiting for the lock; on the thread."""
        try:
            self._begin_patiently()
            outcomes = self._verbs(batch, float("inf"))
        except Exception as error:  # noqa: BLE001 - a verb's failure belongs to its caller
            self._roll_back()
            return self._after(batch, error)
        return self._commit(batch, outcomes)

    def _begin(self) -> None:
        self._execute("BEGIN IMMEDIATE")
        ((version,),) = self._execute("PRAGMA data_version").fetchall()
        self._windows.now_at(version)

    def _begin_patiently(self) -> None:
        deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
        while True:
            try:
                self._begin()
                return
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() > deadline:
                    raise
                time.sleep(BUSY_PAUSE)

    def _after(self, batch: list[Job], error: BaseException) -> list[Outcome]:
        """What becomes of a batch that was rolled back."""
        return _all_fail(batch, error) if len(batch) == 1 or _is_busy(error) else self._replay(batch)

    def _replay(self, batch: list[Job]) -> list[Outcome]:
        """Again, with a savepoint each; should even that lose the transaction (full disk), each in its own."""
        outcomes: list[Outcome] = []
        try:
            self._begin_patiently()
            for future, verb, args, *_ in batch:
                self._execute("SAVEPOINT alone")
                try:
                    outcomes.append((future, verb(self._link, *args), None))
                except Exception as error:  # noqa: BLE001 - a verb's failure belongs to its caller
                    self._windows.clear()
                    self._execute("ROLLBACK TO alone")
                    outcomes.append((future, None, in_our_words(error) or error))
                self._execute("RELEASE alone")
            self._execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - a verb's failure belongs to its caller
            self._roll_back()
            if _is_busy(error):
                return _all_fail(batch, error)
            return [outcome for job in batch for outcome in self._run([job])]
        self.commits += 1
        return outcomes

    def _roll_back(self) -> None:
        self._windows.clear()
        if self._connection.in_transaction:
            try:
                self._execute("ROLLBACK")
            except sqlite3.Error:
                # a failed rollback leaves the transaction to the next BEGIN, which reports it
                return

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            outcomes = task()
            try:
                self._loop.call_soon_threadsafe(self._settle, outcomes)
            except RuntimeError:
                # the loop has ended, nobody waits for the answers
                break
        self._connection.close()

    def _settle(self, outcomes: list[Outcome]) -> None:
        """Hand back what was answered. Whoever wakes up now may queue more before the next batch, unless many wait
        already: then the disk has their batch to write while the others go on."""
        for future, answer, error in outcomes:
            if future.done():
                continue
            if error is None:
                future.set_result(answer)
            else:
                future.set_exception(error)
        if len(self._soon) < CROWD:
            self._loop.call_soon(self._next)
        else:
            self._next()


def _all_fail(batch: list[Job], error: BaseException) -> list[Outcome]:
    ours = in_our_words(error) or error
    return [(job.future, None, ours) for job in batch]


def _is_busy(error: BaseException) -> bool:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
