"""A hub for one platform alone, until somebody was answered there. Knows how to wait; must not ask the operator."""

from __future__ import annotations

import asyncio

from hub.core.hub import Hub
from hub.domain.inbound import Accepted, Inbound
from hub.runtime.house import GRACE_SECONDS, open_house
from hub.runtime.platforms import platform_config
from hub.runtime.settings.load import Loaded
from hub.runtime.supervisor import Supervisor

ANSWER_SECONDS = 90.0
"""How long the first answer may take."""


async def first_message(loaded: Loaded, name: str) -> str:
    """Serve platform `name` until one message has come and is answered; who wrote it.

    Raises SettingsError (also when another hub runs on the same database) and StoreDown."""
    house = await open_house(loaded, {name: platform_config(loaded, name)}, alone=True)
    supervisor = Supervisor(house.adapters, house.store, house.owner, loaded.settings.limits.lease_seconds)
    came: asyncio.Future[Inbound] = asyncio.get_running_loop().create_future()

    async def accept(inbound: Inbound) -> Accepted:
        accepted = await house.hub.accept(inbound)
        if accepted.inbox_id and not came.done():
            came.set_result(inbound)
        return accepted

    try:
        await house.hub.start(alone=loaded.settings.database.url.startswith("sqlite"))
        supervisor.start(accept)
        inbound = await came
        await _rests(house.hub)
        return inbound.sender.name or inbound.sender.user
    finally:
        await house.hub.stop(GRACE_SECONDS)
        await supervisor.stop()
        await house.close_adapters()
        await house.close()


async def _rests(hub: Hub) -> None:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            while hub.running():  # noqa: ASYNC110 - the hub keeps a count, and this is seldom asked
                await asyncio.sleep(0.1)
    except TimeoutError:
        return
