"""`parley playground` as its own process. Knows how to start, ask and end it; must not know what is tested."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.kit.forks import Forked, fork
from tests.kit.parley import environment


class PlaygroundProcess:
    """In `home`, with these arguments and variables; `url` is its page once started."""

    def __init__(self, home: Path, *arguments: str, **variables: str) -> None:
        self.home, self._arguments = home, arguments
        self._environment = environment(PARLEY_TESTING="1", TMPDIR=str(home), **variables)
        self._process: Forked | None = None
        self._printed = home.with_name(f"{home.name}.out")
        self.url = ""

    @property
    def said(self) -> str:
        """Everything it has printed."""
        return self._printed.read_text()

    async def start(self) -> None:
        """Start it and wait for its address. Fails with its words when it dies instead."""
        with self._printed.open("ab") as out:
            self._process = await asyncio.to_thread(
                fork, "hub", "playground", "--no-open", *self._arguments,
                cwd=self.home, env=self._environment, stdout=out, stderr=out,
            )  # fmt: skip
        async with asyncio.timeout(30):
            while not (found := re.findall(r"ready: (http\S+)\n", self.said)):
                if self._process.returncode is not None:
                    raise AssertionError(f"the playground died:\n{self.said}")
                await asyncio.sleep(0.02)
        self.url = found[-1]

    async def end(self, number: signal.Signals = signal.SIGINT, seconds: float = 20) -> int:
        """Send a signal and wait; the exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        async with asyncio.timeout(seconds):
            return await self._process.wait()


class Onlooker:
    """Somebody at the page without a browser: what is shown, by pane and place, and what one can do."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url, self._session = url, session
        self._messages: dict[tuple[str, str], dict[str, Any]] = {}
        self._places: dict[tuple[str, str], dict[str, Any]] = {}
        self._news = asyncio.Event()

    async def does(self, pane: str, place: str, does: str = "says", person: str = "ann", **more: str) -> str:
        """Do something; the words of a refusal, empty when it was done, or what was offered while typing."""
        deed = {"pane": pane, "person": person, "place": place, "does": does, **more}
        async with self._session.post(f"{self._url}act", json=deed, headers={"Origin": self._origin}) as answer:
            told = await answer.json()
            return " ".join(told["offered"]) if answer.status == 200 else str(told["error"])

    @property
    def _origin(self) -> str:
        return self._url.removesuffix("/playground/")

    def shown(self, pane: str, place: str) -> list[dict[str, Any]]:
        """The messages there, oldest first, each with its bare `words`."""
        known = self._messages.get((pane, place), {})
        order = self._places.get((pane, place), {}).get("order", [])
        return [{**known[one], "words": bare(known[one]["nodes"])} for one in order]

    def place(self, pane: str, place: str) -> dict[str, Any]:
        """What is known of the place itself."""
        return dict(self._places.get((pane, place), {}))

    async def sees(self, pane: str, place: str, words: str, seconds: float = 10) -> dict[str, Any]:
        """Wait for a message that holds `words` and is not growing any more."""

        def found() -> dict[str, Any] | None:
            fitting = (one for one in self.shown(pane, place) if words in one["words"] and not one.get("state"))
            return next(fitting, None)

        said = await self.until(found, seconds, lambda: f"{words!r} in {pane}/{place}: {self.shown(pane, place)}")
        return dict(said)

    async def until(self, found: Callable[[], Any], seconds: float, what: Callable[[], str]) -> Any:
        """Wait until `found` finds something."""
        try:
            async with asyncio.timeout(seconds):
                while not (seen := found()):
                    self._news.clear()
                    await self._news.wait()
                return seen
        except TimeoutError:
            raise AssertionError(f"not within {seconds} s: {what()}") from None

    async def listen(self) -> None:
        """Follow what is shown, until cancelled."""
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._session.get(f"{self._url}events", timeout=timeout, read_bufsize=2**24) as answer:
            async for line in answer.content:
                if line.startswith(b"data: "):
                    for told in json.loads(line[6:])["places"]:
                        key = (told["pane"], told["place"]["id"])
                        self._places[key] = {**told["place"], "order": told["order"]}
                        self._messages.setdefault(key, {}).update({one["id"]: one for one in told["messages"]})
                    self._news.set()


def bare(node: Any) -> str:
    """The words of nodes."""
    if isinstance(node, str):
        return node
    if node and isinstance(node[0], str) and len(node) > 1 and (node[1] == 0 or isinstance(node[1], dict)):
        return "\n" if node[0] == "br" else "".join(bare(child) for child in node[2:])
    return "".join(bare(child) for child in node)


@asynccontextmanager
async def at_play(home: Path, *arguments: str, **variables: str) -> AsyncIterator[tuple[PlaygroundProcess, Onlooker]]:
    """A playground and somebody who looks; killed at the end unless it has ended."""
    playground = PlaygroundProcess(home, *arguments, **variables)
    await playground.start()
    try:
        async with aiohttp.ClientSession() as session:
            onlooker = Onlooker(playground.url, session)
            listening = asyncio.create_task(onlooker.listen())
            try:
                yield playground, onlooker
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
    finally:
        await playground.end(signal.SIGKILL)
