"""What becomes of teams when accounts are joined or end. Knows memberships, sponsored groups; must not know who may."""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.team import Role
from storage import schema as s
from storage import teams as t
from storage.dialect import number, word
from storage.groups import PAID_FOR, group_policies
from storage.link import Link

_int = sa.BigInteger()
_account = sa.bindparam("account", type_=_int)
_kept = sa.bindparam("kept", type_=_int)
_joined = sa.bindparam("joined", type_=_int)

STAYS = t.members.c.role != word("gone")
IS_TEAM = sa.select(t.teams.c.id).where(t.teams.c.id == _account)
COUNT_TEAMS = (
    sa.update(s.accounts)
    .where(s.accounts.c.id == _account)
    .values(
        teams=sa.select(sa.func.count())
        .select_from(t.members)
        .where(STAYS, t.members.c.account_id == s.accounts.c.id)
        .correlate(s.accounts)
        .scalar_subquery()
    )
)
"""So that nobody without a team is looked up in one."""
OF = sa.select(t.members.c.id, t.members.c.team_id, t.members.c.role).where(t.members.c.account_id == _account)
"""Reads members_account."""
REPOINT = sa.update(t.members).where(t.members.c.id == sa.bindparam("member", type_=_int)).values(account_id=_account)
BECOME = (
    sa.update(t.members)
    .where(t.members.c.id == sa.bindparam("member", type_=_int))
    .values(role=sa.bindparam("new_role", type_=sa.Text()))
)
HEIR = (
    sa.select(t.members.c.id)
    .where(STAYS, t.members.c.team_id == sa.bindparam("team", type_=_int))
    .order_by(sa.desc(t.members.c.role == word("owner")), sa.desc(t.members.c.role == word("admin")), t.members.c.id)
    .limit(number(1))
)
"""Reads members_team."""
PAY_ON = sa.update(group_policies).where(PAID_FOR, group_policies.c.payer_id == _joined).values(payer_id=_kept)
"""Reads group_policies_payer."""

_RANK = {"gone": 0, Role.MEMBER.value: 1, Role.ADMIN.value: 2, Role.OWNER.value: 3}


def is_team(link: Link, account_id: int) -> bool:
    """Whether an account is a team's."""
    return link.one(IS_TEAM, {"account": account_id}) is not None


def hand_over_teams(link: Link, kept: int, joined: int) -> None:
    """Memberships and sponsored groups of `joined` become those of `kept`; in the same team the higher role counts."""
    here = {team: (member, role) for member, team, role in link.all(OF, {"account": kept})}
    for member, team, role in link.all(OF, {"account": joined}):
        if team not in here:
            link.run(REPOINT, {"member": member, "account": kept})
            continue
        if _RANK[role] > _RANK[here[team][1]]:
            link.run(BECOME, {"member": here[team][0], "new_role": role})
        link.run(BECOME, {"member": member, "new_role": "gone"})
    link.run(PAY_ON, {"kept": kept, "joined": joined})
    for account in (kept, joined):
        link.run(COUNT_TEAMS, {"account": account})


def leave_teams(link: Link, account: int) -> None:
    """Somebody is in no team any more. What they alone owned passes to the first of its admins, or else its members."""
    for member, team, role in link.all(OF, {"account": account}):
        link.run(BECOME, {"member": member, "new_role": "gone"})
        heir = link.one(HEIR, {"team": team}) if role == Role.OWNER else None
        if heir is not None:
            link.run(BECOME, {"member": heir[0], "new_role": Role.OWNER.value})
    link.run(COUNT_TEAMS, {"account": account})
