"""Teams and their members. Knows their rows and that a team keeps an owner; must not know who may change them."""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.money import Cap, Unit
from hub.domain.team import Change, Membership, Role, Team
from storage import money as m
from storage import schema as s
from storage import teams as t
from storage.dialect import insert, insert_new, number, word
from storage.link import Link, Row
from storage.rows import clean, now_ms
from storage.verbs.linking import ONE_AT_A_TIME
from storage.verbs.memberships import COUNT_TEAMS, STAYS
from storage.verbs.places import MAKE_ACCOUNT

_int = sa.BigInteger()
_tenant = sa.bindparam("tenant", type_=_int)
_team = sa.bindparam("team", type_=_int)
_account = sa.bindparam("account", type_=_int)
_most = sa.bindparam("most", type_=sa.Integer())
_after = sa.bindparam("after", type_=_int)

MADE = sa.select(t.teams.c.id).where(t.teams.c.tenant_id == _tenant, t.teams.c.key == sa.bindparam("key"))
MAKE_TEAM = insert(t.teams, ("id", "tenant_id", "key", "created"))
_team_row = (t.teams.c.id, t.teams.c.tenant_id, s.accounts.c.name, t.teams.c.cap, t.teams.c.cap_unit)
_named = sa.join(t.teams, s.accounts, s.accounts.c.id == t.teams.c.id)
PAGE = (
    sa.select(*_team_row)
    .select_from(_named)
    .where(t.teams.c.tenant_id == _tenant, t.teams.c.id > _after)
    .order_by(t.teams.c.id)
    .limit(_most)
)
ONE = sa.select(*_team_row).select_from(_named).where(t.teams.c.tenant_id == _tenant, t.teams.c.id == _team)

MEMBER = (
    t.members.c.id,
    t.members.c.team_id,
    t.members.c.account_id,
    s.accounts.c.name,
    t.members.c.role,
    t.members.c.cap,
    t.members.c.cap_unit,
    t.members.c.alone,
)
_with_name = sa.join(t.members, s.accounts, s.accounts.c.id == t.members.c.account_id)
OF_TEAM = (
    sa.select(*MEMBER)
    .select_from(_with_name)
    .where(STAYS, t.members.c.tenant_id == _tenant, t.members.c.team_id == _team, t.members.c.id > _after)
    .order_by(t.members.c.id)
    .limit(_most)
)
"""Reads members_team."""
OF_ACCOUNT = (
    sa.select(*MEMBER)
    .select_from(_with_name)
    .where(STAYS, t.members.c.tenant_id == _tenant, t.members.c.account_id == _account)
    .order_by(t.members.c.id)
)
"""Reads members_account."""
_here = (t.members.c.tenant_id == _tenant, t.members.c.team_id == _team, t.members.c.account_id == _account)
ROLE = sa.select(t.members.c.role).where(*_here)
PUT_MEMBER = insert_new(
    t.members, ("tenant_id", "team_id", "account_id"), ("tenant_id", "team_id", "account_id", "role", "joined")
)
SET_ROLE = sa.update(t.members).where(*_here).values(role=sa.bindparam("new_role", type_=sa.Text()))
OWNERS = sa.select(sa.func.count()).where(
    t.members.c.tenant_id == _tenant, t.members.c.team_id == _team, t.members.c.role == word("owner")
)
_cap = {"cap": sa.bindparam("new_cap", type_=_int), "cap_unit": sa.bindparam("new_unit", type_=sa.Text())}
SET_CAP = sa.update(t.members).where(*_here, STAYS).values(_cap)
SET_TEAM_CAP = sa.update(t.teams).where(t.teams.c.tenant_id == _tenant, t.teams.c.id == _team).values(_cap)
SET_ALONE = sa.update(t.members).where(*_here, STAYS).values(alone=sa.bindparam("now_alone", type_=sa.SmallInteger()))
SPENT = sa.select(m.ceilings.c.used).where(
    m.ceilings.c.tenant_id == _tenant,
    m.ceilings.c.scope == sa.bindparam("under"),
    m.ceilings.c.window == sa.bindparam("during"),
    m.ceilings.c.unit == sa.bindparam("counted", type_=sa.Text()),
)
"""Reads ceilings_natural."""
LIVING = sa.select(s.accounts.c.id).where(
    s.accounts.c.tenant_id == _tenant, s.accounts.c.id == _account, s.accounts.c.merged_into == number(0)
)


def membership_of(row: Row, spent: int = 0) -> Membership:
    """From MEMBER."""
    return Membership(row[0], row[1], row[2], row[3], Role(row[4]), Cap(row[5], Unit(row[6])), not row[7], spent)


def _team_of(row: Row, me: Membership | None = None) -> Team:
    return Team(row[0], row[1], row[2], Cap(row[3], Unit(row[4])), me)


