"""Interactions and the tokens they are answered with. Knows deadlines; must not know what is answered.

Discord wants a first sign within 3 seconds and lets the answer follow for 15 minutes, by a token that came with the
interaction. The token is kept by the key of the reply it belongs to, so that a restarted hub can still answer with it.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from adapters.discord.adapter.places import Few
from adapters.discord.errors import ALREADY_ACKNOWLEDGED, code_of
from adapters.discord.parse.inbound import COMPONENT
from adapters.discord.parse.shapes import Interaction
from adapters.discord.wire.line import Account
from hub.domain.address import Address
from hub.domain.errors import AdapterError, Forbidden, Rejected, StoreDown, Unreachable
from hub.domain.inbound import Accepted
from hub.ports.house import Notebook

PLATFORM = "discord"
EPHEMERAL = 64
"""Message flag: for the eyes of one person."""

REPLY, DEFER_REPLY, DEFER_UPDATE, CHOICES = 4, 5, 6, 8
"""Kinds of first signs."""

SLOTS = 4096
"""Tokens kept in the notebook, by key; the place of an old one is taken by a new one."""

MOST_REMEMBERED = 20_000


class Note(msgspec.Struct):
    """An interaction as it is kept. `press`: of a button, so the message it stands under is not our answer.

    `foreign`: where it happened the bot is no member, so that the token is the only way in."""

    key: str
    application: str
    interaction: str
    token: str
    at: float
    press: bool
    foreign: bool


class Answer:
    """One interaction and what is known about answering it."""

    def __init__(self, account: Account, note: Note, life: float, *, acknowledged: bool = False) -> None:
        self.note = note
        self.sent: dict[str, str] = {}
        """Refs by key, for parts that only the token can send."""
        self.returned = asyncio.Event()
        self.floor = 0
        self._account, self._life = account, life
        self._acknowledged = acknowledged
        self._dead = False
        self._turn = asyncio.Lock()

    @classmethod
    def to(cls, account: Account, interaction: Interaction, life: float) -> Answer:
        """The answer to what just came in."""
        owners = interaction.authorizing_integration_owners
        ours = owners is None or "0" in owners or interaction.context == 1
        foreign = interaction.context == 2 or (interaction.context is not None and not ours)
        press = interaction.type == COMPONENT
        now = time.time()
        note = Note("", interaction.application_id, interaction.id, interaction.token, now, press, foreign)
        return cls(account, note, life)

    @property
    def alive(self) -> bool:
        """Whether the token is still good."""
        return not self._dead and 0 <= time.time() - self.note.at < self._life

    def die(self) -> None:
        """The token is no longer taken."""
        self._dead = True

    async def acknowledge(self) -> bool:
        """Give the first sign unless it was given; whether the token can be used. Never raises AdapterError."""
        async with self._turn:
            if not self._acknowledged and self.alive:
                await self._sign({"type": DEFER_UPDATE if self.note.press else DEFER_REPLY})
            return self._acknowledged and self.alive

    async def say(self, words: str) -> None:
        """A first sign that is the whole answer, for one person's eyes."""
        async with self._turn:
            if not self._acknowledged:
                shown = {"content": words, "flags": EPHEMERAL, "allowed_mentions": {"parse": []}}
                await self._sign({"type": REPLY, "data": shown})

    async def suggest(self, choices: list[str]) -> None:
        """What could be typed next."""
        await self._sign({"type": CHOICES, "data": {"choices": [{"name": one, "value": one} for one in choices]}})

    async def _sign(self, body: object) -> None:
        note = self.note
        try:
            await self._account.call(
                "POST", "interactions/{}/{}/callback", note.interaction, note.token, body=body, bare=True
            )
            self._acknowledged = True
        except (Rejected, Forbidden) as error:
            self._acknowledged = code_of(error) == ALREADY_ACKNOWLEDGED
            self._dead = not self._acknowledged
        except AdapterError:
            return


