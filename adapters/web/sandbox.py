"""A person on the widget, as a client over real HTTP. Knows the public web protocol; must not know the adapter.

    async with Person("http://127.0.0.1:8080") as ann:
        await ann.says("hi")
        await ann.sees("hello")

`events` keeps everything a person was shown, in order: what a test believes rather than any table of ours.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import json
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

Json = dict[str, Any]

_PAUSE = 0.05
"""Seconds before a lost stream or a refused message is tried again: a test's patience, not a browser's."""

_LONGEST_LINE = 4 * 1024 * 1024
"""Bytes of one event at most: a browser sets no bound, the HTTP client's own is 128 kB."""


class Refused(Exception):
    """The hub said no; `words` are what the person reads."""

    def __init__(self, status: int, key: str, words: str) -> None:
        super().__init__(f"{status} {key}: {words}")
        self.status = status
        self.key = key
        self.words = words


class Misdrawn(AssertionError):
    """An event that does not fit what is on the screen, or comes twice."""


class Person:
    """One visitor with one screen that is open unless `away`. Reconnects and repeats by itself, as the widget does."""

    def __init__(
        self, base: str, *, site: str = "default", identity: str | None = None, origin: str = "", language: str = "en"
    ) -> None:
        self.base = base.rstrip("/")
        self.site = site
        self.identity = identity
        self.language = language
        self.token = ""
        self.visitor = ""
        self.since = 0
        self.events: list[Json] = []
        self.screen: dict[str, Json] = {}
        self.changed = asyncio.Condition()
        self._origin = {"Origin": origin} if origin else {}
        self._http = ClientSession(timeout=ClientTimeout(total=None, sock_connect=5), read_bufsize=_LONGEST_LINE)
        self._watching: asyncio.Task[None] | None = None
        self._misdrawn: Misdrawn | None = None

    async def __aenter__(self) -> Person:
        await self.begin()
        await self.back()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.leave()

    async def leave(self) -> None:
        """Close the page for good."""
        await self.away()
        await self._http.close()

    # Doing

    async def begin(self) -> Json:
        """Get a session, going on from the last one. Raises Refused."""
        body: Json = {"site": self.site, "language": self.language}
        if self.identity is not None:
            body["identity"] = self.identity
        if self.token:
            body["token"] = self.token
        session = await self.call("POST", "/web/v1/sessions", body)
        self.token, self.visitor = session["token"], session["visitor"]
        return session

    async def says(
        self, text: str, *, key: str | None = None, files: tuple[str, ...] = (), patience: float = 20
    ) -> str:
        """Send a message, again with the same key until it is accepted; its id."""
        body: Json = {"text": text}
        if files:
            body["files"] = list(files)
        return str((await self._post(body, key, patience))["id"])

    async def presses(self, command: str, argument: str = "", *, patience: float = 20) -> str:
        """Press a button; the id of the press."""
        return str((await self._post({"command": {"name": command, "argument": argument}}, None, patience))["id"])

    async def opens(self, label: str, *, timeout: float = 10) -> str:
        """Follow the newest button that reads `label` and opens a page; its address."""

        def found() -> Json | None:
            buttons = [button for answer in self.answers() for button in answer["buttons"]]
            return next((each for each in reversed(buttons) if each["label"] == label and "url" in each), None)

        return str((await self.until(found, timeout, label))["url"])

    async def stop(self) -> None:
        """Stop the running answer."""
        await self.call("POST", "/web/v1/stop", {})

    async def uploads(self, content: bytes, name: str, media_type: str = "application/octet-stream") -> Json:
        """Put a file on the shelf."""
        headers = {**self._headers(), "Content-Type": media_type}
        url = self.base + "/web/v1/files"
        async with self._http.post(url, params={"name": name}, data=content, headers=headers) as response:
            return await _read(response.status, await response.read())

    async def history(self, limit: int | None = None) -> list[Json]:
        """The screen as the hub would draw it now."""
        answer = await self.call("GET", "/web/v1/history" + (f"?limit={limit}" if limit else ""))
        return list(answer["messages"])

    async def call(self, method: str, path: str, body: Json | None = None, **headers: str) -> Json:
        """One request. Raises Refused, and ClientError when there is no answer."""
        given = {**self._headers(), **{name.replace("_", "-"): value for name, value in headers.items()}}
        async with self._http.request(method, self.base + path, json=body, headers=given) as response:
            return await _read(response.status, await response.read())

    async def _post(self, body: Json, key: str | None, patience: float) -> Json:
        key = key or uuid.uuid4().hex
        async with asyncio.timeout(patience):
            while True:
                try:
                    return await self.call("POST", "/web/v1/messages", body, Idempotency_Key=key)
                except Refused as refused:
                    if refused.status not in (429, 500, 502, 503):
                        raise
                except (ClientError, TimeoutError):
                    pass
                await asyncio.sleep(_PAUSE)

    def _headers(self) -> dict[str, str]:
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {**self._origin, **bearer, "Accept-Language": self.language}

    # Seeing

    async def back(self) -> None:
        """Open the page again, where it was left."""
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())

    async def away(self) -> None:
        """Close the page; whatever runs goes on without."""
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def sees(self, words: str, *, timeout: float = 10, role: str | None = None) -> Json:
        """Wait until a finished message (not their own) holds `words`; the message."""

        def found() -> Json | None:
            for message in self.screen.values():
                fits = message["role"] == role if role else message["role"] != "person"
                if fits and message["state"] != "streaming" and words in message["text"]:
                    return message
            return None

        return await self.until(found, timeout, words)

    async def until(self, found: Callable[[], Json | None], timeout: float, what: str = "") -> Json:
        """Wait until `found` finds something on the screen."""
        try:
            async with asyncio.timeout(timeout), self.changed:
                while True:
                    if self._misdrawn is not None:
                        raise self._misdrawn
                    seen = found()
                    if seen is not None:
                        return seen
                    await self.changed.wait()
        except TimeoutError:
            shown = [f"{each['role']} ({each['state']}): {each['text']!r}" for each in self.screen.values()]
            raise AssertionError(f"not seen within {timeout} s: {what!r}; on the screen: {shown}") from None

    def answers(self) -> list[Json]:
        """Everything on the screen that the person did not say, oldest first."""
        return [message for message in self.screen.values() if message["role"] != "person"]

    async def _watch(self) -> None:
        while True:
            try:
                url = f"{self.base}/web/v1/stream?since={self.since}"
                async with self._http.get(url, headers=self._headers()) as response:
                    if response.status == 200:
                        await self._read_events(response.content)
            except (ClientError, TimeoutError, ConnectionError):
                pass
            except Misdrawn as wrong:
                async with self.changed:
                    self._misdrawn = wrong
                    self.changed.notify_all()
                return
            await asyncio.sleep(_PAUSE)

    async def _read_events(self, content: Any) -> None:
        seq = 0
        async for line in content:
            if line.startswith(b"id: "):
                seq = int(line[4:])
            elif line.startswith(b"data: "):
                event = json.loads(line[6:])
                if event["seq"] != seq:
                    raise Misdrawn(f"id {seq} carries seq {event['seq']}")
                await self._take(event)

    async def _take(self, event: Json) -> None:
        if event["type"] != "snapshot" and event["seq"] <= self.since:
            raise Misdrawn(f"seq {event['seq']} after {self.since}")
        self.since = event["seq"]
        async with self.changed:
            self.events.append(copy.deepcopy(event))
            draw(self.screen, event)
            self.changed.notify_all()


