"""The contract's person at a real pseudo-terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.table import create
from adapters.terminal.config import TerminalConfig
from adapters.terminal.sandbox import Screen
from hub.domain.address import DEFAULT_TENANT, Address

from .house import Room

_PROMPT = "you> "


class TerminalKit:
    """What the contract asks of a platform, on a screen."""

    lacks: ClassVar[Mapping[str, str]] = {
        "again": "a key is pressed once",
        "in_group": "one person sits at a terminal",
        "reacts": "a terminal has no reactions",
        "mention": "nobody can be mentioned at a terminal",
        "floods": "nobody is over us who could refuse",
        "elsewhere": "a terminal is one tenant's",
    }

    def __init__(self, tenant: int) -> None:
        self.person = Screen()
        self.room = Room()
        config = TerminalConfig(stdin=self.person.stdin, stdout=self.person.stdout, prompt=_PROMPT, tenant=tenant)
        self.adapter: Any = create("terminal", config, self.room)
        self.address = Address(tenant, "terminal", "local", config.user)
        self._running = asyncio.create_task(self.adapter.run(self.room.accept))

    @classmethod
    async def start(cls, tenant: int = DEFAULT_TENANT) -> TerminalKit:
        kit = cls(tenant)
        await kit.person.sees(_PROMPT)
        return kit

    async def says(self, text: str) -> None:
        before = len(self.room.inbox)
        self.person.types(text)
        async with asyncio.timeout(5):
            while len(self.room.inbox) == before:
                await asyncio.sleep(0.005)

    async def opens(self, label: str) -> str:
        return await self.person.opens(label)

    async def screen(self, holding: str = "", timeout: float = 5) -> list[str]:
        seen = await self.person.sees(holding, timeout) if holding else self.person.bare
        answers = [piece.strip("\n") for piece in seen.split(_PROMPT)]
        return [
            "\n".join(line for line in answer.split("\n") if line[:2] != "→ ").strip() for answer in answers if answer
        ]

    async def frames(self) -> int:
        return self.person.chunks

    async def quiet(self) -> None:
        """Listen no longer."""
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    async def leaves(self) -> None:
        await self.quiet()
        self.person.leave()

    async def stop(self) -> None:
        await self.quiet()
        await self.adapter.close()
        self.person.leave()
