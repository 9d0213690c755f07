"""A process that runs one hourly job on a clock of its own, for tests: `python -m tests.kit.worker URL OWNER FILE`.

An hour of its clock passes in a second; every run writes a line with the slot and the owner, at its begin and its end.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path

from hub.core.jobs.runner import Job, Runner
from hub.domain.jobs import Cadence, Every
from storage.store import open_store

SPEED = 3600
LEASE = 1.5
BEGAN = 1_790_000_000


def now() -> int:
    """Milliseconds: an hour for each second since a fixed moment that all processes share."""
    return int((BEGAN + (time.time() - BEGAN) * SPEED) * 1000)


async def main(url: str, owner: str, written: Path, seconds: float) -> None:
    """Work until SIGTERM."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)

    async def work(slot: int, at: int) -> str:
        write(f"begin {slot} {owner}")
        await asyncio.sleep(seconds)
        write(f"end {slot} {owner}")
        return "worked"

    def write(line: str) -> None:
        with written.open("a") as out:
            out.write(line + "\n")

    store = await open_store(url)
    runner = Runner(
        store, [Job("work", Cadence(Every.HOUR), work)], owner, now=now, lease_seconds=LEASE, most_sleep=0.1
    )
    runner.start()
    write(f"ready 0 {owner}")
    await stopping.wait()
    await runner.close(1)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), float(sys.argv[4])))
