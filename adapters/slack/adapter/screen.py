"""What people see: messages, asides, the Home tab, files. Knows how each is put; must not know who asked."""

from __future__ import annotations

import asyncio
import logging
import time

from adapters.slack.adapter.bots import Bots, Installed
from adapters.slack.adapter.doubt import LONG_BACK, Doubt, tagged
from adapters.slack.adapter.people import PATIENCE, People
from adapters.slack.adapter.recent import Recent
from adapters.slack.adapter.tiers import Tiers
from adapters.slack.errors import code_of
from adapters.slack.markup import home_view, message_blocks, mrkdwn, response_blocks
from adapters.slack.parse.place import PLATFORM, aside_of, home_of
from adapters.slack.wire.calls import Calls
from adapters.slack.wire.upload import upload
from hub.domain.address import Address, ChatKind
from hub.domain.errors import AdapterError, Forbidden, Rejected, StoreDown, Unreachable
from hub.domain.reply import Part, PartFile, Ref
from hub.ports.house import House

QUIET = {"unfurl_links": False, "unfurl_media": False}
"""Links of a model's text are not looked up by Slack."""

RESPONSE_SECONDS = 30 * 60
"""How long a response_url lives: Slack's documentation."""

HOME, ASIDE, FILE = "home", "aside", "file:"
"""Refs that are no message's ts."""

GONE = frozenset({"message_not_found", "file_not_found", "file_deleted"})

log = logging.getLogger("parley.slack")


def streams_at(address: Address) -> bool:
    """Whether growing text is shown natively there: in private threads; elsewhere only one person would see it grow."""
    return address.kind is ChatKind.PRIVATE and bool(address.thread)


