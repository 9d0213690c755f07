"""Reading lines from, and writing to, file descriptors. Knows bytes and terminal modes; must not know messages."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import termios
import threading
from collections.abc import Iterator

from adapters.terminal.errors import mapped

INTERRUPT = "\x03"
"""What `Lines.next` returns when Ctrl-C was pressed."""


class Lines:
    """Lines of a descriptor, read by a thread of its own: a descriptor may be a terminal, a pipe or a plain file."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, name="terminal-lines", daemon=True).start()

    async def next(self) -> str | None:
        """The next line without its end, INTERRUPT, or None at the end of input."""
        return await self._lines.get()

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        while True:
            try:
                chunk = os.read(self._fd, 65536)
            except OSError:
                chunk = b""
            *lines, rest = (rest + decoder.decode(chunk, final=not chunk)).replace("\x03", "\x03\n").split("\n")
            if not chunk and rest:
                lines.append(rest)
            for line in lines:
                self._put(INTERRUPT if line.endswith(INTERRUPT) else line)
            if not chunk:
                self._put(None)
                return

    def _put(self, line: str | None) -> None:
        # The loop may have ended while a read was waiting.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)


class Out:
    """Writes whole texts in order, never on the event loop: a slow terminal must not hold up the hub."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._turn = asyncio.Lock()

    async def write(self, text: str) -> None:
        """Write `text`. Raises Forbidden when nobody can read it any more, Unreachable otherwise."""
        async with self._turn:
            try:
                await asyncio.to_thread(self._write, text.encode("utf-8", "replace"))
            except OSError as error:
                raise mapped(error) from error

    def _write(self, content: bytes) -> None:
        while content:
            content = content[os.write(self._fd, content) :]


@contextlib.contextmanager
def interrupt_as_line(fd: int) -> Iterator[None]:
    """While open, Ctrl-C at terminal `fd` ends the line being typed instead of killing the process."""
    before = termios.tcgetattr(fd)
    ours = termios.tcgetattr(fd)
    ours[6][termios.VINTR] = b"\x00"
    ours[6][termios.VEOL] = b"\x03"
    termios.tcsetattr(fd, termios.TCSANOW, ours)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(fd, termios.TCSANOW, before)
