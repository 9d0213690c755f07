"""Slack's signature under its requests. Knows bytes and one hash; must not know what the bytes say."""

from __future__ import annotations

import hashlib
import hmac
import time

WINDOW = 300
"""Seconds that a signature may be old or ahead: Slack's documentation."""


def is_signed(secret: str, timestamp: str | None, signature: str | None, body: bytes, now: float | None = None) -> bool:
    """Whether `body` was signed with `secret` within the window; never raises, whatever it is given."""
    if not secret or not timestamp or not signature or not timestamp.isascii() or not timestamp.isdigit():
        return False
    if len(timestamp) > 12 or abs((time.time() if now is None else now) - int(timestamp)) > WINDOW:
        return False
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={digest}".encode(), signature.encode("utf-8", "replace"))
