"""Slack as the house sees it. Knows which part does what at which address; must not know payloads or blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from adapters.slack.adapter.arrivals import Arrivals
from adapters.slack.adapter.bots import Bots, Door
from adapters.slack.adapter.greeting import Greeting
from adapters.slack.adapter.people import People
from adapters.slack.adapter.screen import FILE, Screen, streams_at
from adapters.slack.adapter.stream import LONGEST, SlackStream
from adapters.slack.adapter.webhook import Webhook
from adapters.slack.config import SlackConfig
from adapters.slack.parse.interactions import OWN_COMMAND
from adapters.slack.parse.place import PLATFORM, aside_of, home_of, is_direct
from adapters.slack.wire.calls import Calls
from adapters.slack.wire.socket import Envelope, SocketMode
from hub.domain.address import Address, ChatKind
from hub.domain.capabilities import Budget, Capabilities, Scope
from hub.domain.errors import Rejected
from hub.domain.reply import Part, Ref
from hub.ports.adapter import Accept, MenuCommand, Route
from hub.ports.house import House

PACE = (Budget(Scope.CHAT, 5, 5.0), Budget(Scope.BOT, 300, 60.0))
"""Slack's documentation: about one message a second in a channel, several hundred a minute in a workspace. What single
methods bear is less, and counted in `tiers`."""

LONGEST_TITLE = 200
"""Characters of a thread's title: Slack's documentation of agents.sessions."""

_CALLS = f"{OWN_COMMAND} "
_FLAT = Capabilities(
    text_limit=LONGEST,
    edits=True,
    edit_interval=1.2,
    buttons=True,
    threads=True,
    redelivers=True,
    files=True,
    calls=_CALLS,
)
_CHANNEL = replace(_FLAT, typing=True)
_THREAD = replace(_CHANNEL, edit_interval=0.8, native_stream=True)
_HOME = Capabilities(text_limit=20_000, edits=True, edit_interval=5.0, buttons=True, redelivers=True, calls=_CALLS)
_ASIDE = Capabilities(text_limit=6_000, buttons=True, redelivers=True, calls=_CALLS)


class SlackAdapter:
    """Adapter, NativeStream, Typing, Titles, Erase, Files, Webhook and CommandMenu, for all bots."""

    name = PLATFORM

    def __init__(self, config: SlackConfig, house: House) -> None:
        self._config = config
        self._calls = Calls(config.api_base)
        self._bots = Bots(config, self._calls)
        self._people = People(self._calls)
        self._screen = Screen(self._calls, self._bots, self._people, house, paced=config.paced)
        greeting = Greeting(self._calls, self._people, house)
        self._arrivals = Arrivals(house, self._bots, self._people, self._screen, greeting)
        self._webhook = Webhook(self._arrivals, self._bots.doors, house)
        self._house = house

    def capabilities(self, address: Address) -> Capabilities:
        """Private threads stream; channels are edited, for of a stream only one person there would see more than
        its beginning."""
        pace = PACE if self._config.paced else ()
        kind = _FLAT
        if home_of(address.chat):
            kind = _HOME
        elif aside_of(address.chat)[0]:
            kind = _ASIDE
        elif streams_at(address):
            kind = _THREAD
        elif address.kind is ChatKind.GROUP and address.thread:
            kind = _CHANNEL
        return _with(kind, pace)

    async def run(self, accept: Accept) -> None:
        """Listen with every bot until cancelled; one whose token is bad is named in the log, and the others go on."""
        self._arrivals.accept = accept
        try:
            async with asyncio.TaskGroup() as group:
                for secret, door in self._bots.doors.items():
                    group.create_task(self._listen(secret, door))
                if self._config.mode == "http":
                    await asyncio.get_running_loop().create_future()
        finally:
            self._arrivals.accept = None

    async def _listen(self, secret: str, door: Door) -> None:
        await self._bots.greet(door)

        async def take(envelope: Envelope) -> bool:
            return await self._arrivals.take(door, envelope.type, envelope.payload)

        if self._config.mode == "socket":
            await SocketMode(self._calls, secret, door.name, take).run()

    async def send(self, address: Address, part: Part, key: str) -> Ref:
        """See hub.ports.adapter.Adapter; a repeat is harmless while this process remembers that its answer was lost,
        and after that for who asks `find_sent` first."""
        return await self._screen.send(address, part, key)

    async def find_sent(self, address: Address, key: str) -> Ref | None:
        """See hub.ports.adapter.Recall: by the key that every message carries as its metadata."""
        return await self._screen.find_sent(address, key)

    async def edit(self, address: Address, ref: Ref, part: Part) -> None:
        """See hub.ports.adapter.Adapter."""
        await self._screen.edit(address, ref, part)

    async def erase(self, address: Address, ref: Ref) -> None:
        """See hub.ports.adapter.Erase."""
        await self._screen.erase(address, ref)

    async def open_stream(self, address: Address, key: str) -> SlackStream:
        """See hub.ports.adapter.NativeStream; nothing is seen before the first words."""
        if not streams_at(address):
            raise Rejected("nothing is streamed here")
        return SlackStream(self._calls, self._screen, await self._bots.of(address), address)

    async def typing(self, address: Address) -> None:
        """The thread's status, and Slack's own stop button where there is one; nothing where there is no thread."""
        if not address.thread:
            return
        bot = await self._bots.of(address)
        await self._screen.begins(bot, address)
        status = self._house.words("slack_thinking", self._people.language(address))
        body = {"channel_id": address.chat, "thread_ts": address.thread, "status": status}
        await self._calls.call(bot.token, "assistant.threads.setStatus", body)

    async def is_admin(self, address: Address, user: str) -> bool:
        """See hub.ports.adapter.Admins: who runs the workspace, or made the channel."""
        return await self._people.runs(await self._bots.of(address), user, address.chat)

    async def workspace(self, address: Address) -> str:
        """See hub.ports.adapter.Workspaces: the bot of an address works in one."""
        return (await self._bots.of(address)).team

    def group_of(self, address: Address) -> Address:
        """See hub.ports.adapter.Asides."""
        channel, _ = aside_of(address.chat)
        if not channel or is_direct(channel):
            return address
        return replace(address, chat=channel, thread="", kind=ChatKind.GROUP)

    def link_to(self, address: Address) -> str:
        """See hub.ports.adapter.Backlinks: Slack's own addresses, of a chat in a workspace."""
        team, channel = address.bot.partition(":")[0], aside_of(address.chat)[0] or address.chat
        place = "open?" if home_of(address.chat) else f"channel?id={channel}&"
        return f"slack://{place}team={team}"

    async def entitle(self, address: Address, title: str) -> None:
        """See hub.ports.adapter.Titles: a private thread's title."""
        if streams_at(address) and title.strip():
            bot = await self._bots.of(address)
            await self._calls.ask(
                bot.token,
                "assistant.threads.setTitle",
                channel_id=address.chat,
                thread_ts=address.thread,
                title=title.strip()[:LONGEST_TITLE],
            )

    async def fetch(self, address: Address, source: str, limit: int) -> bytes:
        """See hub.ports.adapter.Files."""
        bot = await self._bots.of(address)
        if source.startswith(FILE):
            answer = await self._calls.ask(bot.token, "files.info", file=source.removeprefix(FILE))
            file = answer.get("file")
            told = file if isinstance(file, dict) else {}
            source = str(told.get("url_private_download") or told.get("url_private") or "")
        return await self._calls.download(bot.token, source, limit)

    def routes(self) -> Iterable[Route]:
        """See hub.ports.adapter.Webhook."""
        if self._config.mode == "http":
            yield Route("POST", "/hooks/slack", self._webhook.serve)

    async def publish(self, commands: Iterable[MenuCommand]) -> None:
        """Slack's menu stands in the app's manifest; this is what `/parley WORD` understands besides questions."""
        self._arrivals.commands = frozenset(command.name for command in commands)

    async def close(self) -> None:
        """See hub.ports.adapter.Adapter."""
        await self._calls.close()


def _with(capabilities: Capabilities, budgets: tuple[Budget, ...]) -> Capabilities:
    return replace(capabilities, budgets=budgets) if budgets else capabilities
