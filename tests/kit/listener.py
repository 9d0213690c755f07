"""A process whose only adapter may listen in one process only; it prints when it begins, and when it ends.

`python -m tests.kit.listener DATABASE OWNER LEASE_SECONDS`: runs until SIGTERM.
"""

from __future__ import annotations

import asyncio
import signal
import sys

from hub.domain.address import Address
from hub.domain.capabilities import Capabilities
from hub.domain.reply import Part, Ref
from hub.ports.adapter import Accept
from hub.runtime.supervisor import Supervisor
from storage.store import open_store


class Gateway:
    """Listens, and hears nothing."""

    name = "gateway"
    listener = "gateway:one session"

    def capabilities(self, address: Address) -> Capabilities:
        return Capabilities(100)

    async def run(self, accept: Accept) -> None:
        print("listens", flush=True)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            print("ends", flush=True)

    async def send(self, address: Address, part: Part, key: str) -> Ref:
        return Ref(key)

    async def edit(self, address: Address, ref: Ref, part: Part) -> None: ...

    async def close(self) -> None: ...


async def main(database: str, owner: str, seconds: float) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    store = await open_store(database)
    supervisor = Supervisor({"gateway": Gateway()}, store, owner, seconds)
    supervisor.start(nobody)  # type: ignore[arg-type]
    print("started", flush=True)
    await stopping.wait()
    await supervisor.stop()
    await store.close()


async def nobody(inbound: object) -> None:
    raise AssertionError("nothing comes in here")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
