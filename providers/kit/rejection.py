"""What a vendor says when it does not answer. Knows the shapes of error bodies, waiting times and how secrets are
struck out; must not know which vendor's code means what (each provider's `errors.py` has that table).
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import msgspec

from hub.domain.errors import ContextTooLong, Down, Overloaded, ProviderError, Refused

LONGEST_WAIT = 86_400.0
"""Seconds; a vendor asking for more than a day has made a mistake, and is not believed."""

LONGEST_TEXT = 300
"""Characters of a vendor's message that we repeat."""

STATUSES: Mapping[int, type[ProviderError]] = {
    408: Down,
    409: Down,
    413: ContextTooLong,
    425: Down,
    429: Overloaded,
    503: Overloaded,
    529: Overloaded,
}
"""Retryable ones as the SDKs of OpenAI and Anthropic have them; other 4xx and 3xx are Refused, other 5xx Down."""

CONTEXT_MARKS = (
    "maximum context length",
    "context length",
    "context_length",
    "context window",
    "context size",
    "prompt is too long",
    "exceeds the maximum number of tokens",
)
"""Vendors without a code of its own say it only in words; a miss makes the error Refused, never retried either way."""

_KEYS = re.compile(r"(?i)\b(?:sk|pk|rk|gsk|xai|key|tgp|hf|fw|or)[-_][\w*.\-]{6,}|AIza[\w\-*]{8,}|bearer\s+[^\s'\",]+")


def struck(text: str, secret: str) -> str:
    """`text` without `secret` and without anything that looks like a key, on one line, shortened."""
    if secret:
        text = text.replace(secret, "[key]")
    text = " ".join(_KEYS.sub("[key]", text).split())
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def waiting_time(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds to wait by `retry-after-ms` or `retry-after` (a number or a date); None when not said sensibly."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(name)
        if text is None:
            continue
        try:
            seconds = float(text) * unit
        except ValueError:
            try:
                seconds = parsedate_to_datetime(text).timestamp() - (time.time() if now is None else now)
            except (ValueError, TypeError, IndexError, OverflowError):
                continue
            seconds = max(0.0, seconds)
        if 0 <= seconds <= LONGEST_WAIT:
            return seconds
    return None


@dataclass(frozen=True, slots=True)
class Rejection:
    """An error as a vendor words it. `codes`: its machine-readable names, the most exact first; `status` 0: inside a
    stream that began with 200."""

    status: int
    codes: tuple[str, ...]
    message: str
    after: float | None = None


def read_rejection(status: int, headers: Mapping[str, str], body: bytes) -> Rejection:
    """Any vendor's error body: an object or string under `error`, perhaps in a list, else `message` or `detail`."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Rejection(status, (), _plain(body), waiting_time(headers))
    return rejection_from(status, found, waiting_time(headers))


def rejection_from(status: int, found: object, after: float | None = None) -> Rejection:
    """The same, of decoded JSON."""
    if isinstance(found, list) and found:
        found = found[0]
    error = found.get("error", found) if isinstance(found, dict) else found
    if not isinstance(error, dict):
        return Rejection(status, (), str(error), after)
    codes = tuple(text for name in ("code", "status", "type") if isinstance(text := error.get(name), str))
    message = error.get("message", error.get("detail", ""))
    inner_status = error.get("code")
    if not status and isinstance(inner_status, int) and 400 <= inner_status < 600:
        status = inner_status
    return Rejection(status, codes, str(message), after if after is not None else _retry_delay(error))


def _retry_delay(error: Mapping[str, object]) -> float | None:
    """Seconds in a `retryDelay` such as "17s" inside `details` (Google's RetryInfo)."""
    details = error.get("details")
    for detail in details if isinstance(details, list) else ():
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str) and re.fullmatch(r"\d{1,5}(\.\d+)?s", delay):
            return float(delay[:-1])
    return None


def _plain(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    return "" if "<html" in text.lower() else text


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """Foreign errors to ours: by an exact code first, else by status; inside a stream, which has none, by any code.

    `secret` is struck out of every text."""

    provider: str
    exact: Mapping[str, type[ProviderError]]
    in_stream: Mapping[str, type[ProviderError]]
    secret: str = field(default="", repr=False)

    def error(self, rejection: Rejection) -> ProviderError:
        """Our error, in words that name the provider, the status and the vendor's own message."""
        kind = self._kind(rejection)
        code = rejection.codes[0] if rejection.codes else ""
        status = f"HTTP {rejection.status}" if rejection.status else "error in the stream"
        text = self.text(": ".join(part for part in (status, code, rejection.message) if part))
        error = kind(text, rejection.after) if issubclass(kind, Overloaded) else kind(text)
        error.status = rejection.status
        return error

    def text(self, text: str) -> str:
        """`text` prefixed with the provider's name, secrets struck out."""
        return f"{self.provider}: {struck(text, self.secret)}"

    def _kind(self, rejection: Rejection) -> type[ProviderError]:
        kind = next((self.exact[code] for code in rejection.codes if code in self.exact), None)
        if kind is None and rejection.status:
            kind = STATUSES.get(rejection.status, Down if rejection.status >= 500 else Refused)
        elif kind is None:
            kind = next((self.in_stream[code] for code in rejection.codes if code in self.in_stream), Down)
        words = rejection.message.lower()
        if kind is Refused and any(mark in words for mark in CONTEXT_MARKS):
            return ContextTooLong
        return kind
