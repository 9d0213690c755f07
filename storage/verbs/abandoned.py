"""Calls whose process is gone. Knows which attempts those are and who lives; must not know money.

Each is closed in a step of its own: several payers' balances in one step would be locked in no common order.
"""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.tokens import estimate_tokens
from storage import platforms as f
from storage import schema as s
from storage.dialect import clock, number, word
from storage.link import Link
from storage.verbs.listeners import take_listener
from storage.verbs.settling import abandon

PROCESS = "process:"
"""How the lease of a whole process is named among those of listeners."""

UNOWNED_MS = 3_600_000
"""A call of nobody in particular that is open for longer has lost its process."""

FORGET_MS = 3_600_000
"""How long the lease of a dead process is kept."""

_lives = (
    sa.exists()
    .where(
        f.listeners.c.name == sa.literal_column(f"'{PROCESS}'", sa.Text()).concat(s.attempts.c.owner),
        f.listeners.c.until >= clock(),
    )
    .correlate(s.attempts)
)
LEFT_OPEN = (
    sa.select(s.attempts.c.id, s.inbox.c.progress)
    .select_from(sa.outerjoin(s.attempts, s.inbox, s.inbox.c.id == s.attempts.c.turn_id))
    .where(
        s.OPEN_ATTEMPT,
        sa.or_(
            sa.and_(s.attempts.c.owner != word(""), sa.not_(_lives)),
            s.attempts.c.opened < sa.bindparam("before", type_=sa.BigInteger()),
        ),
    )
    .order_by(s.attempts.c.turn_id)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
OF_OWNER = (
    sa.select(s.attempts.c.id, s.inbox.c.progress)
    .select_from(sa.outerjoin(s.attempts, s.inbox, s.inbox.c.id == s.attempts.c.turn_id))
    .where(
        s.OPEN_ATTEMPT,
        sa.or_(
            s.attempts.c.owner == sa.bindparam("whose", type_=sa.Text()),
            sa.bindparam("all", type_=sa.Integer()) == number(1),
        ),
    )
    .order_by(s.attempts.c.turn_id)
)
"""Both read attempts_open, that is the open ones alone."""

FORGET = sa.delete(f.listeners).where(
    sa.func.substr(f.listeners.c.name, number(1), number(len(PROCESS))) == sa.literal_column(f"'{PROCESS}'", sa.Text()),
    f.listeners.c.until < clock() - number(FORGET_MS),
)


def keep_process(link: Link, owner: str, seconds: float) -> None:
    """The process lives for `seconds` more."""
    take_listener(link, PROCESS + owner, owner, seconds)


def left_open(link: Link, now: int, limit: int) -> list[tuple[int, str]]:
    """Attempts of processes that live no longer, with what was seen of the answer."""
    rows = link.all(LEFT_OPEN, {"before": now - UNOWNED_MS, "most": limit})
    return [(int(row[0]), row[1] or "") for row in rows]


def open_calls(link: Link, owner: str | None) -> list[tuple[int, str]]:
    """The open attempts of a process, None: of every one."""
    rows = link.all(OF_OWNER, {"whose": owner or "", "all": int(owner is None)})
    return [(int(row[0]), row[1] or "") for row in rows]


def close_one(link: Link, attempt_id: int, progress: str) -> bool:
    """Close an attempt as UNKNOWN; False: it was closed meanwhile."""
    return abandon(link, attempt_id, estimate_tokens(progress) if progress else 0)


def forget_processes(link: Link) -> None:
    """Forget the leases of processes long gone."""
    link.run(FORGET)
