"""One person at a terminal or a pipe. Knows turns of talk: line, answer, next line; must not know how it looks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import uuid

from adapters.terminal.adapter.growing import GrowingAnswer, QuietAnswer
from adapters.terminal.config import TerminalConfig
from adapters.terminal.markup import DIM, Painter
from adapters.terminal.parse import inbound
from adapters.terminal.wire import INTERRUPT, Lines, Out, interrupt_as_line
from hub.domain.address import Address
from hub.domain.capabilities import Capabilities
from hub.domain.errors import Forbidden, ForPerson, Rejected, StoreDown
from hub.domain.inbound import Sender
from hub.domain.reply import Button, Part, Ref
from hub.ports.adapter import Accept, Stream
from hub.ports.house import House
from hub.text.clean import clean
from hub.text.parse import parse

_TURN_KEY = re.compile(r"t(\d+)(?!\d)")
_STORE_PAUSE = 0.5
"""Seconds before a line is offered again to a house whose store is down."""


class TerminalAdapter:
    """Speaks to a terminal (interactive, painted) or to pipes (a line in, an answer out)."""

    name = "terminal"

    def __init__(self, config: TerminalConfig, house: House) -> None:
        self._config = config
        self._house = house
        self._session = uuid.uuid4().hex
        self._address = Address(config.tenant, self.name, "local", config.user)
        self._sender = Sender(config.user, "", config.language)
        terminal = os.isatty(config.stdout) and not config.json_lines
        self._interactive = terminal and os.isatty(config.stdin)
        color = config.color if config.color is not None else terminal and not os.environ.get("NO_COLOR")
        self.painter = Painter(color=bool(color) and not config.json_lines)
        self._terminal = terminal
        self._out = Out(config.stdout)
        self._shown: dict[str, Ref] = {}
        self._streams: dict[str, GrowingAnswer] = {}
        self._waiting: dict[int, bool] = {}
        self._answered: set[int] = set()
        self._change = asyncio.Condition()
        self._interrupts = 0
        self._listening = False
        self._closed = False
        self._hushed = False

    def capabilities(self, address: Address) -> Capabilities:
        """The same for every address: there is one."""
        return Capabilities(
            self._config.text_limit, edit_interval=0.05, native_stream=True, idempotent_send=True, buttons=False
        )

    async def run(self, accept: Accept) -> None:
        """Listen until the input ends and all is answered, or the person quits. Raises Forbidden: terminal gone."""
        lines = Lines(self._config.stdin)
        self._listening = True
        with self._mode():
            await self._choose_model(accept)
            await self._prompt()
            number = 0
            while (line := await lines.next()) is not None:
                number += 1
                if line == INTERRUPT or line.endswith(INTERRUPT):
                    if await self._interrupted(accept, number):
                        return
                    continue
                self._interrupts = 0
                await self._offer(accept, line, number)
                if not self._interactive:
                    await self._all_answered()
            await self._all_answered()
        if self._interactive:
            await self._out.write("\n")

    async def _choose_model(self, accept: Accept) -> None:
        if self._config.model:
            self._hushed = True
            await self._offer(accept, f"/model {self._config.model}", 0)
            await self._all_answered()
            self._hushed = False

    def _mode(self) -> contextlib.AbstractContextManager[None]:
        return interrupt_as_line(self._config.stdin) if self._interactive else contextlib.nullcontext()

    async def _prompt(self) -> None:
        if self._interactive and self._listening:
            await self._out.write(self._config.prompt)

    async def _interrupted(self, accept: Accept, number: int) -> bool:
        """Stop the answer that runs; True when the person wants to leave."""
        self._interrupts += 1
        if self._interrupts > 1:
            await self._out.write("\n")
            return True
        if self._waiting:
            await self._offer(accept, "/stop", number)
        else:
            await self._out.write("\n")
            await self._prompt()
        return False

    async def _offer(self, accept: Accept, line: str, number: int) -> None:
        said = inbound(line, self._address, self._sender, f"{self._session}-{number}")
        if said is None:
            await self._prompt()
            return
        while True:
            try:
                accepted = await accept(said)
            except ForPerson as refusal:
                words = self._house.words(refusal.key, self._config.language, **refusal.arguments)
                await self._show(f"e{number}", Part(words, role="notice", failed=True))
                return
            except StoreDown:
                # Not acknowledged: the line is still ours, and is offered again as a platform would.
                await asyncio.sleep(_STORE_PAUSE)
                continue
            if accepted.inbox_id not in self._answered:
                self._waiting[accepted.inbox_id] = line.strip() == "/stop"
            return

    async def _all_answered(self) -> None:
        async with self._change:
            await self._change.wait_for(lambda: not self._waiting)

    async def send(self, address: Address, part: Part, key: str) -> Ref:
        """Show a part; a key already shown shows nothing. Raises Forbidden, Unreachable."""
        self._check(address)
        if key in self._shown:
            return self._shown[key]
        ref = self._shown[key] = Ref(key)
        try:
            await self._show(key, part)
        except BaseException:
            del self._shown[key]
            raise
        await self._settled(key)
        return ref

    async def edit(self, address: Address, ref: Ref, part: Part) -> None:
        """Finish what a stream has shown. Raises Rejected: this terminal cannot take back other words."""
        self._check(address)
        stream = self._streams.pop(ref.value, None)
        if stream is None:
            if ref.value in self._shown:
                return
            raise Rejected("nothing of this is on the screen")
        self._shown[ref.value] = ref
        await self._out.write(stream.finish(self._words(part)) + "\n\n")
        await self._settled(ref.value)
        await self._prompt()

    async def open_stream(self, address: Address, key: str) -> Stream:
        """Begin a reply; only a terminal shows it growing."""
        self._check(address)
        if not self._terminal or key in self._shown:
            return QuietAnswer()
        stream = GrowingAnswer(key, self._out, self.painter, "\n" if self._listening and not self._waiting else "")
        self._streams[key] = stream
        return stream

    async def close(self) -> None:
        """Nothing is held; sending is over."""
        self._closed = True

    def _check(self, address: Address) -> None:
        if self._closed:
            raise Forbidden("the terminal is closed")
        if (address.platform, address.tenant) != (self.name, self._config.tenant):
            raise Rejected("not an address of the terminal")

    async def _settled(self, key: str) -> None:
        found = _TURN_KEY.match(key)
        async with self._change:
            if found is None:
                return
            turn = int(found[1])
            self._answered.add(turn)
            self._interrupts = 0
            if self._waiting.pop(turn, False):
                self._change.notify_all()
                return
            # A turn's id is that of its newest message: those merged into it are older, and answered with it.
            for older in [waiting for waiting, stops in self._waiting.items() if waiting < turn and not stops]:
                del self._waiting[older]
            self._change.notify_all()

    async def _show(self, key: str, part: Part) -> None:
        if self._hushed:
            return
        if self._config.json_lines:
            line = {
                "id": key,
                "text": clean(part.text),
                "notice": part.role == "notice",
                "state": "failed" if part.failed else "done",
            }
            await self._out.write(json.dumps(line, ensure_ascii=False) + "\n")
        elif not self._terminal:
            await self._out.write(clean(part.text).rstrip("\n") + "\n")
        else:
            lead = "\n" if self._listening and not self._waiting else ""
            await self._out.write(lead + self._words(part) + "\n\n")
            await self._prompt()

    def _words(self, part: Part) -> str:
        lines = self.painter.lines(parse(part.text))
        if part.role == "notice":
            lines = [self.painter.paint(DIM, line) for line in lines]
        lines.extend(self.painter.paint(DIM, f"→ {clean(button.label)}: {_pressed(button)}") for button in part.buttons)
        return "\n".join(lines)


def _pressed(button: Button) -> str:
    """What is to be typed or opened instead of pressing it."""
    return button.url or f"/{button.command} {clean(button.argument)}".rstrip()
