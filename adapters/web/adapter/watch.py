"""What a visitor sees: the event stream, its long-poll fallback, the history. Knows viewers; must not know inbounds."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web

from adapters.web.adapter.edge import Edge, Guest
from adapters.web.adapter.files import file_view
from adapters.web.markup import nodes, plain
from adapters.web.parse import whole_number
from adapters.web.wire.live import Viewer
from adapters.web.wire.message import Message, SnapshotEvent, button_view, json_of, sse
from adapters.web.wire.relay import Relay
from adapters.web.wire.screens import Screens
from hub.domain.conversation import ShownMessage
from hub.domain.errors import StoreDown
from hub.ports.house import House

SNAPSHOT_MESSAGES = 50
MOST_MESSAGES = 200
MOST_WAIT = 30
"""Longest a long poll is held, in seconds: proxies give up at 60."""
_AGAIN = 3
"""How often a history is read again because events were forgotten meanwhile."""
_SSE_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
_BEAT = b":\n\n"


class Watch:
    """The doors for looking on."""

    def __init__(self, house: House, edge: Edge, screens: Screens, relay: Relay) -> None:
        self._house = house
        self._edge = edge
        self._screens = screens
        self._relay = relay

    async def history(self, request: web.Request) -> web.Response:
        """GET /web/v1/history"""
        guest = self._edge.guest(request)
        limit = whole_number(request.query.get("limit"), SNAPSHOT_MESSAGES, 1, MOST_MESSAGES)
        seq, messages = await self._screen(guest, limit)
        return web.Response(body=json_of({"messages": messages, "seq": seq}), content_type="application/json")

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """GET /web/v1/stream?since=N[&wait=S]"""
        guest = self._edge.guest(request)
        asked = request.headers.get("Last-Event-ID") or request.query.get("since")
        since = whole_number(asked, 0, 0, 2**53)
        wait = whole_number(request.query.get("wait"), 0, 0, MOST_WAIT)
        known = self._screens.at(guest.address).after(since) is not None
        first = None if known and since else await self._snapshot(guest)
        if wait:
            return await self._poll(guest, since, wait, first)
        response = web.StreamResponse(headers={**self._edge.headers(request), **_SSE_HEADERS})
        await response.prepare(request)
        viewer = self._screens.join(guest.address, first[0] if first else since, request.transport)
        try:
            if first is not None:
                await response.write(sse(*first))
                first = None
            await self._follow(guest, viewer, response)
        except (ConnectionError, StoreDown):
            # Gone, or cut on purpose: the page comes back with the last seq it saw.
            pass
        finally:
            self._screens.leave(guest.address, viewer)
        return response

    async def _follow(self, guest: Guest, viewer: Viewer, response: web.StreamResponse) -> None:
        """Write what happens until the viewer goes, the session ends or the house closes."""
        loop = asyncio.get_running_loop()
        while not self._screens.closed:
            if viewer.beat and guest.session.expires < time.time():
                return
            entries = viewer.live.after(viewer.cursor)
            if entries is None or (viewer.beat and not entries and self._missing(viewer)):
                seq, body = await self._snapshot(guest)
                chunk = sse(seq, body)
                viewer.cursor = seq
            elif entries:
                chunk = b"".join([sse(entry.seq, entry.body) for entry in entries])
                viewer.cursor = entries[-1].seq
            elif viewer.beat:
                chunk = _BEAT
            else:
                viewer.wake = loop.create_future()
                await viewer.wake
                viewer.wake = None
                continue
            viewer.beat = False
            await response.write(chunk)
            viewer.missed = 0

    def _missing(self, viewer: Viewer) -> bool:
        """Whether something may have happened that did not come to this process."""
        return viewer.live.left_open or self._relay.deaf

    async def _poll(self, guest: Guest, since: int, wait: int, first: tuple[int, bytes] | None) -> web.Response:
        """A list of events as JSON, as soon as there is one or after `wait` seconds."""
        bodies = [first[1]] if first is not None else []
        if not bodies:
            viewer = self._screens.join(guest.address, since, None)
            try:
                if viewer.live.after(since) == []:
                    viewer.wake = asyncio.get_running_loop().create_future()
                    alarm = asyncio.get_running_loop().call_later(wait, viewer.rouse)
                    try:
                        await viewer.wake
                    finally:
                        alarm.cancel()
                entries = viewer.live.after(since)
                bodies = [(await self._snapshot(guest))[1]] if entries is None else [entry.body for entry in entries]
            finally:
                self._screens.leave(guest.address, viewer)
        return web.Response(body=b"[" + b",".join(bodies) + b"]", content_type="application/json")

    async def _snapshot(self, guest: Guest) -> tuple[int, bytes]:
        seq, messages = await self._screen(guest, SNAPSHOT_MESSAGES)
        return seq, json_of(SnapshotEvent(seq, messages))

    async def _screen(self, guest: Guest, limit: int) -> tuple[int, list[Message]]:
        """The screen as it stands after the event with the seq returned: what is stored, what happened while we read,
        and what is being written now."""
        for _ in range(_AGAIN):
            live = self._screens.at(guest.address)
            start = live.last
            shown = await self._house.transcript.history(guest.address, limit)
            if live.floor <= start and live is self._screens.at(guest.address):
                break
        messages = {each.id: self._view(guest, each) for each in shown}
        for message in live.messages_after(start):
            messages[message.id] = message
        for answer in list(live.answers.values()):
            stored = messages.get(answer.id)
            if stored is None or stored.state == "streaming":
                messages[answer.id] = answer.message()
            elif answer.closed_at:
                # another process has brought it to its end
                del live.answers[answer.id]
        return live.last, list(messages.values())[-limit:]

    def _view(self, guest: Guest, shown: ShownMessage) -> Message:
        return Message(
            id=shown.id,
            role=shown.role,
            text=shown.text,
            nodes=plain(shown.text) if shown.role == "person" else nodes(shown.text),
            state=shown.state,
            at=shown.at,
            buttons=tuple(map(button_view, shown.buttons)),
            files=tuple([file_view(guest, each) for each in shown.attachments]),
        )
