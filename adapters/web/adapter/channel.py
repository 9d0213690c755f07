"""The web as the house sees it. Knows how replies reach the screens; must not know requests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from adapters.web.adapter.edge import Edge, Serve
from adapters.web.adapter.files import Files
from adapters.web.adapter.pages import Pages
from adapters.web.adapter.talk import Talk
from adapters.web.adapter.watch import Watch
from adapters.web.config import DEFAULT_SITE, WebConfig
from adapters.web.markup import nodes
from adapters.web.wire.live import Answer
from adapters.web.wire.message import Message, button_view
from adapters.web.wire.relay import Relay
from adapters.web.wire.screens import Screens
from hub.domain.address import Address
from hub.domain.capabilities import Capabilities
from hub.domain.errors import Unreachable
from hub.domain.reply import Part, Ref
from hub.ports.adapter import Accept, Route
from hub.ports.house import House

_CAPABILITIES = Capabilities(
    text_limit=64_000,
    edits=True,
    edit_interval=0.08,
    typing=True,
    buttons=True,
    native_stream=True,
    redelivers=True,
    idempotent_send=True,
)
"""12 frames a second read as flowing; 64,000 characters is more than any model writes at once, and bounds a page."""


class WebAdapter:
    """Our own widget. Adapter, NativeStream, Typing and Webhook.

    Durable truth is the store's, read through the house: nothing that is sent here can be lost for good.
    """

    name = "web"

    def __init__(self, config: WebConfig, house: House) -> None:
        self._screens = Screens()
        self._relay = Relay(self._screens, house.hints)
        self._edge = Edge(config, house)
        self._talk = Talk(config, house, self._edge, self._screens, self._relay)
        self._watch = Watch(house, self._edge, self._screens, self._relay)
        self._files = Files(config, house, self._edge)
        self._pages = Pages()

    def capabilities(self, address: Address) -> Capabilities:
        """The same for every visitor."""
        return _CAPABILITIES

    def link_to(self, address: Address) -> str:
        """See hub.ports.adapter.Backlinks: the hub's own page; where else a widget stands it does not know."""
        return "/" if address.bot == DEFAULT_SITE else ""

    async def run(self, accept: Accept) -> None:
        """Open the doors until cancelled."""
        self._edge.accept = accept
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._edge.accept = None

    def routes(self) -> Iterable[Route]:
        """Everything under /web/v1, the widget, and the hub's own page."""
        door = self._edge.door
        talk, watch, files = self._talk, self._watch, self._files
        guarded: tuple[tuple[str, str, Serve], ...] = (
            ("POST", "/web/v1/sessions", talk.begin),
            ("POST", "/web/v1/messages", talk.say),
            ("POST", "/web/v1/stop", talk.stop),
            ("GET", "/web/v1/stream", watch.stream),
            ("GET", "/web/v1/history", watch.history),
            ("POST", "/web/v1/files", files.put),
            ("GET", "/web/v1/files/{file}", files.get),
            ("OPTIONS", "/web/v1/{rest:.*}", self._edge.preflight),
        )
        yield from (Route(method, path, door(serve)) for method, path, serve in guarded)
        yield from self._pages.routes()

    async def send(self, address: Address, part: Part, key: str) -> Ref:
        """Show `part` as message `key`; a repeat shows nothing new."""
        self._put(address, part, key)
        return Ref(key)

    async def edit(self, address: Address, ref: Ref, part: Part) -> None:
        """Show `part` in the place of `ref`."""
        self._put(address, part, ref.value)

    async def typing(self, address: Address) -> None:
        """Dots, for those who look on."""
        self._relay.typing(address)

    async def open_stream(self, address: Address, key: str) -> WebStream:
        """Begin message `key`."""
        return WebStream(self._screens, self._relay, address, key)

    async def close(self) -> None:
        """End every open stream; pages come back by themselves."""
        self._screens.close()

    def open_streams(self) -> int:
        """How many people look on, for the meters."""
        return self._screens.count()

    def _put(self, address: Address, part: Part, message_id: str) -> None:
        if self._screens.closed:
            raise Unreachable("the web adapter is closed")
        live = self._screens.look(address)
        answer = live.answers.get(message_id) if live is not None else None
        message = Message(
            id=message_id,
            role=part.role,
            text=part.text,
            nodes=answer.drawing.finish(part.text) if answer is not None else nodes(part.text),
            state="failed" if part.failed else "done",
            at=self._screens.begun_at(address, message_id),
            buttons=tuple(map(button_view, part.buttons)),
        )
        self._relay.put(address, message)


class WebStream:
    """A message being written. Frames go to whoever looks on; nobody need."""

    __slots__ = ("_address", "_answer", "_key", "_relay", "_screens", "ref")

    def __init__(self, screens: Screens, relay: Relay, address: Address, key: str) -> None:
        self.ref: Ref | None = Ref(key)
        self._screens = screens
        self._relay = relay
        self._address = address
        self._key = key
        self._answer: Answer | None = None

    async def show(self, text: str) -> None:
        """Make the message read `text`."""
        if self._answer is None:
            self._answer = self._screens.begin(self._address, self._key)
        self._relay.show(self._address, self._answer, text)

    async def close(self) -> None:
        """No more frames."""
        if self._answer is not None:
            self._screens.end(self._address, self._answer)