class Answers:
    """All open interactions of one bot."""

    def __init__(self, account: Account, bot: str, notebook: Notebook, life: float) -> None:
        self._account, self._bot, self._notebook, self._life = account, bot, notebook, life
        self._by_key: Few[Answer | None] = Few(MOST_REMEMBERED)
        self._by_message: Few[Answer] = Few(MOST_REMEMBERED)
        self._arriving: dict[Address, Answer] = {}
        self._newest = 0

    @contextmanager
    def arriving(self, address: Address, answer: Answer) -> Iterator[None]:
        """While an interaction is being accepted: its reply may be sent before its key is known to us."""
        answer.floor = self._newest
        self._arriving[address] = answer
        try:
            yield
        finally:
            if self._arriving.get(address) is answer:
                del self._arriving[address]
            answer.returned.set()

    def plain(self, accepted: Accepted) -> None:
        """What was accepted is no interaction; its reply needs no token."""
        self._newest = max(self._newest, accepted.inbox_id)
        if accepted.key not in self._by_key:
            self._by_key.keep(accepted.key, None)

    async def settle(self, accepted: Accepted, answer: Answer) -> None:
        """Keep `answer` for the reply that follows. Raises StoreDown."""
        self._newest = max(self._newest, accepted.inbox_id)
        await self._keep(accepted.key, answer)

    async def find(self, address: Address, key: str) -> Answer | None:
        """The interaction that the reply `key` answers, if it answers one. Raises Unreachable."""
        if key in self._by_key:
            return self._by_key[key]
        try:
            answer = self._arriving.get(address)
            if answer is not None and not answer.floor:
                # Nothing was accepted yet, so an answer from before the start cannot be told from this one's.
                await answer.returned.wait()
                if key in self._by_key:
                    return self._by_key[key]
            elif answer is not None and _number(key) > answer.floor:
                # Everything older has a smaller number, and of one place one thing at a time is being accepted.
                await self._keep(key, answer)
                return answer
            return await self._noted(key)
        except StoreDown as error:
            raise Unreachable("the notebook cannot be read") from error

    def shown(self, message: str, answer: Answer) -> None:
        """`message` was sent with the token of `answer`."""
        self._by_message.keep(message, answer)

    async def remember_shown(self, message: str, answer: Answer) -> None:
        """The same beyond a restart, for a message that no other way leads to. Raises Unreachable."""
        self.shown(message, answer)
        try:
            await self._notebook.write(PLATFORM, self._slot("shown", message), f"{message} {answer.note.key}")
        except StoreDown as error:
            raise Unreachable("the notebook cannot be written") from error

    def of(self, message: str) -> Answer | None:
        """The answer that `message` was sent with, if this process did it."""
        return self._by_message.get(message)

    async def of_old(self, message: str) -> Answer | None:
        """The same for a message from before the start. Raises Unreachable."""
        try:
            noted, _, key = (await self._notebook.read(PLATFORM, self._slot("shown", message))).partition(" ")
            return await self._noted(key) if noted == message and key else None
        except StoreDown as error:
            raise Unreachable("the notebook cannot be read") from error

    async def _keep(self, key: str, answer: Answer) -> None:
        if self._by_key.get(key) is answer:
            return
        answer.note.key = key
        self._by_key.keep(key, answer)
        await self._notebook.write(PLATFORM, self._slot("answer", key), msgspec.json.encode(answer.note).decode())

    async def _noted(self, key: str) -> Answer | None:
        written = await self._notebook.read(PLATFORM, self._slot("answer", key))
        try:
            note = msgspec.json.decode(written, type=Note) if written else None
        except msgspec.DecodeError:
            note = None
        answer = None
        if note is not None and note.key == key:
            answer = Answer(self._account, note, self._life, acknowledged=True)
        self._by_key.keep(key, answer)
        return answer

    def _slot(self, what: str, key: str) -> str:
        return f"{what}:{self._bot}:{zlib.crc32(key.encode()) % SLOTS}"


def _number(key: str) -> int:
    digits = key.lstrip("t")
    return int(digits) if digits.isascii() and digits.isdigit() else 0
