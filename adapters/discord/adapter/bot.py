"""One bot account: what it posts. Knows channels, threads and tokens of interactions; must not know the gateway."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from adapters.discord.adapter.answers import Answer, Answers
from adapters.discord.adapter.places import TITLE_LIMIT, Few, Places
from adapters.discord.adapter.shown import differs, nonce, shown
from adapters.discord.config import DiscordBot, DiscordConfig
from adapters.discord.errors import (
    ARCHIVED_THREAD,
    THREAD_EXISTS,
    TOKEN_IS_GONE,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    Barred,
    Refused,
)
from adapters.discord.parse.inbound import ref_value
from adapters.discord.parse.shapes import snowflake
from adapters.discord.parse.standing import Me
from adapters.discord.wire.line import Account, Line
from hub.domain.address import Address
from hub.domain.errors import Forbidden, Rejected, Unreachable
from hub.domain.reply import Part, Ref
from hub.ports.house import House

CLOCKS_MS = 10_000
"""How far our clock and Discord's may differ."""

DAY_MINUTES = 1440
"""After so long without a word a thread is put away; the next word brings it back."""

log = logging.getLogger("parley.discord")


class Bot:
    """A bot that can speak; it need not listen."""

    def __init__(self, line: Line, made_of: DiscordBot, config: DiscordConfig, house: House) -> None:
        self.account = Account(line, made_of.token.get_secret_value())
        self.tenant = made_of.tenant
        self._house, self._life = house, config.answer_seconds
        self._secret = house.key_for("discord nonce")
        self._trust = config.nonce_seconds
        self._doubts: Few[float] = Few(1_000)
        """Sends whose answer was lost, by nonce, and when they were first tried."""
        self._sent: Few[None] = Few(10_000)
        """Messages that are known to be other sends than those in doubt."""
        self.become(made_of.id)

    def become(self, bot: str) -> None:
        """Take `bot` for our user id; empty: not known yet."""
        self.id = bot
        self.places = Places(self.account, Me(bot, self.tenant))
        self.answers = Answers(self.account, bot, self._house.notebook, self._life)

    async def identify(self) -> None:
        """Ask Discord who we are. Raises AdapterError."""
        found = str((await self.account.call("GET", "users/{}", "@me"))["id"])
        if found != self.id:
            self.become(found)

    async def send(self, address: Address, part: Part, key: str) -> Ref:
        """See hub.ports.adapter.Adapter."""
        root, _, ordinal = key.partition(".")
        answer = await self.answers.find(address, root)
        if answer is None:
            return await self._post(address, part, key)
        if ordinal or answer.note.press:
            return await self._beside(answer, address, part, key)
        return await self._original(answer, address, part, key)

    async def edit(self, address: Address, ref: Ref, part: Part) -> None:
        """See hub.ports.adapter.Adapter."""
        body = shown(part)
        await self._touch(
            ref,
            lambda channel, message: self.account.call("PATCH", "channels/{}/messages/{}", channel, message, body=body),
            lambda note, message: self._by_token("PATCH", note, message, body),
        )

    async def erase(self, ref: Ref) -> None:
        """Take a message back; one that is gone already is fine."""
        try:
            await self._touch(
                ref,
                lambda channel, message: self.account.call("DELETE", "channels/{}/messages/{}", channel, message),
                lambda note, message: self._by_token("DELETE", note, message, None),
            )
        except (Refused, Barred) as error:
            if error.code not in (UNKNOWN_MESSAGE, UNKNOWN_CHANNEL):
                raise

    async def typing(self, address: Address) -> None:
        """Dots, where the answer will stand."""
        thread = address.thread
        begun = thread and thread not in self.places.unborn and thread not in self.places.threadless
        await self.account.call("POST", "channels/{}/typing", thread if begun else address.chat)

    async def entitle(self, address: Address, title: str) -> None:
        """Name the thread of `address`, if it is one that we began: whoever asks in another may not rename it."""
        if not address.thread or address.thread in self.places.threadless or not title.strip():
            return
        if (await self.places.at(address.thread, "")).ours:
            await self.account.call("PATCH", "channels/{}", address.thread, body={"name": title.strip()[:TITLE_LIMIT]})

    async def _touch(
        self,
        ref: Ref,
        in_channel: Callable[[str, str], Awaitable[Any]],
        by_token: Callable[[Answer, str], Awaitable[Any]],
    ) -> None:
        """Change a message of ours: by its interaction's token while that lives, else in its channel."""
        channel, _, message = ref.value.partition("/")
        if not (channel.isdigit() and message.isdigit()):
            raise Rejected("this is no message of Discord's")
        answer = self.answers.of(message)
        if answer is not None and answer.alive:
            try:
                await by_token(answer, message)
                return
            except (Refused, Barred) as error:
                if error.code not in TOKEN_IS_GONE:
                    raise
                answer.die()
        try:
            await in_channel(channel, message)
        except Refused as error:
            if error.code != ARCHIVED_THREAD:
                raise
            await self.account.call("PATCH", "channels/{}", channel, body={"archived": False})
            await in_channel(channel, message)
        except Forbidden:
            old = await self.answers.of_old(message) if answer is None else None
            if old is None or not old.alive:
                raise
            self.answers.shown(message, old)
            await by_token(old, message)

    async def _by_token(self, method: str, answer: Answer, message: str, body: object) -> Any:
        note = answer.note
        shape = "webhooks/{}/{}/messages/{}"
        return await self.account.call(method, shape, note.application, note.token, message, body=body, bare=True)

    async def _original(self, answer: Answer, address: Address, part: Part, key: str) -> Ref:
        """The answer that the interaction has been showing as being thought about."""
        if not await answer.acknowledge():
            return await self._without_token(answer, address, part, key)
        body = shown(part)
        try:
            message = await self.account.call(
                "PATCH",
                "webhooks/{}/{}/messages/@original",
                answer.note.application,
                answer.note.token,
                body=body,
                file=part.file,
                bare=True,
            )
        except (Refused, Barred) as error:
            if error.code not in TOKEN_IS_GONE | {UNKNOWN_MESSAGE}:
                raise
            answer.die()
            return await self._without_token(answer, address, part, key)
        return await self._by_answer(answer, message)

    async def _beside(self, answer: Answer, address: Address, part: Part, key: str) -> Ref:
        """A further message: in the channel where we may, for there a repeat shows nothing twice."""
        if not answer.note.foreign:
            return await self._post(address, part, key)
        if known := answer.sent.get(key):
            await self.edit(address, Ref(known), part)
            return Ref(known)
        if not await answer.acknowledge():
            return await self._without_token(answer, address, part, key)
        note = answer.note
        message = await self.account.call(
            "POST",
            "webhooks/{}/{}?wait=true",
            note.application,
            note.token,
            body=shown(part),
            file=part.file,
            bare=True,
        )
        ref = await self._by_answer(answer, message)
        answer.sent[key] = ref.value
        return ref

    async def _by_answer(self, answer: Answer, message: Any) -> Ref:
        ref = _ref(message)
        if answer.note.foreign:
            await self.answers.remember_shown(message["id"], answer)
        else:
            self.answers.shown(message["id"], answer)
        return ref

    async def _without_token(self, answer: Answer, address: Address, part: Part, key: str) -> Ref:
        if answer.note.foreign:
            raise Forbidden("the call was not answered in time, and the bot is no member of that place")
        return await self._post(address, part, key)

    async def _post(self, address: Address, part: Part, key: str) -> Ref:
        """A message in the channel or thread, which is begun if it is not there yet."""
        if not address.thread:
            return await self._put(address.chat, part, key)
        if address.thread in self.places.unborn:
            await self._begin_thread(address)
        if address.thread in self.places.threadless:
            return await self._put(address.chat, part, key, answering=address.thread)
        try:
            return await self._put(address.thread, part, key)
        except (Refused, Barred) as error:
            if error.code != UNKNOWN_CHANNEL or self.places.is_known(address.thread):
                raise
        await self._begin_thread(address)
        if address.thread in self.places.threadless:
            return await self._put(address.chat, part, key, answering=address.thread)
        return await self._put(address.thread, part, key)

    async def _begin_thread(self, address: Address) -> None:
        """Make the thread of a message; its id is the message's. Where none can be made, the answer quotes it."""
        title = self.places.unborn.get(address.thread) or self._house.words("untitled", "en")
        body = {"name": title[:TITLE_LIMIT], "auto_archive_duration": DAY_MINUTES}
        shape = "channels/{}/messages/{}/threads"
        begun = address.thread
        try:
            begun = str((await self.account.call("POST", shape, address.chat, address.thread, body=body))["id"])
        except (Refused, Barred) as error:
            if error.code != THREAD_EXISTS:
                log.info("no thread can be begun here, so the answer stands in the channel: %s", error)
                begun = ""
        if begun == address.thread:
            self.places.born(address.thread, address.chat)
        else:  # Discord promises the message's id; a thread with another could not be found again.
            self.places.unborn.pop(address.thread, None)
            self.places.threadless.keep(address.thread, None)

    async def _put(self, channel: str, part: Part, key: str, answering: str = "") -> Ref:
        body = shown(part) | {"nonce": nonce(self._secret, channel, key), "enforce_nonce": True}
        if answering:
            body["message_reference"] = {"message_id": answering, "fail_if_not_exists": False}
        doubt = self._doubts.get(body["nonce"], 0.0)
        if doubt and time.time() - doubt > self._trust and (found := await self._look(channel, doubt, body)):
            return found
        try:
            message = await self.account.call("POST", "channels/{}/messages", channel, body=body, file=part.file)
        except Unreachable:
            self._doubts.keep(body["nonce"], doubt or time.time())
            raise
        self._doubts.pop(body["nonce"], None)
        ref = _ref(message)
        self._sent.keep(ref.value, None)
        if differs(message, body):
            # The nonce was known: this is what was sent with it then, perhaps only the first words of an answer.
            fields = {name: body[name] for name in ("content", "flags", "allowed_mentions", "components")}
            await self.account.call("PATCH", "channels/{}/messages/{}", channel, message["id"], body=fields)
        return ref

    async def _look(self, channel: str, since: float, body: dict[str, Any]) -> Ref | None:
        """A message that was perhaps sent: Discord's answer was lost, and it has forgotten the nonce by now."""
        after = snowflake(int(since * 1000) - CLOCKS_MS)
        page = await self.account.call("GET", f"channels/{{}}/messages?after={after}&limit=100", channel)
        for message in sorted(page, key=lambda one: int(one["id"])):
            same = message["content"].strip() == body["content"].strip() and message["author"]["id"] == self.id
            if same and len(message["attachments"]) == len(body.get("attachments", ())):
                ref = _ref(message)
                if ref.value not in self._sent:
                    return ref
        return None


def _ref(message: Any) -> Ref:
    try:
        return Ref(ref_value(str(message["channel_id"]), str(message["id"])))
    except (TypeError, KeyError) as error:
        raise Unreachable("Discord's answer does not name the message") from error


def title_of(text: str) -> str:
    """The name of a thread that begins with `text`."""
    line = " ".join(text.split())
    return line if len(line) <= TITLE_LIMIT else line[: TITLE_LIMIT - 1].rstrip() + "…"