class Screen:
    """Puts and changes what is shown."""

    def __init__(self, calls: Calls, bots: Bots, people: People, house: House, *, paced: bool) -> None:
        self._calls, self._bots, self._people, self._house = calls, bots, people, house
        self.doubt, self.tiers = Doubt(calls), Tiers(paced)
        self._urls: Recent[Address, tuple[float, str]] = Recent(5_000)
        self._directs: Recent[str, str] = Recent(5_000)
        self._processing: Recent[Address, bool] = Recent(5_000)
        self._no_sessions: set[str] = set()

    async def send(self, address: Address, part: Part, key: str) -> Ref:
        """Show `part`. Raises AdapterError."""
        bot = await self._bots.of(address)
        if user := home_of(address.chat):
            await self._calls.call(bot.token, "views.publish", {"user_id": user, "view": home_view(part)})
            return Ref(HOME)
        if aside_of(address.chat)[0]:
            return await self._send_aside(bot, address, part)
        if part.file is not None:
            return await self._send_file(bot, address, part, part.file)
        ts = await self.doubt.settled(bot, address, key) or await self._post(bot, address, part, key)
        await self.ends(bot, address)
        return Ref(ts)

    async def find_sent(self, address: Address, key: str) -> Ref | None:
        """The message that bears `key`. Raises AdapterError: it cannot be said."""
        if home_of(address.chat) or aside_of(address.chat)[0]:
            raise Rejected("what only one person sees cannot be looked for")
        ts = await self.doubt.sent(await self._bots.of(address), address, key, LONG_BACK)
        return Ref(ts) if ts else None

    async def _post(self, bot: Installed, address: Address, part: Part, key: str) -> str:
        thread = {"thread_ts": address.thread} if address.thread else {}
        body = {"channel": address.chat, **thread, **self.content(address, part), **QUIET, **tagged(key)}
        try:
            answer = await self._calls.call(bot.token, "chat.postMessage", body)
        except Unreachable:
            self.doubt.note(address, key)
            raise
        return str(answer.get("ts", ""))

    async def edit(self, address: Address, ref: Ref, part: Part) -> None:
        """Show `part` in the place of `ref`. Raises AdapterError."""
        bot = await self._bots.of(address)
        if ref.value == HOME:
            view = {"user_id": home_of(address.chat), "view": home_view(part)}
            await self._calls.call(bot.token, "views.publish", view)
            return
        if ref.value == ASIDE or ref.value.startswith(FILE):
            # Slack changes neither, and the house edits here only to make sure of what it has sent already.
            return
        await self.update(bot, address, ref.value, part)
        await self.ends(bot, address)

    async def update(self, bot: Installed, address: Address, ts: str, part: Part, *, growing: bool = False) -> None:
        """chat.update; a message that is still being streamed is closed first. Raises AdapterError."""
        self.tiers.take(bot.me.id, "chat.update")
        body = {"channel": address.chat, "ts": ts, **self.content(address, part, growing=growing)}
        try:
            await self._calls.call(bot.token, "chat.update", body)
        except AdapterError as error:
            if code_of(error) != "streaming_state_conflict":
                raise
            await self.stop_stream(bot, address, ts)
            await self._calls.call(bot.token, "chat.update", body)

    async def stop_stream(self, bot: Installed, address: Address, ts: str) -> None:
        """chat.stopStream; one that is closed already is fine. Raises AdapterError."""
        try:
            await self._calls.call(bot.token, "chat.stopStream", {"channel": address.chat, "ts": ts})
        except Rejected as error:
            if code_of(error) != "message_not_in_streaming_state":
                raise

    async def erase(self, address: Address, ref: Ref) -> None:
        """Take `ref` away; gone already is success. Raises AdapterError."""
        bot = await self._bots.of(address)
        if ref.value in (HOME, ASIDE):
            return
        try:
            if ref.value.startswith(FILE):
                await self._calls.ask(bot.token, "files.delete", file=ref.value.removeprefix(FILE))
                return
            await self._delete(bot, address, ref.value)
        except Rejected as error:
            if code_of(error) not in GONE:
                raise

    async def _delete(self, bot: Installed, address: Address, ts: str) -> None:
        try:
            await self._calls.ask(bot.token, "chat.delete", channel=address.chat, ts=ts)
        except Rejected as error:
            if code_of(error) != "cant_delete_message":
                raise
            await self.stop_stream(bot, address, ts)
            await self._calls.ask(bot.token, "chat.delete", channel=address.chat, ts=ts)

    def content(self, address: Address, part: Part, *, growing: bool = False) -> dict[str, object]:
        """Text and blocks; answers in private threads can be judged by buttons, once they are whole."""
        feedback = None
        if streams_at(address) and part.role == "assistant" and not part.failed and not growing:
            language = self._people.language(address)
            feedback = (self._house.words("slack_good", language), self._house.words("slack_bad", language))
        text, blocks = message_blocks(part, feedback)
        return {"text": text, "blocks": blocks}

    async def begins(self, bot: Installed, address: Address) -> None:
        """Show that work goes on, with Slack's own stop button where the app is an agent."""
        if not streams_at(address) or bot.me.id in self._no_sessions or not bot.me.agent:
            return
        if self._processing.find(address) is None:
            self._processing.put(address, True)
            await self._session(bot, address, "processing")

    async def ends(self, bot: Installed, address: Address) -> None:
        """What `begins` showed goes away."""
        if self._processing.forget(address):
            await self._session(bot, address, "active")

    async def _session(self, bot: Installed, address: Address, status: str) -> None:
        body = {"channel_id": address.chat, "thread_ts": address.thread, "status": status}
        try:
            await self._calls.call(bot.token, "agents.sessions.setStatus", body)
        except AdapterError as error:
            if isinstance(error, Rejected | Forbidden):
                self._no_sessions.add(bot.me.id)
            log.info("no session status is shown: %s", error)

    async def remember(self, address: Address, url: str) -> None:
        """An aside may be answered at `url` from now on, after a restart too. Raises StoreDown."""
        user = aside_of(address.chat)[1]
        if url and user:
            until = time.time() + RESPONSE_SECONDS
            self._urls.put(address, (until, url))
            await self._house.notebook.write(PLATFORM, _note(address), f"{until:.0f} {address.chat} {url}")

    async def _send_aside(self, bot: Installed, address: Address, part: Part) -> Ref:
        """By the response_url while it lasts, else as an ephemeral message, else directly."""
        channel, user = aside_of(address.chat)
        text, blocks = response_blocks(part)
        until, url = await self._url(address)
        if time.time() < until:
            try:
                told = {"response_type": "ephemeral", "replace_original": False, "text": text, "blocks": blocks}
                await self._calls.respond(url, told)
                return Ref(ASIDE)
            except Rejected:
                log.info("a response_url is used up")
        body = {"user": user, "text": text, "blocks": blocks}
        try:
            await self._calls.call(bot.token, "chat.postEphemeral", {"channel": channel, **body})
        except AdapterError as error:
            if code_of(error) not in ("channel_not_found", "not_in_channel", "user_not_in_channel"):
                raise
            await self._calls.call(
                bot.token, "chat.postMessage", {"channel": user, "text": text, "blocks": blocks, **QUIET}
            )
        return Ref(ASIDE)

    async def _url(self, address: Address) -> tuple[float, str]:
        found = self._urls.find(address)
        if found is not None:
            return found
        try:
            told = (await self._house.notebook.read(PLATFORM, _note(address))).split(" ")
        except StoreDown:
            return 0.0, ""
        until, url = (float(told[0]), told[2]) if len(told) == 3 and told[1] == address.chat else (0.0, "")
        return self._urls.put(address, (until, url))

    async def direct(self, bot: Installed, user: str) -> str:
        """The channel of the conversation with `user`, empty when Slack does not say."""
        known = self._directs.find(f"{bot.me.id}/{user}")
        if known is not None:
            return known
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._calls.call(bot.token, "conversations.open", {"users": user})
        except (AdapterError, TimeoutError) as error:
            log.info("a direct conversation is not found: %s", error)
            return ""
        channel = answer.get("channel")
        return self._directs.put(f"{bot.me.id}/{user}", str(channel.get("id", "")) if isinstance(channel, dict) else "")

    async def whisper(self, bot: Installed, address: Address, user: str, text: str) -> None:
        """Say something to one person only, where they are. Raises AdapterError."""
        if home_of(address.chat) or aside_of(address.chat)[0]:
            await self.send(address, Part(text, role="notice"), "")
            return
        told, blocks = message_blocks(Part(text), None)
        thread = {"thread_ts": address.thread} if address.thread else {}
        body = {"channel": address.chat, "user": user, "text": told, "blocks": blocks, **thread}
        await self._calls.call(bot.token, "chat.postEphemeral", body)

    async def _send_file(self, bot: Installed, address: Address, part: Part, file: PartFile) -> Ref:
        file_id = await upload(self._calls, bot.token, address, file, mrkdwn(part.text))
        await self.ends(bot, address)
        return Ref(f"{FILE}{file_id}")


def _note(address: Address) -> str:
    return f"answer:{address.bot}:{aside_of(address.chat)[1]}"
