"""Answers of which a part may stand twice. Knows which; must not know how that came about."""

from __future__ import annotations

import sqlalchemy as sa

from storage import platforms as f
from storage.dialect import insert_new
from storage.link import Link
from storage.rows import now_ms

PUT = insert_new(f.doubts, ("tenant_id", "key"), ("tenant_id", "key", "platform", "created"))
NEWEST = (
    sa.select(f.doubts.c.key, f.doubts.c.platform, f.doubts.c.created)
    .order_by(f.doubts.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
"""Reads the primary key backwards."""


def doubt(link: Link, tenant: int, key: str, platform: str) -> None:
    """Keep that a part of the reply `key` may stand twice."""
    link.run(PUT, {"tenant_id": tenant, "key": key, "platform": platform, "created": now_ms()})


def doubts(link: Link, limit: int) -> list[tuple[str, str, int]]:
    """Key, platform and time of the newest, the newest first."""
    return [(row[0], row[1], row[2]) for row in link.all(NEWEST, {"most": limit})]
