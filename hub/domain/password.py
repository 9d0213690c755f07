"""Passwords as they are kept. Knows scrypt and its cost; must not know accounts or where a hash is stored.

A hash reads `scrypt$15$8$3$SALT$HASH`: cost as power of two, block size, parallelism, then base64.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import unicodedata

COST, BLOCK, PARALLEL = 15, 8, 3
"""N = 2^15, r = 8, p = 3: 32 MiB and a quarter of a second. OWASP's Password Storage Cheat Sheet names it equal in
defence to N = 2^17, p = 1, which takes 128 MiB: too much on a small machine with several logins at once."""

SALT_BYTES, HASH_BYTES = 16, 32
"""NIST SP 800-63B asks for a salt of at least 4 bytes; RFC 7914 names 32 bytes of output for password hashes."""

LEAST = 8
"""Fewest characters, the floor of NIST SP 800-63B."""

MOST = 1_024
"""Most characters: far more than anybody types, few enough to hash at once."""

_MEMORY = 256 * 1024 * 1024


def hash_password(password: str) -> str:
    """`password` hashed with a fresh salt. Raises ValueError when it is shorter than LEAST or longer than MOST."""
    if not LEAST <= len(password) <= MOST:
        raise ValueError(f"a password has {LEAST} to {MOST} characters")
    salt = os.urandom(SALT_BYTES)
    derived = _derive(password, salt, COST, BLOCK, PARALLEL, HASH_BYTES)
    return "$".join(("scrypt", str(COST), str(BLOCK), str(PARALLEL), _text(salt), _text(derived)))


def verify_password(password: str, stored: str) -> bool:
    """Whether `stored` is a hash of `password`, compared in constant time.

    An empty `stored` (there is no such login) takes as long as a wrong password, and is False."""
    kind, cost, block, parallel, salt, derived = (stored or NOBODY).split("$")
    if kind != "scrypt":
        raise ValueError(f"unknown password hash {kind}")
    expected = base64.b64decode(derived)
    found = _derive(password[:MOST], base64.b64decode(salt), int(cost), int(block), int(parallel), len(expected))
    return hmac.compare_digest(found, expected) and bool(stored)


def _derive(password: str, salt: bytes, cost: int, block: int, parallel: int, length: int) -> bytes:
    """Characters that look alike and are typed differently on two keyboards count as the same (NFKC)."""
    typed = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(typed, salt=salt, n=1 << cost, r=block, p=parallel, maxmem=_MEMORY, dklen=length)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


NOBODY = "$".join(("scrypt", str(COST), str(BLOCK), str(PARALLEL), _text(bytes(SALT_BYTES)), _text(bytes(HASH_BYTES))))
"""A hash that no password is known to have."""
