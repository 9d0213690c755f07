"""The workspace behind one loopback address. Knows which part answers what; must not know our adapter."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from aiohttp import web

from adapters.slack.sandbox.api import Api, Call
from adapters.slack.sandbox.chat import Chat
from adapters.slack.sandbox.courier import Courier, Errand
from adapters.slack.sandbox.payloads import callback, mentioned, said
from adapters.slack.sandbox.person import Person
from adapters.slack.sandbox.places import Places
from adapters.slack.sandbox.world import App, Channel, Json, Message, User, World
from adapters.slack.wire.manifest import SCOPES

RESPONSE_USES = 5
"""How often a response_url may be used."""

T = TypeVar("T")


class SlackSandbox:
    """`async with SlackSandbox() as platform:` a workspace with one app, `platform.app`, and whoever is made."""

    def __init__(self, *, agent: bool = True, port: int = 0) -> None:
        self.world = World()
        self.api = Api(self.world)
        self.chat = Chat(self.world, self._change)
        self.places = Places(self.world, self._change, lambda: f"{self.url}/")
        self.courier = Courier(self.world)
        self.api.methods = {**self.chat.methods(), **self.places.methods(), "apps.connections.open": self._link}
        self.url = ""
        self.app = self.install("Parley", agent=agent)
        self.responses: dict[str, tuple[App, str, str, int]] = {}
        self._port = port
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> SlackSandbox:
        server = web.Application(client_max_size=64 * 1024 * 1024)
        server.router.add_route("*", "/api/{method}", self.api.serve)
        server.router.add_get("/link/{ticket}", self.courier.serve)
        server.router.add_post("/upload/{file}", self.places.take)
        server.router.add_get("/files-pri/{file}", self.places.give)
        server.router.add_post("/response/{token}", self._respond)
        self._runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.courier.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def api_base(self) -> str:
        """For `base_url` of the SDK and `api_base` of ours."""
        return f"{self.url}/api/"

    @property
    def calls(self) -> list[Call]:
        """Every call of the Web API so far."""
        return self.api.calls

    def called(self, method: str) -> list[Json]:
        """The arguments of every call of `method`."""
        return [call.arguments for call in self.api.calls if call.method == method]

    @property
    def pings(self) -> list[tuple[str, str]]:
        """Every mention that an app's words would have made: channel, and what it was."""
        return self.world.pings

    def install(self, name: str, team: str = "T00000001", *, agent: bool = True) -> App:
        """Another app, or the same one in another workspace."""
        number = self.world.number()
        app = App(
            name=name,
            app_id=f"A0{number:08d}",
            team=team,
            user=f"U0{number:08d}",
            bot_id=f"B0{number:08d}",
            bot_token=f"xoxb-sandbox-{number}-abcdefghijkl",
            app_token=f"xapp-1-A0{number:08d}-sandbox-abcdefghijkl",
            signing_secret=f"signing-secret-of-app-{number}",
            scopes={*SCOPES, "reactions:write"},
            agent=agent,
        )
        self.world.apps.append(app)
        return app

    def person(self, name: str, language: str = "en-US", team: str = "T00000001") -> Person:
        """Somebody new."""
        user = User(self.world.id("U"), name, language, team)
        self.world.users[user.id] = user
        return Person(self, user)

    def group(self, name: str, *people: Person, kind: str = "channel", apps: tuple[App, ...] | None = None) -> Channel:
        """A channel that the first of `people` made, with them and `apps` (the first one) in it."""
        invited = {app.user for app in (apps if apps is not None else (self.app,))}
        channel = self.world.open(kind, name, {person.id for person in people} | invited)
        channel.creator = people[0].id if people else ""
        return channel

    def tell(self, app: App, event: Json) -> Errand:
        """Begin to deliver an event."""
        return self.courier.tell(app, "events_api", callback(app, self.world.id("Ev"), event))

    def announce(self, channel: Channel, message: Message, team: str) -> list[Errand]:
        """Tell every app in the channel of a message; one that it mentions is told twice over."""
        errands = []
        for app in self.world.apps:
            if app.user not in channel.members:
                continue
            errands.append(self.tell(app, said(channel, message, team)))
            if f"<@{app.user}>" in message.text and channel.kind != "im":
                errands.append(self.tell(app, mentioned(channel, message, team)))
        return errands

    def response_url(self, app: App, channel: str, user: str) -> str:
        """Where an answer to an interaction may be posted."""
        token = f"r{self.world.number()}-{time.time_ns()}"
        self.responses[token] = (app, channel, user, RESPONSE_USES)
        return f"{self.url}/response/{token}"

    async def until(self, find: Callable[[], T | None], timeout: float, what: str) -> T:
        """Wait for `find` to find something. Raises AssertionError that names `what`."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    changed = self._changed
                    if (found := find()) is not None:
                        return found
                    await changed.wait()
        except TimeoutError:
            raise AssertionError(f"not within {timeout:g} s: {what}") from None

    def _change(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _link(self, app: App, given: Json) -> Json:
        return {"url": f"{self.url.replace('http', 'ws', 1)}/link/{self.courier.link(app)}"}

    async def _respond(self, request: web.Request) -> web.Response:
        """POST /response/{token}: five times within its life, and never `markdown_text`."""
        app, channel, user, uses = self.responses.get(request.match_info["token"], (self.app, "", "", 0))
        if not uses:
            return web.Response(status=404, text="used_url")
        told = await request.json()
        if not told.get("text") and not told.get("blocks"):
            return web.Response(status=500, text="no_text")
        self.responses[request.match_info["token"]] = (app, channel, user, uses - 1)
        only_for = "" if told.get("response_type") == "in_channel" else user
        message = Message(channel, self.world.ts(), app.user, told.get("text", ""), told.get("blocks") or [], app=app)
        message.only_for = only_for
        self.world.post(message)
        self._change()
        return web.Response(text="ok")
