"""The right to run a lane. Knows owner, fence and the database's clock; must not know turns."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from hub.domain.address import Address
from hub.domain.errors import LostLease
from hub.domain.turn import Lease
from storage import schema as s
from storage.dialect import clock, number, word
from storage.link import Link
from storage.rows import ADDRESS, address_of, now_ms
from storage.verbs.listeners import LET_ALL_GO

FREE = sa.or_(s.conversations.c.lease_owner == word(""), s.conversations.c.lease_until < clock())
"""No living process runs the lane."""

OURS = sa.and_(
    s.conversations.c.id == sa.bindparam("conversation"),
    s.conversations.c.lease_owner == sa.bindparam("owner"),
    s.conversations.c.fence == sa.bindparam("held_fence"),
    s.LEASED,
)
"""The lease is still the one it was."""

LET_GO = sa.update(s.conversations).where(OURS).values(lease_owner=word(""), lease_until=number(0))
RENEW = (
    sa.update(s.conversations).where(OURS).values(lease_until=clock() + sa.bindparam("lasting", type_=sa.BigInteger()))
)
HOLD = sa.select(s.conversations.c.id).where(OURS).with_for_update(read=True)
"""Until the verb ends nobody can take the lane: taking it updates the row that this locks."""

RELEASE_OWNER = (
    sa.update(s.conversations)
    .where(s.LEASED, s.conversations.c.lease_owner == sa.bindparam("owner"))
    .values(lease_owner=word(""), lease_until=number(0))
)
RELEASE_ALL = sa.update(s.conversations).where(s.LEASED).values(lease_owner=word(""), lease_until=number(0))

HELD = sa.select(s.conversations.c.id).where(s.conversations.c.id == sa.bindparam("conversation"), sa.not_(FREE))

_oldest = (
    sa.select(s.inbox.c.conversation_id, sa.func.min(s.inbox.c.id).label("first"))
    .where(s.LANE, s.inbox.c.platform == sa.bindparam("channel", type_=sa.Text()))
    .group_by(s.inbox.c.conversation_id)
    .having(sa.func.max(s.inbox.c.received) <= sa.bindparam("before", type_=sa.BigInteger()))
    .subquery()
)
STALLED = (
    sa.select(_oldest.c.conversation_id, *ADDRESS)
    .select_from(
        _oldest.join(s.conversations, s.conversations.c.id == _oldest.c.conversation_id)
        .join(s.inbox, s.inbox.c.id == _oldest.c.first)
        .join(s.addresses, s.addresses.c.id == s.inbox.c.address_id)
    )
    .where(FREE)
    .order_by(_oldest.c.first)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
"""Reads inbox_lane, that is the open rows alone."""

EVER = 1 << 62
"""Later than anything that was received, by whatever clock."""

STALLED_OVERTAKING = (
    sa.select(s.inbox.c.id)
    .where(
        s.OVERTAKING,
        s.inbox.c.platform == sa.bindparam("channel", type_=sa.Text()),
        s.inbox.c.received < sa.bindparam("before"),
    )
    .order_by(s.inbox.c.received)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)

UNTRIED_ARE_DUE = sa.update(s.outbox).where(s.PENDING, s.outbox.c.tries == number(0)).values(due_at=s.outbox.c.created)
"""Claims of dead processes end; what a platform has put off waits on."""


def lease_values(lease: Lease) -> dict[str, int | str]:
    """What OURS binds."""
    return {"conversation": lease.conversation_id, "owner": lease.owner, "held_fence": lease.fence}


def hold(link: Link, lease: Lease) -> None:
    """Raises LostLease unless the lane is ours, and keeps it so until the verb ends."""
    if link.one(HOLD, lease_values(lease)) is None:
        raise LostLease


def let_go(link: Link, lease: Lease) -> None:
    """Give the lane back. Raises LostLease."""
    if not link.run(LET_GO, lease_values(lease)):
        raise LostLease


def renew(link: Link, lease: Lease, lease_seconds: float) -> None:
    """Keep the lane for `lease_seconds` from now. Raises LostLease."""
    if not link.run(RENEW, {**lease_values(lease), "lasting": int(lease_seconds * 1000)}):
        raise LostLease


def release_owner(link: Link, owner: str | None) -> None:
    """Let go every lease of `owner`; None: every lease, and every reply that nobody has tried to deliver."""
    if owner is None:
        link.run(RELEASE_ALL)
        link.run(LET_ALL_GO)
        link.run(UNTRIED_ARE_DUE)
    else:
        link.run(RELEASE_OWNER, {"owner": owner})


def stalled(link: Link, platforms: Sequence[str], limit: int, quiet_ms: int) -> list[tuple[int, Address]]:
    """Conversations with open rows and no living lease, the longest waiting of each platform first."""
    before = now_ms() - quiet_ms if quiet_ms else EVER
    return [
        (row[0], address_of(row[1:7]))
        for platform in platforms
        for row in link.all(STALLED, {"channel": platform, "before": before, "most": limit})
    ]


def stalled_overtaking(link: Link, platforms: Sequence[str], older_than_ms: int, limit: int) -> list[int]:
    """Overtaking rows still open after `older_than_ms`."""
    before = now_ms() - older_than_ms
    return [
        row[0]
        for platform in platforms
        for row in link.all(STALLED_OVERTAKING, {"channel": platform, "before": before, "most": limit})
    ]


def lane_held(link: Link, conversation_id: int) -> bool:
    """Whether a living process holds the lane."""
    return link.one(HELD, {"conversation": conversation_id}) is not None
