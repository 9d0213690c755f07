"""What every table of settings shares. Knows strictness and secrecy; must not know any key."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

WEAK_SECRETS = frozenset(
    {"secret", "password", "changeme", "change-me", "admin", "parley", "test", "default", "letmein", "12345678"}
)
"""Known secrets: what people type to get on, and what tutorials print."""

SHORTEST_SECRET = 16
"""Characters a secret of the operator's own making must have (NIST SP 800-63B asks 15 for a lone password)."""


class Table(BaseModel):
    """A table of settings: unknown keys are errors, values never stand in an error, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True, defer_build=True)


def strong(secret: str) -> str:
    """`secret` unless it is short or well known; raises ValueError with words that do not contain it."""
    plain = secret.strip().lower()
    if plain in WEAK_SECRETS or len(set(plain)) < 5:
        raise ValueError("is a secret that everybody knows; make one with: openssl rand -hex 32")
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"is shorter than {SHORTEST_SECRET} characters; make one with: openssl rand -hex 32")
    return secret
