"""What the house offers to an adapter besides `accept`. Knows screen, shelf and words; must not know where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hub.domain.address import Address
from hub.domain.conversation import ShownMessage
from hub.domain.inbound import Attachment
from hub.ports.hints import Hints
from hub.ports.till import Till


@dataclass(frozen=True, slots=True)
class Heard:
    """A place, and the platform's id of the newest message that was taken there."""

    address: Address
    event_id: str


class Transcript(Protocol):
    """The screen of an address, for platforms where we are the screen."""

    async def history(self, address: Address, limit: int) -> tuple[ShownMessage, ...]:
        """The newest `limit` messages, oldest first; notices already in words."""
        ...


class Shelf(Protocol):
    """Where files are put that a message then names."""

    async def put_file(self, address: Address, media_type: str, name: str, content: bytes) -> Attachment:
        """Keep a file for `address`. Raises StoreDown."""
        ...

    async def find_file(self, tenant: int, file: str) -> Attachment | None:
        """What `get_file` says about a file, without reading it."""
        ...

    async def get_file(self, tenant: int, file: str) -> tuple[Attachment, bytes] | None:
        """A file by its id, None when there is none in this tenant."""
        ...


class Notebook(Protocol):
    """Small facts that an adapter must find again after a restart. Every method raises StoreDown."""

    async def read(self, platform: str, name: str) -> str:
        """What was written last; empty when nothing was."""
        ...

    async def write(self, platform: str, name: str, value: str) -> None:
        """Keep `value` until 90 days after it was last written; an empty one is forgotten at once."""
        ...

    async def heard(self, tenant: int, platform: str, bot: str, limit: int) -> tuple[Heard, ...]:
        """Where people wrote to `bot` lately, the newest first."""
        ...

    async def moved(self, address: Address, chat: str) -> None:
        """The platform calls the chat of `address` `chat` from now on. A repeat changes nothing."""
        ...


class House(Protocol):
    """Given to every adapter when it is made."""

    transcript: Transcript
    shelf: Shelf
    notebook: Notebook
    till: Till
    hints: Hints

    def words(self, key: str, language: str, **arguments: str | int) -> str:
        """A notice in words, for what an adapter must say without a turn (errors over HTTP)."""
        ...

    def key_for(self, purpose: str) -> bytes:
        """32 secret bytes for `purpose`, the same after every restart."""
        ...
