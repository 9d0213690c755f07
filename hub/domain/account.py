"""One person on several platforms. Knows identities, what codes lead to, logins; must not know how they are stored."""

from __future__ import annotations

from enum import StrEnum

from hub.domain.value import dataclass


@dataclass(frozen=True, slots=True)
class IdentityLine:
    """A platform's user as a person's list shows it; `since` in milliseconds since 1970."""

    id: int
    platform: str
    user: str
    name: str
    since: int


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account as an operator sees it. `merged_into`: the account that took it in, 0 for none.

    `conversations` counts them, `since` is milliseconds since 1970. `plan` as in `hub.domain.conversation.Account`."""

    id: int
    tenant: int
    name: str
    language: str
    model: str
    blocked: bool
    merged_into: int
    since: int
    conversations: int
    identities: tuple[IdentityLine, ...]
    emails: tuple[str, ...]
    plan: str = ""
    plan_anchor: int = 0
    plan_until: int = 0


class CodeOutcome(StrEnum):
    """What came of a typed code. VALID: it would join, once who typed it says so.

    WRONG: unknown, expired, used up, or one of the two accounts is blocked."""

    VALID = "valid"
    JOINED = "joined"
    OWN = "own"
    WRONG = "wrong"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class CodeUsed:
    """What `use_code` did; `maker` is who made the code, only with VALID and JOINED."""

    outcome: CodeOutcome
    maker: IdentityLine | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """An e-mail address (case-folded) with the hash of its password: see `hub.domain.password`."""

    account_id: int
    email: str
    password_hash: str
    blocked: bool = False


def fold_email(email: str) -> str:
    """`email` as it is kept and compared. Raises ValueError unless it is something, one @, and something, in 254.

    254 characters: RFC 5321 allows no longer path."""
    folded = email.strip().casefold()
    name, at, host = folded.rpartition("@")
    if not (name and at and host) or "@" in name or len(folded) > 254 or any(c.isspace() or c < " " for c in folded):
        raise ValueError("an e-mail address looks like ann@example.org")
    return folded
