"""Two processes and one session at a platform: one listens, the other takes over when it is gone."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tests.contract.store.conftest import Database

LEASE = 1.5


@asynccontextmanager
async def listener(database: Database, owner: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.kit.listener", database.url, owner, str(LEASE), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert await said(process) == "started"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def said(process: asyncio.subprocess.Process, seconds: float = 20) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(seconds):
        return (await process.stdout.readline()).decode().strip()


async def hears_nothing(process: asyncio.subprocess.Process, seconds: float) -> bool:
    try:
        return not await said(process, seconds)
    except TimeoutError:
        return True


async def test_the_other_takes_over(database: Database) -> None:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(listener(database, "first"))
        assert await said(first) == "listens"
        second = await stack.enter_async_context(listener(database, "second"))
        assert await hears_nothing(second, LEASE * 2), "the lease is renewed"
        first.send_signal(signal.SIGKILL)
        died = time.monotonic()
        assert await said(second) == "listens"
        assert time.monotonic() - died < LEASE + 2, "when the lease has run out"

        third = await stack.enter_async_context(listener(database, "third"))
        second.send_signal(signal.SIGTERM)
        assert await said(second) == "ends"
        stopped = time.monotonic()
        assert await said(third) == "listens"
        assert time.monotonic() - stopped < LEASE, "one that stops gives its lease back at once"


async def test_who_loses_the_lease_ends(database: Database) -> None:
    async with listener(database, "first") as first:
        assert await said(first) == "listens"
        await database.sql("UPDATE listeners SET owner = 'another', until = until + 600000")
        assert await said(first) == "ends"
        assert await hears_nothing(first, LEASE)
        await database.sql("UPDATE listeners SET until = 0")
        assert await said(first) == "listens"
