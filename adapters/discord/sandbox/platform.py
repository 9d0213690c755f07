"""The stand-in as a whole: its server, its people, its moods. Knows how the pieces fit; must not know our adapter."""

from __future__ import annotations

import random
from types import TracebackType
from typing import Any

from aiohttp import web

from adapters.discord.sandbox.channels import Channels
from adapters.discord.sandbox.directory import Directory
from adapters.discord.sandbox.door import Door, Serve
from adapters.discord.sandbox.gateway import INVALID, RECONNECT, Gateway
from adapters.discord.sandbox.interactions import Interactions
from adapters.discord.sandbox.person import Person
from adapters.discord.sandbox.posting import Posting
from adapters.discord.sandbox.town import TEXT, Bot, Channel, Guild, Message, Town
from adapters.discord.sandbox.trouble import Call, Fault, Trouble

BODY_LIMIT = 12 * 1024 * 1024


class DiscordSandbox:
    """Discord on loopback. `parley` is the first bot; `api_base`, `gateway_url` and its token are what a client needs.

    Deadlines can be squeezed: `interactions.answer_within`, `interactions.token_life`, `gateway.interval`,
    `gateway.session_life`, `posting.nonce_seconds`, all in seconds."""

    def __init__(self) -> None:
        self.town, self.trouble = Town(), Trouble()
        self.gateway = Gateway(self.town)
        self.posting = Posting(self.town, self.gateway.tell)
        self.interactions = Interactions(self.town, self.posting)
        self.directory = Directory(self.town)
        self.parley = self.town.bot("Parley")
        self.api_base = self.gateway_url = ""
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> DiscordSandbox:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; port 0 takes a free one."""
        self._runner = web.AppRunner(self._app(), shutdown_timeout=0.2, access_log=None, lingering_time=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        base = f"127.0.0.1:{self._runner.addresses[0][1]}"
        self.api_base, self.gateway_url = f"http://{base}/api/v10", f"ws://{base}/gateway"
        self.posting.base = self.gateway.base = f"http://{base}"
        self.directory.gateway_url = self.gateway_url
        self.gateway.resume_url = f"ws://{base}/resume"

    async def stop(self) -> None:
        """Stop listening."""
        await self.drop_connections(1001)
        if self._runner is not None:
            await self._runner.cleanup()

    # Who is there

    @property
    def token(self) -> str:
        """The first bot's token."""
        return self.parley.token

    @property
    def mention(self) -> str:
        """How the first bot is named in a message."""
        return f"<@{self.parley.id}>"

    @property
    def calls(self) -> list[Call]:
        """Every request so far."""
        return self.trouble.calls

    def called(self, name: str) -> list[Call]:
        """Requests of one kind, as `POST channels/{}/messages`."""
        return [call for call in self.trouble.calls if call.name == name]

    def bot(self, name: str) -> Bot:
        """A further bot."""
        return self.town.bot(name)

    def person(self, name: str, language: str = "en-US") -> Person:
        """Somebody."""
        return Person(self, self.town.person(name, language))

    def group(self, name: str, *people: Person, bots: tuple[Bot, ...] | None = None) -> Channel:
        """A server that the first of `people` owns, with them and bots (by default the first); its text channel."""
        members = {person.account.id for person in people} | {bot.id for bot in (bots or (self.parley,))}
        if bots == ():
            members = {person.account.id for person in people}
        guild = self.town.guild(name, members)
        guild.owner = people[0].account.id if people else next(iter(members), "")
        for bot in self.town.bots():
            if bot.id in members:
                self._greet(guild, bot)
        return next(iter(guild.channels.values()))

    def channel(self, room: Channel, name: str, kind: int = TEXT) -> Channel:
        """A further channel on the server of `room`."""
        assert room.guild is not None
        made = self.town.channel(room.guild, name, kind)
        self.posting.tell("CHANNEL_CREATE", made)
        return made

    def thread_of(self, message: Message) -> Channel | None:
        """The thread that began with `message`."""
        return self.town.channels.get(message.id)

    def kick(self, room: Channel, bot: Bot | None = None) -> None:
        """Take a bot off the server of `room`."""
        bot = bot or self.parley
        assert room.guild is not None
        room.guild.members.discard(bot.id)
        self.gateway.tell("GUILD_DELETE", None, {"id": room.guild.id}, None, bot)

    def _greet(self, guild: Guild, bot: Bot) -> None:
        from adapters.discord.sandbox.payloads import guild as told

        self.gateway.tell("GUILD_CREATE", None, told(guild, self.town.accounts, bot), None, bot)

    # What goes wrong

    def misbehave(self, route: str = "", **fault: Any) -> Fault:
        """The next `times` calls of `route` go wrong as the other fields of Fault say."""
        made = Fault(route, **fault)
        self.trouble.faults.append(made)
        return made

    def behave(self) -> None:
        """Nothing goes wrong any more."""
        self.trouble.faults.clear()
        self.gateway.deaf, self.gateway.repeat = False, 1

    def paced(self, calls: int = 5, seconds: float = 5.0, whole: int = 50) -> None:
        """Keep limits as Discord does; `whole`: calls a second of one bot."""
        self.trouble.limits.calls, self.trouble.limits.seconds, self.trouble.limits.whole = calls, seconds, whole

    async def drop_connections(self, code: int | None = None) -> None:
        """End every gateway connection: with a close code, or by cutting the line."""
        for session in self.gateway.live():
            socket = session.socket
            if socket is None:
                continue
            if code is not None:
                await socket.close(code)
            elif socket.request.transport is not None:
                socket.request.transport.abort()

    def reconnect(self) -> None:
        """Ask every client to connect again (op 7)."""
        self._say(RECONNECT, None)

    def invalidate(self, *, resumable: bool = False) -> None:
        """Declare every session invalid (op 9)."""
        for session in self.gateway.live():
            session.dead = not resumable
            if session.socket is not None:
                session.socket.say(INVALID, resumable)

    def forget_sessions(self) -> None:
        """No session can be resumed any more; connections stay."""
        for session in self.gateway.live():
            session.dead = True

    def hold(self) -> None:
        """Keep events back."""
        self.gateway.held = []

    def release(self, *, shuffled: bool = False, seed: int = 1) -> None:
        """Tell what was kept back, in order or not."""
        held, self.gateway.held = self.gateway.held or [], None
        if shuffled:
            random.Random(seed).shuffle(held)
        for session, kind, told in held:
            session.push(kind, told)

    def push(self, kind: str, payload: Any) -> None:
        """Tell every session something of your own making."""
        for session in self.gateway.live():
            session.push(kind, payload)

    def push_frame(self, frame: str) -> None:
        """Send any text as a frame."""
        for session in self.gateway.live():
            if session.socket is not None:
                session.socket.put(frame)

    def expire_files(self) -> None:
        """The addresses of all files run out; asking for their messages gives new ones."""
        for channel in self.town.channels.values():
            for message in channel.messages.values():
                for file in message.files:
                    file.key = file.key[::-1] + "x"

    def _say(self, op: int, content: Any) -> None:
        for session in self.gateway.live():
            if session.socket is not None:
                session.socket.say(op, content)

    # The server

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=BODY_LIMIT)
        door = Door(self.town, self.trouble)
        for method, shape, path, serve, bare in self._routes():
            app.router.add_route(method, f"/api/v10/{path}", door.open(shape, serve, bare=bare))
        app.router.add_route("GET", "/attachments/{channel}/{file}/{key}/{name}", self._file)
        for path in ("/gateway", "/gateway/", "/resume", "/resume/"):
            app.router.add_route("GET", path, self.gateway.serve)
        return app

    def _routes(self) -> list[tuple[str, str, str, Serve, bool]]:
        rooms, talk, book = Channels(self.town, self.posting), self.interactions, self.directory
        messages, message = "channels/{channel}/messages", "channels/{channel}/messages/{message}"
        hook = "webhooks/{application}/{token}"
        listed: list[tuple[str, str, Serve, bool]] = [
            ("GET", "users/@me", book.me, False),
            ("GET", "users/@me/guilds", book.guilds, False),
            ("GET", "applications/@me", book.application, False),
            ("GET", "oauth2/applications/@me", book.application, False),
            ("GET", "applications/{application}/commands", book.commands, False),
            ("PUT", "applications/{application}/commands", book.overwrite, False),
            ("GET", "guilds/{guild}", rooms.guild, False),
            ("GET", "guilds/{guild}/members/{user}", rooms.member, False),
            ("GET", "gateway", book.gateway, True),
            ("GET", "gateway/bot", book.gateway_for_bots, False),
            ("POST", "users/@me/channels", rooms.private, False),
            ("GET", "channels/{channel}", rooms.show, False),
            ("PATCH", "channels/{channel}", rooms.change, False),
            ("POST", "channels/{channel}/typing", rooms.type, False),
            ("GET", messages, rooms.list, False),
            ("POST", messages, rooms.send, False),
            ("GET", message, rooms.one, False),
            ("PATCH", message, rooms.edit, False),
            ("DELETE", message, rooms.erase, False),
            ("POST", f"{message}/threads", rooms.begin_thread, False),
            ("PUT", f"{message}/reactions/{{emoji}}/@me", rooms.react, False),
            ("POST", "interactions/{interaction}/{token}/callback", talk.callback, True),
            ("POST", hook, talk.follow_up, True),
            ("GET", f"{hook}/messages/{{message}}", talk.show, True),
            ("PATCH", f"{hook}/messages/{{message}}", talk.edit, True),
            ("DELETE", f"{hook}/messages/{{message}}", talk.erase, True),
        ]
        return [(method, _shape(path), path, serve, bare) for method, path, serve, bare in listed]

    async def _file(self, request: web.Request) -> web.Response:
        channel = self.town.channels.get(request.match_info["channel"])
        files = [file for one in (channel.messages.values() if channel else ()) for file in one.files]
        for file in files:
            if file.id == request.match_info["file"] and file.key == request.match_info["key"]:
                return web.Response(body=file.content, content_type="application/octet-stream")
        return web.Response(status=404, text="This content is no longer available.")


def _shape(path: str) -> str:
    """`channels/{channel}/messages` as `channels/{}/messages`."""
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
