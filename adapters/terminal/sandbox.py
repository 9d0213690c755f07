"""A person at a terminal, or a script at its pipes. Knows keys and what can be seen; must not know the adapter.

with Screen() as ann:
    ann.types("hi")
    await ann.sees("hello")
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import pty
import re
from types import TracebackType

_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class _Desk:
    """A pair of descriptors for the hub (`stdin`, `stdout`) and what has come out so far (`output`, as written)."""

    def __init__(self, stdin: int, stdout: int, keys: int, eyes: int) -> None:
        self.stdin, self.stdout = stdin, stdout
        self._keys, self._eyes = keys, eyes
        self._seen = bytearray()
        self.chunks = 0
        self._loop = asyncio.get_running_loop()
        self._more = asyncio.Event()
        os.set_blocking(eyes, False)
        self._loop.add_reader(eyes, self._look)

    def __enter__(self) -> _Desk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    @property
    def output(self) -> str:
        """Everything written, escape sequences and all."""
        # a character may be half read yet
        return codecs.utf_8_decode(self._seen, "strict", False)[0]

    @property
    def bare(self) -> str:
        """Everything written, as read by a person: no escape sequences, plain line ends."""
        return _ESCAPES.sub("", self.output).replace("\r\n", "\n")

    def types(self, line: str) -> None:
        """Type a line and press Enter."""
        os.write(self._keys, line.encode() + b"\n")

    async def sees(self, words: str, timeout: float = 5, times: int = 1) -> str:
        """Wait until `words` have come out `times` times; returns everything seen. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while self.bare.count(words) < times:
                self._more.clear()
                await self._more.wait()
        return self.bare

    async def opens(self, label: str, timeout: float = 5) -> str:
        """The newest address that stands behind `label`, once it is there."""
        seen = await self.sees(f"{label}: ", timeout)
        found: list[str] = re.findall(rf"{re.escape(label)}: <?(https?://[^\s>]+)", seen)
        return found[-1]

    def _look(self) -> None:
        try:
            chunk = os.read(self._eyes, 65536)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            self._loop.remove_reader(self._eyes)
        self._seen += chunk
        self.chunks += bool(chunk)
        self._more.set()

    def leave(self) -> None:
        """Close the person's side."""
        self._loop.remove_reader(self._eyes)
        for fd in {self._keys, self._eyes, self.stdin, self.stdout}:
            with contextlib.suppress(OSError):
                os.close(fd)


class Screen(_Desk):
    """A real pseudo-terminal."""

    def __init__(self) -> None:
        person, hub = pty.openpty()
        super().__init__(hub, hub, person, person)

    def presses_ctrl(self, key: str) -> None:
        """Press Ctrl and a letter."""
        os.write(self._keys, bytes([ord(key.upper()) - 64]))


class Pipes(_Desk):
    """Two pipes, as in `echo hi | parley chat | cat`."""

    def __init__(self) -> None:
        stdin, keys = os.pipe()
        eyes, stdout = os.pipe()
        super().__init__(stdin, stdout, keys, eyes)

    def ends(self) -> None:
        """Close the input."""
        os.close(self._keys)
        self._keys = self._eyes
