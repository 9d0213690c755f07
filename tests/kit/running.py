"""A running house with a stand-in for the model behind it. Knows how to furnish one; must not know what is tested."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.web.sandbox import Person
from providers.kit.stand_in import Script
from providers.llm.openai.sandbox import OpenAISandbox
from tests.kit.hub import HubProcess

SETTINGS = """
[providers.stand-in]
kind = "openai-compatible"
api_key = "sk-journey-test-key"
base_url = "{base_url}"
[[models]]
name = "stand-in"
provider = "stand-in"
free = true
[limits]
person_per_minute = 0
{limits}
{more}
"""


@dataclass(frozen=True)
class House:
    """The process and the model it asks."""

    hub: HubProcess
    models: OpenAISandbox

    def asked(self) -> list[str]:
        """The newest question of every call the model got, in order."""
        return [self.models.question(call.body) for call in self.models.heard]


def settings(base_url: str, limits: str = "", more: str = "") -> str:
    """A settings.toml with the stand-in as its only model; `limits`: more lines of that table, `more`: more tables."""
    return SETTINGS.format(base_url=base_url, limits=limits, more=more)


@asynccontextmanager
async def running_house(
    home: Path, script: Script | None = None, *, database: str = "", limits: str = "", more: str = ""
) -> AsyncIterator[House]:
    """A hub that listens, and its model; killed at the end."""
    async with OpenAISandbox(script) as models:
        hub = HubProcess(home, settings(models.base_url, limits, more), database)
        await hub.start()
        try:
            yield House(hub, models)
        finally:
            await hub.kill()


def finished(person: Person) -> list[dict[str, Any]]:
    """What stands finished on the screen and they did not say, oldest first."""
    return [message for message in person.answers() if message["state"] != "streaming"]


async def answered(person: Person, count: int, seconds: float = 30) -> list[str]:
    """Wait for `count` finished answers; their texts."""
    await person.until(
        lambda: {"": finished(person)} if len(finished(person)) >= count else None, seconds, f"{count} answers"
    )
    return [message["text"] for message in finished(person)]


async def until(met: Any, seconds: float, what: str) -> None:
    """Wait until the coroutine function `met` returns something true."""
    try:
        async with asyncio.timeout(seconds):
            while not await met():
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"not within {seconds} s: {what}") from None
