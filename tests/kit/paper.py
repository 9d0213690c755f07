"""A made-up platform that lives in memory, for what the web alone cannot show: edits, limits, refusals, groups.

It is a platform, not a double of our code: it keeps a screen as a real one would, and misbehaves on request.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field, replace

from hub.domain.address import Address, ChatKind
from hub.domain.capabilities import Capabilities
from hub.domain.errors import Rejected, TooLarge
from hub.domain.inbound import Accepted, Content, Inbound, Said, Sender
from hub.domain.reply import Part, Ref
from hub.ports.adapter import Accept

PLAIN = Capabilities(text_limit=4_000, edits=True, edit_interval=0.02, typing=True, buttons=True)


@dataclass
class Shown:
    """One message on the screen, with every text it has had."""

    chat: str
    part: Part
    texts: list[str] = field(default_factory=list)


class Paper:
    """The platform and its adapter in one. `faults` are raised by the next sends and edits, one each; None passes."""

    name = "paper"

    def __init__(self, capabilities: Capabilities = PLAIN) -> None:
        self.offers = capabilities
        self.screen: dict[str, Shown] = {}
        self.erased: list[str] = []
        self.typed = 0
        self.admins: set[str] = set()
        """Users who run every group."""
        self.titles: dict[str, list[str]] = {}
        self.faults: list[Exception | None] = []
        self.files: dict[str, bytes | list[Exception]] = {}
        """By source: what is there, or what is raised by each asking."""
        self.accept: Accept | None = None
        self.calls: list[tuple[str, float]] = []
        """Chat and time of everything that went out."""
        self._numbers = itertools.count(1)
        self._changed = asyncio.Event()

    def capabilities(self, address: Address) -> Capabilities:
        return self.offers

    async def run(self, accept: Accept) -> None:
        self.accept = accept
        await asyncio.Event().wait()

    async def send(self, address: Address, part: Part, key: str) -> Ref:
        self._misbehave(address)
        assert len(part.text) <= self.offers.text_limit, "the platform refuses over-long text"
        ref = f"m{next(self._numbers)}"
        self.screen[ref] = Shown(address.chat, part, [part.text])
        self._change()
        return Ref(ref)

    async def edit(self, address: Address, ref: Ref, part: Part) -> None:
        self._misbehave(address)
        if ref.value not in self.screen:
            raise Rejected("no such message")
        shown = self.screen[ref.value]
        shown.part = part
        shown.texts.append(part.text)
        self._change()

    async def erase(self, address: Address, ref: Ref) -> None:
        self.calls.append((address.chat, time.monotonic()))
        self.screen.pop(ref.value, None)
        self.erased.append(ref.value)
        self._change()

    async def typing(self, address: Address) -> None:
        self.calls.append((address.chat, time.monotonic()))
        self.typed += 1

    async def fetch(self, address: Address, source: str, limit: int) -> bytes:
        found = self.files.get(source)
        if isinstance(found, list):
            raise found.pop(0) if found else Rejected("gone")
        if found is None:
            raise Rejected("no such file")
        if len(found) > limit:
            raise TooLarge
        return found

    async def is_admin(self, address: Address, user: str) -> bool:
        return user in self.admins

    async def entitle(self, address: Address, title: str) -> None:
        self._misbehave(address)
        self.titles.setdefault(address.chat, []).append(title)

    async def close(self) -> None:
        return

    def _misbehave(self, address: Address) -> None:
        self.calls.append((address.chat, time.monotonic()))
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault

    def _change(self) -> None:
        self._changed.set()

    def texts(self, chat: str) -> list[str]:
        """What stands on the screen of a chat, top to bottom."""
        return [shown.part.text for shown in self.screen.values() if shown.chat == chat]


@dataclass
class Person:
    """Somebody on the paper platform."""

    name: str
    platform: Paper
    accept: Accept
    chat: str = ""
    tenant: int = 1
    language: str = "en"
    kind: ChatKind = ChatKind.PRIVATE
    _events: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def address(self) -> Address:
        return Address(self.tenant, "paper", "bot", self.chat or self.name, "", self.kind)

    async def says(self, what: str | Content, event: str = "") -> Accepted:
        content = Said(what) if isinstance(what, str) else what
        event_id = event or f"{self.name}-{next(self._events)}"
        return await self.accept(Inbound(self.address, Sender(self.name, self.name, self.language), event_id, content))

    async def sees(self, words: str, times: int = 1, seconds: float = 10) -> str:
        """Wait until `words` stand on the screen in as many messages; the last of them."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self.platform._changed.clear()
                    found = [text for text in self.platform.texts(self.address.chat) if words in text]
                    if len(found) >= times:
                        return found[-1]
                    await self.platform._changed.wait()
        except TimeoutError:
            screen = "\n---\n".join(self.platform.texts(self.address.chat))
            raise AssertionError(f"{self.name} never saw {words!r} {times} times; the screen:\n{screen}") from None


def limited(text_limit: int, **changes: object) -> Capabilities:
    """The plain platform with a smaller limit."""
    return replace(PLAIN, text_limit=text_limit, **changes)  # type: ignore[arg-type]
