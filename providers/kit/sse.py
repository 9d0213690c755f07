"""Server-sent events out of arriving bytes. Knows the SSE grammar; must not know JSON or vendors.

Only `data` is kept: every vendor repeats what matters of `event` inside the payload.
"""

from __future__ import annotations

MAX_EVENT = 16 * 1024 * 1024
"""Bytes one event may take before we stop listening: far above any vendor's chunk, far below our memory."""


class EventSplitter:
    """Feed it chunks as they arrive, get back the payloads of the events they complete."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """Payloads completed by `chunk`, in order. Raises ValueError when one event outgrows MAX_EVENT."""
        if self._rest:
            chunk = self._rest + chunk
        if b"\r" in chunk:
            # A CR at the very end may be half of a CRLF: it waits for its other half.
            kept = b"\r" if chunk.endswith(b"\r") else b""
            chunk = chunk.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n") + kept
        elif chunk.startswith(b"data: ") and chunk.endswith(b"\n\n"):
            # What vendors send: whole events of one data line each. One newline more and it is something else.
            payloads = chunk[6:-2].split(b"\n\ndata: ")
            if chunk.count(b"\n") == 2 * len(payloads):
                self._rest = b""
                return payloads
        blocks = chunk.split(b"\n\n")
        self._rest = blocks.pop()
        if len(self._rest) > MAX_EVENT:
            raise ValueError("an event of the stream is too large")
        return [payload for block in blocks if (payload := _payload(block)) is not None]

    def rest(self) -> list[bytes]:
        """The payload of a last event that its server forgot to terminate; empty when there is none."""
        block, self._rest = self._rest.replace(b"\r", b""), b""
        payload = _payload(block)
        return [] if payload is None else [payload]


def _payload(block: bytes) -> bytes | None:
    """The data of one event, None when it carries none (comments, keep-alives)."""
    if block.startswith(b"data: ") and b"\n" not in block:
        return block[6:]
    lines = [line[5:].removeprefix(b" ") for line in block.split(b"\n") if line.startswith(b"data:")]
    return b"\n".join(lines) if lines else None
