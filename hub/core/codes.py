"""Codes that join two platforms. Knows how one is made, spelled, read and digested; must not know who typed it.

Eight of Crockford's 32 signs (no I, L, O, U) are 40 bits: with five guesses in ten minutes, a thousand strangers who
guess day and night for a year at one living code find it with a chance of one in four thousand.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8

_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "–": None, "—": None, "`": None})
"""What people type for what they read; some keyboards make a dash longer."""


def fresh_code() -> str:
    """A code as it is shown: `ABCD-EFGH`."""
    signs = "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
    return f"{signs[:4]}-{signs[4:]}"


def read_code(typed: str) -> str:
    """The code in `typed`, whatever its case and dashes; empty when it cannot be one."""
    signs = typed.upper().translate(_READ_AS)
    return signs if len(signs) == LENGTH and not set(signs) - set(SIGNS) else ""


def digest_of(key: bytes, tenant: int, code: str) -> str:
    """What is kept of a code: its keyed hash, another one in every tenant."""
    return hmac.new(key, f"{tenant}:{read_code(code)}".encode(), hashlib.sha256).hexdigest()
