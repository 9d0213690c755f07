"""What adapters are given beside `accept`. Knows the store and the notices; must not know any adapter."""

from __future__ import annotations

import hashlib
import hmac
import logging
from dataclasses import replace

from hub.core.notices import render, words
from hub.domain.address import Address
from hub.domain.conversation import ShownMessage
from hub.domain.errors import ForPerson
from hub.domain.invoice import Charge
from hub.domain.reply import Button
from hub.ports.hints import Hints
from hub.ports.house import Heard, House, Notebook, Shelf, Transcript
from hub.ports.store import ScreenRow, Store
from hub.ports.till import Till

log = logging.getLogger("parley.money")


class StoredTranscript(Transcript):
    """The screen of an address, read from the inbox and the outbox."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def history(self, address: Address, limit: int) -> tuple[ShownMessage, ...]:
        """See hub.ports.house.Transcript."""
        return tuple(_in_words(row) for row in await self._store.screen(address, limit))


class StoredNotebook(Notebook):
    """Notes, and where people wrote lately."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, platform: str, name: str) -> str:
        """See hub.ports.house.Notebook."""
        return await self._store.read_note(platform, name)

    async def write(self, platform: str, name: str, value: str) -> None:
        """See hub.ports.house.Notebook."""
        await self._store.write_note(platform, name, value)

    async def heard(self, tenant: int, platform: str, bot: str, limit: int) -> tuple[Heard, ...]:
        """See hub.ports.house.Notebook."""
        return await self._store.heard(tenant, platform, bot, limit)

    async def moved(self, address: Address, chat: str) -> None:
        """See hub.ports.house.Notebook."""
        await self._store.move_chat(address, chat)


def _in_words(row: ScreenRow) -> ShownMessage:
    if row.reply is None:
        return row.shown
    notice = render(row.reply.notice) if row.reply.notice else ""
    buttons = tuple(labelled(button, row.language) for button in row.reply.buttons)
    return replace(row.shown, text=join(row.reply.text, notice), buttons=buttons)


def labelled(button: Button, language: str) -> Button:
    """`button` with its label in words."""
    return replace(button, label=words(button.label, language), translate=False) if button.translate else button


def join(text: str, notice: str) -> str:
    """A reply's text with its notice as a footnote; either may be empty."""
    return f"{text}\n\n---\n\n{notice}" if text and notice else text or notice


class ClosedTill(Till):
    """Sells nothing. What is paid all the same (an old link, another program's invoice) is noted for the operator."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook

    async def ask(self, charge: Charge) -> None:
        """See hub.ports.till.Till: never."""
        raise ForPerson("stars_later")

    async def paid(self, charge: Charge) -> bool:
        """See hub.ports.till.Till."""
        return await self._note("paid", charge)

    async def refunded(self, charge: Charge) -> bool:
        """See hub.ports.till.Till."""
        return await self._note("refunded", charge)

    async def _note(self, what: str, charge: Charge) -> bool:
        told = f"{charge.price} {charge.currency} {what} by {charge.sender.user} for {charge.payload}"
        log.warning("%s, and nothing is for sale: %s", charge.id, told)
        await self._notebook.write(charge.address.platform, f"{what}:{charge.id}", told)
        return False


class CoreHouse(House):
    """hub.ports.house.House over a store. Open it with `CoreHouse.open(store)` before the adapters are made."""

    transcript: Transcript
    shelf: Shelf
    notebook: Notebook
    till: Till
    hints: Hints

    def __init__(self, store: Store, secret: bytes) -> None:
        self.transcript = StoredTranscript(store)
        self.shelf = store
        self.notebook = StoredNotebook(store)
        self.till = ClosedTill(self.notebook)
        self.hints = store.hints
        self._secret = secret

    @classmethod
    async def open(cls, store: Store) -> CoreHouse:
        """Read (or make) the house's secret. Raises StoreDown."""
        return cls(store, await store.house_secret("house"))

    def words(self, key: str, language: str, **arguments: str | int) -> str:
        """See hub.ports.house.House."""
        return words(key, language, **arguments)

    def key_for(self, purpose: str) -> bytes:
        """A key of its own for every purpose: HMAC-SHA256 of the house's secret, with the purpose as label."""
        return hmac.new(self._secret, purpose.encode(), hashlib.sha256).digest()
