"""Private talks there are, kept across restarts. Knows channels and when each began; must not know what was said.

Discord tells a bot of its servers' channels with every new session, and of private ones never again.
"""

from __future__ import annotations

import logging

import msgspec

from adapters.discord.adapter.answers import PLATFORM
from hub.domain.errors import StoreDown
from hub.ports.house import Notebook

MOST = 500
"""Private talks kept, the newest."""

log = logging.getLogger("parley.discord")


class Met:
    """Private channels of one bot, each with the snowflake of the first thing that came from there."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._bot = ""
        self._channels: dict[str, int] = {}

    async def read(self, bot: str) -> None:
        """Read what is kept for `bot`. Raises StoreDown."""
        self._bot = bot
        kept = await self._notebook.read(PLATFORM, self._name)
        try:
            self._channels = msgspec.json.decode(kept, type=dict[str, int]) if kept else {}
        except msgspec.DecodeError:
            self._channels = {}

    async def meet(self, channel: str, moment: int) -> None:
        """Somebody speaks in `channel`; written down only the first time."""
        if channel in self._channels:
            return
        self._channels[channel] = moment
        while len(self._channels) > MOST:
            del self._channels[next(iter(self._channels))]
        try:
            await self._notebook.write(PLATFORM, self._name, msgspec.json.encode(self._channels).decode())
        except StoreDown as error:
            log.info("a private talk is not written down: %s", error)

    def since(self, floor: int) -> dict[str, int]:
        """Every private channel, with the snowflake after which something may be missing."""
        return {channel: max(first, floor) for channel, first in self._channels.items()}

    @property
    def _name(self) -> str:
        return f"private:{self._bot}"
