"""What gateways tell, each event once. Knows events and what became of them; must not know what they are about."""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.payment import OpenEvent
from storage import sold as y
from storage.dialect import insert_new, number
from storage.link import Link
from storage.rows import clean

_int = sa.BigInteger()
_tenant = sa.bindparam("tenant", type_=_int)
_most = sa.bindparam("most", type_=sa.Integer())

PUT_EVENT = insert_new(
    y.gateway_events,
    ("tenant_id", "gateway", "event"),
    ("tenant_id", "gateway", "event", "kind", "object", "created"),
)
FIND_EVENT = sa.select(y.gateway_events.c.id, y.gateway_events.c.done).where(
    y.gateway_events.c.tenant_id == _tenant,
    y.gateway_events.c.gateway == sa.bindparam("vendor"),
    y.gateway_events.c.event == sa.bindparam("named"),
)
END_EVENT = (
    sa.update(y.gateway_events)
    .where(y.gateway_events.c.id == sa.bindparam("ticket", type_=_int))
    .values(done=number(1), outcome=sa.bindparam("came", type_=sa.Text()))
)
DELAY_EVENT = (
    sa.update(y.gateway_events)
    .where(y.gateway_events.c.id == sa.bindparam("ticket", type_=_int), y.OPEN_EVENT)
    .values(outcome=sa.bindparam("came", type_=sa.Text()))
)
OPEN_EVENTS = (
    sa.select(
        y.gateway_events.c.id,
        y.gateway_events.c.event,
        y.gateway_events.c.kind,
        y.gateway_events.c.object,
        y.gateway_events.c.outcome,
    )
    .where(
        y.OPEN_EVENT,
        y.gateway_events.c.id > sa.bindparam("after", type_=_int),
        y.gateway_events.c.tenant_id == _tenant,
        y.gateway_events.c.gateway == sa.bindparam("vendor"),
    )
    .order_by(y.gateway_events.c.id)
    .limit(_most)
)
OLD_EVENTS = (
    sa.select(y.gateway_events.c.id)
    .where(y.gateway_events.c.created < sa.bindparam("before", type_=_int), y.gateway_events.c.done == number(1))
    .order_by(y.gateway_events.c.created)
    .limit(_most)
)
"""Reads gateway_events_created."""
DROP_EVENTS = sa.delete(y.gateway_events).where(y.gateway_events.c.id.in_(OLD_EVENTS))


def note_event(link: Link, tenant: int, gateway: str, event: str, kind: str, object_: str, now: int) -> int:
    """A ticket for an event; 0 when it was dealt with before."""
    values = {"tenant_id": tenant, "gateway": gateway, "event": clean(event), "kind": kind, "object": clean(object_)}
    link.run(PUT_EVENT, {**values, "created": now})
    row = link.one(FIND_EVENT, {"tenant": tenant, "vendor": gateway, "named": values["event"]})
    assert row is not None
    return 0 if row[1] else int(row[0])


def end_event(link: Link, ticket: int, outcome: str) -> None:
    """It was dealt with."""
    link.run(END_EVENT, {"ticket": ticket, "came": clean(outcome)[:300]})


def delay_event(link: Link, ticket: int, trouble: str) -> None:
    """It will be tried again."""
    link.run(DELAY_EVENT, {"ticket": ticket, "came": clean(trouble)[:300]})


def open_events(link: Link, tenant: int, gateway: str, after: int, limit: int) -> tuple[OpenEvent, ...]:
    """What was never dealt with to the end, oldest first."""
    rows = link.all(OPEN_EVENTS, {"tenant": tenant, "vendor": gateway, "after": after, "most": limit})
    return tuple(OpenEvent(*row) for row in rows)


def forget_events(link: Link, before: int, limit: int) -> int:
    """Forget events dealt with before then."""
    return link.run(DROP_EVENTS, {"before": before, "most": limit})