def create_team(link: Link, tenant: int, name: str, owner: int, key: str) -> int:
    """A team with its first owner."""
    link.one(ONE_AT_A_TIME, {"tenant": tenant})
    known = link.one(MADE, {"tenant": tenant, "key": key}) if key else None
    if known is not None:
        return int(known[0])
    now = now_ms()
    made = link.one(MAKE_ACCOUNT, {"tenant_id": tenant, "name": clean(name), "language": "en", "created": now})
    assert made is not None
    team = int(made[0])
    link.run(MAKE_TEAM, {"id": team, "tenant_id": tenant, "key": key or f"team:{team}", "created": now})
    if owner:
        put_member(link, tenant, team, owner, Role.OWNER)
    return team


def teams(link: Link, tenant: int, after: int, limit: int) -> tuple[Team, ...]:
    """Every team of a tenant."""
    rows = link.all(PAGE, {"tenant": tenant, "after": after, "most": limit})
    return tuple(map(_team_of, rows))


def team(link: Link, tenant: int, team_id: int) -> Team | None:
    """One team."""
    row = link.one(ONE, {"tenant": tenant, "team": team_id})
    return _team_of(row) if row else None


def teams_of(link: Link, tenant: int, account_id: int) -> tuple[Team, ...]:
    """The teams somebody is in."""
    found = []
    for row in link.all(OF_ACCOUNT, {"tenant": tenant, "account": account_id}):
        one = link.one(ONE, {"tenant": tenant, "team": row[1]})
        assert one is not None, "a member's team is there"
        found.append(_team_of(one, membership_of(row)))
    return tuple(found)


def members(link: Link, tenant: int, team_id: int, window: str, after: int, limit: int) -> tuple[Membership, ...]:
    """A team's members."""
    common = team(link, tenant, team_id)
    if common is None:
        return ()
    found = []
    for row in link.all(OF_TEAM, {"tenant": tenant, "team": team_id, "after": after, "most": limit}):
        unit = membership_of(row).bound(common.cap).unit.value
        under = {"tenant": tenant, "during": window, "under": f"member:{team_id}:{row[0]}", "counted": unit}
        spent = link.one(SPENT, under)
        found.append(membership_of(row, spent[0] if spent else 0))
    return tuple(found)


def put_member(link: Link, tenant: int, team_id: int, account_id: int, role: Role) -> Change:
    """Make somebody a member, or a member something else."""
    link.one(ONE_AT_A_TIME, {"tenant": tenant})
    here = {"tenant": tenant, "team": team_id, "account": account_id}
    if link.one(LIVING, here) is None or link.one(ONE, here) is None or link.one(ONE, {**here, "team": account_id}):
        return Change.UNKNOWN
    if role is not Role.OWNER and _is_last_owner(link, here):
        return Change.LAST_OWNER
    row = {"tenant_id": tenant, "team_id": team_id, "account_id": account_id, "role": role.value, "joined": now_ms()}
    if not link.run(PUT_MEMBER, row):
        link.run(SET_ROLE, {**here, "new_role": role.value})
    link.run(COUNT_TEAMS, {"account": account_id})
    return Change.DONE


def remove_member(link: Link, tenant: int, team_id: int, account_id: int) -> Change:
    """Somebody is in the team no more."""
    link.one(ONE_AT_A_TIME, {"tenant": tenant})
    here = {"tenant": tenant, "team": team_id, "account": account_id}
    role = link.one(ROLE, here)
    if role is None or role[0] == "gone":
        return Change.UNKNOWN
    if _is_last_owner(link, here):
        return Change.LAST_OWNER
    link.run(SET_ROLE, {**here, "new_role": "gone"})
    link.run(COUNT_TEAMS, {"account": account_id})
    return Change.DONE


def _is_last_owner(link: Link, here: dict[str, int]) -> bool:
    role, owners = link.one(ROLE, here), link.one(OWNERS, here)
    assert owners is not None
    return role is not None and role[0] == "owner" and owners[0] == 1


def set_cap(link: Link, tenant: int, team_id: int, account_id: int, cap: Cap) -> Change:
    """A member's cap, or everybody's."""
    here = {"tenant": tenant, "team": team_id, "account": account_id}
    values = {**here, "new_cap": cap.amount, "new_unit": cap.unit.value}
    return Change.DONE if link.run(SET_CAP if account_id else SET_TEAM_CAP, values) else Change.UNKNOWN


def set_paid(link: Link, tenant: int, team_id: int, account_id: int, paid: bool) -> Change:
    """Whether the team pays for a member."""
    values = {"tenant": tenant, "team": team_id, "account": account_id, "now_alone": int(not paid)}
    return Change.DONE if link.run(SET_ALONE, values) else Change.UNKNOWN
