"""A house of one room: the port's promises kept in memory, so that an adapter is tested without the floors above it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from hub.core.notices import words
from hub.domain.address import Address
from hub.domain.conversation import ShownMessage
from hub.domain.errors import StoreDown
from hub.domain.inbound import Accepted, Attachment, Content, Inbound, Said
from hub.domain.invoice import Charge
from hub.ports.hints import Hints
from hub.ports.house import Heard, Notebook, Shelf, Transcript
from hub.ports.till import Till
from storage.sqlite.ground import Silence


@dataclass
class Room:
    """House, Transcript, Shelf and the accept function in one."""

    secret: bytes = b"a house"
    inbox: list[Inbound] = field(default_factory=list)
    offered: list[Inbound] = field(default_factory=list)
    """Everything that came, also what was known already or refused."""
    shown: dict[Address, dict[str, ShownMessage]] = field(default_factory=dict)
    files: dict[tuple[int, str], tuple[Attachment, bytes]] = field(default_factory=dict)
    store_down: bool = False
    refuse: Exception | None = None
    then: Callable[[Inbound, int], Awaitable[None]] | None = None
    """What follows an accepted inbound before the acknowledgement: a house that is very quick."""
    reading: Callable[[], Awaitable[None]] | None = None
    """Happens while a history is being read."""
    sells: Exception | None = None
    """Why nothing may be paid; None: everything may."""
    asked: list[Charge] = field(default_factory=list)
    charges: dict[str, Charge] = field(default_factory=dict)
    refunds: dict[str, Charge] = field(default_factory=dict)
    asked_keys: set[str] = field(default_factory=set)
    notes: dict[tuple[str, str], str] = field(default_factory=dict)
    moves: dict[str, str] = field(default_factory=dict)
    """New names of chats, by their old ones."""

    def __post_init__(self) -> None:
        self.transcript: Transcript = self
        self.shelf: Shelf = self
        self.notebook: Notebook = self
        self.till: Till = self
        self.hints: Hints = Silence()

    def words(self, key: str, language: str, **arguments: str | int) -> str:
        return words(key, language, **arguments)

    def key_for(self, purpose: str) -> bytes:
        self.asked_keys.add(purpose)
        return hashlib.sha256(self.secret + purpose.encode()).digest()

    async def accept(self, inbound: Inbound) -> Accepted:
        self.offered.append(inbound)
        if self.store_down:
            raise StoreDown
        if self.refuse is not None:
            raise self.refuse
        key = (inbound.address.tenant, inbound.address.platform, inbound.address.bot, inbound.event_id)
        for number, known in enumerate(self.inbox, 1):
            place = known.address
            if key == (place.tenant, place.platform, place.bot, known.event_id):
                return Accepted(number, 1, duplicate=True, changed=known.content != inbound.content)
        self.inbox.append(inbound)
        number = len(self.inbox)
        files = inbound.content.attachments if isinstance(inbound.content, Said) else ()
        said = said_as(inbound.content)
        self.keep(inbound.address, ShownMessage(f"p{number}", "person", said, "done", _now(), files))
        if self.then is not None:
            await self.then(inbound, number)
        return Accepted(number, 1)

    def keep(self, address: Address, message: ShownMessage) -> None:
        """Commit a line of the screen."""
        self.shown.setdefault(address, {})[message.id] = message

    def answered(self, address: Address, key: str, text: str, state: str = "done") -> None:
        """Commit an answer, as finishing a turn does before anything is sent."""
        self.keep(address, ShownMessage(key, "assistant", text, state, _now()))

    async def history(self, address: Address, limit: int) -> tuple[ShownMessage, ...]:
        if self.store_down:
            raise StoreDown
        seen = tuple(replace(message) for message in self.shown.get(address, {}).values())[-limit:]
        if self.reading is not None:
            await self.reading()
        return seen

    async def read(self, platform: str, name: str) -> str:
        if self.store_down:
            raise StoreDown
        return self.notes.get((platform, name), "")

    async def write(self, platform: str, name: str, value: str) -> None:
        if self.store_down:
            raise StoreDown
        self.notes[platform, name] = value

    async def heard(self, tenant: int, platform: str, bot: str, limit: int) -> tuple[Heard, ...]:
        newest: dict[Address, Heard] = {}
        for inbound in reversed(self.inbox):
            place = inbound.address
            if (place.tenant, place.platform, place.bot) == (tenant, platform, bot) and isinstance(
                inbound.content, Said
            ):
                newest.setdefault(place, Heard(place, inbound.event_id))
        return tuple(newest.values())[:limit]

    async def moved(self, address: Address, chat: str) -> None:
        if self.store_down:
            raise StoreDown
        self.moves[address.chat] = chat

    async def ask(self, charge: Charge) -> None:
        self.asked.append(charge)
        if self.store_down:
            raise StoreDown
        if self.sells is not None:
            raise self.sells

    async def paid(self, charge: Charge) -> bool:
        if self.store_down:
            raise StoreDown
        known = charge.id in self.charges
        kept = self.charges.setdefault(charge.id, charge)
        assert (kept.address, kept.sender, kept.payload, kept.price) == (
            charge.address, charge.sender, charge.payload, charge.price
        )  # fmt: skip
        return not known

    async def refunded(self, charge: Charge) -> bool:
        if self.store_down:
            raise StoreDown
        known = charge.id in self.refunds
        self.refunds[charge.id] = charge
        return not known

    async def put_file(self, address: Address, media_type: str, name: str, content: bytes) -> Attachment:
        if self.store_down:
            raise StoreDown
        attachment = Attachment(f"f{len(self.files) + 1}", media_type, name, len(content))
        self.files[address.tenant, attachment.file] = (attachment, content)
        return attachment

    async def find_file(self, tenant: int, file: str) -> Attachment | None:
        found = self.files.get((tenant, file))
        return found[0] if found else None

    async def get_file(self, tenant: int, file: str) -> tuple[Attachment, bytes] | None:
        return self.files.get((tenant, file))


def said_as(content: Content) -> str:
    return content.text if isinstance(content, Said) else f"/{content.command} {content.argument}".rstrip()


def _now() -> int:
    return time.time_ns() // 1_000_000
