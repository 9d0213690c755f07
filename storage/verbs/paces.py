"""How often something came lately. Knows one row for each scope, with when its bucket is full; must not know whose.

A bucket that holds `per_minute` and fills evenly is one number: when it will be full again. What comes moves that time
on by one share; more than a whole minute ahead of now it comes too soon.
"""

from __future__ import annotations

import sqlalchemy as sa

from storage import money as m
from storage.dialect import clock, number
from storage.link import Link
from storage.verbs.holds import MAKE_CEILING, UNDER

MINUTE_US = 60_000_000

_int = sa.BigInteger()
_now = clock() * number(1_000)
_share = sa.bindparam("share", type_=_int)
_full = m.ceilings.c.used
_too_soon = _full - (_now + number(MINUTE_US) - _share)

COUNT = (
    sa.update(m.ceilings)
    .where(*UNDER, _too_soon <= number(0))
    .values(used=sa.case((_full > _now, _full), else_=_now) + _share, touched=clock())
)
AHEAD = sa.select(_too_soon).where(*UNDER)
"""Both read ceilings_natural."""


def pace(link: Link, tenant: int, scope: str, per_minute: int) -> int:
    """Count one; see `hub.ports.paces.Paces.pace`."""
    here = {"tenant": tenant, "under": f"pace:{scope}", "during": str(per_minute), "of_unit": "messages"}
    values = {**here, "share": MINUTE_US // per_minute}
    if link.run(COUNT, values):
        return 0
    row = {"tenant_id": tenant, "scope": here["under"], "window": here["during"], "unit": here["of_unit"]}
    link.run(MAKE_CEILING, row)
    if link.run(COUNT, values):
        return 0
    ahead = link.one(AHEAD, values)
    return max(1, -(-int(ahead[0]) // 1_000_000)) if ahead else 1