def draw(screen: dict[str, Json], event: Json) -> None:
    """Do to `screen` (messages by id, oldest first) what the widget does at `event`. Raises Misdrawn."""
    match event["type"]:
        case "snapshot":
            screen.clear()
            screen.update({message["id"]: message for message in event["messages"]})
        case "message":
            screen[event["message"]["id"]] = event["message"]
        case "frame":
            message = screen.setdefault(
                event["id"],
                {"id": event["id"], "role": "assistant", "text": "", "nodes": [], "state": "streaming", "buttons": []},
            )
            apply(message["nodes"], event["ops"])


def apply(nodes: list[Any], ops: list[list[Any]]) -> None:
    """Apply a frame's ops to the blocks `nodes`. Raises Misdrawn when one does not fit."""
    for op in ops:
        match op:
            case ["=", int(index), node] if 0 <= index < len(nodes):
                nodes[index] = node
            case ["=", int(index), node] if index == len(nodes):
                nodes.append(node)
            case ["+", int(index), str(text)] if 0 <= index < len(nodes):
                nodes[index] = _appended(nodes[index], text)
            case ["-", int(count)] if 0 <= count <= len(nodes):
                del nodes[count:]
            case _:
                raise Misdrawn(f"{op} does not fit {len(nodes)} blocks")


def _appended(node: Any, text: str) -> Any:
    if isinstance(node, str):
        return node + text
    if len(node) < 3:
        raise Misdrawn(f"nothing to append to in {node}")
    return [*node[:-1], _appended(node[-1], text)]


def words_of(nodes: list[Any]) -> str:
    """The bare words in `nodes`."""
    return "".join(node if isinstance(node, str) else words_of(node[2:]) for node in nodes)


async def _read(status: int, content: bytes) -> Json:
    try:
        answer: Json = json.loads(content) if content else {}
    except ValueError:
        answer = {}
    if status >= 400:
        error = answer.get("error", {})
        raise Refused(status, error.get("key", ""), error.get("message", ""))
    return answer


def doubled(events: list[Json]) -> list[int]:
    """Every seq a person was shown more than once; snapshots start afresh and do not count."""
    seqs = sorted(event["seq"] for event in events if event["type"] != "snapshot")
    return [one for one, other in itertools.pairwise(seqs) if one == other]
