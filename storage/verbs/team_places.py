"""Who pays where, and how people come into a team. Knows codes, bound places and purses; must not know commands."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from hub.domain.address import Address, ChatKind
from hub.domain.conversation import Account
from hub.domain.group import GroupPolicy
from hub.domain.inbound import Inbound
from hub.domain.money import Cap, Unit
from hub.domain.payer import PaidBy
from hub.domain.reply import Notice, Reply
from hub.domain.team import Purse, Role, TeamPlace
from hub.ports.accounts import CodeRules
from storage import schema as s
from storage import teams as t
from storage.dialect import insert, insert_new, number, word
from storage.link import Link
from storage.rows import ACCOUNT, account_of, clean, now_ms
from storage.verbs.codes import COUNT_GUESS, GUESSES
from storage.verbs.groups import group_policy
from storage.verbs.linking import ONE_AT_A_TIME, who
from storage.verbs.memberships import is_team
from storage.verbs.outbox import tell
from storage.verbs.teams import MEMBER, membership_of, put_member

_int = sa.BigInteger()
_tenant = sa.bindparam("tenant", type_=_int)
_team = sa.bindparam("team", type_=_int)
_account = sa.bindparam("account", type_=_int)

INVITE = insert(t.invitations, ("tenant_id", "digest", "team_id", "expires"))
NEWEST = (
    sa.select(t.invitations.c.id)
    .where(t.invitations.c.team_id == _team, t.invitations.c.used_by == number(0))
    .order_by(t.invitations.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
"""Reads invitations_team backwards."""
TRIM = sa.delete(t.invitations).where(
    t.invitations.c.team_id == _team, t.invitations.c.used_by == number(0), t.invitations.c.id.not_in(NEWEST)
)
FIND_CODE = sa.select(
    t.invitations.c.id, t.invitations.c.team_id, t.invitations.c.expires, t.invitations.c.used_by
).where(t.invitations.c.tenant_id == _tenant, t.invitations.c.digest == sa.bindparam("code"))
USE_CODE = (
    sa.update(t.invitations)
    .where(t.invitations.c.id == sa.bindparam("code_id", type_=_int))
    .values(used_by=sa.bindparam("turn", type_=_int))
)

_place = (
    t.team_places.c.tenant_id == _tenant,
    t.team_places.c.platform == sa.bindparam("platform"),
    t.team_places.c.bot == sa.bindparam("bot"),
    t.team_places.c.place == sa.bindparam("place"),
)
BOUND = sa.select(t.team_places.c.team_id, t.team_places.c.everybody, t.team_places.c.id).where(*_place)
BIND = insert_new(
    t.team_places,
    ("tenant_id", "platform", "bot", "place"),
    ("tenant_id", "platform", "bot", "place", "team_id", "everybody", "private", "created"),
)
OPEN_UP = (
    sa.update(t.team_places)
    .where(t.team_places.c.id == sa.bindparam("bound", type_=_int), t.team_places.c.team_id == _team)
    .values(everybody=sa.bindparam("all", type_=sa.SmallInteger()))
)
UNBIND = sa.delete(t.team_places).where(*_place, t.team_places.c.team_id == _team)
PLACES = (
    sa.select(
        t.team_places.c.platform,
        t.team_places.c.bot,
        t.team_places.c.place,
        t.team_places.c.team_id,
        t.team_places.c.everybody,
        t.team_places.c.private,
    )
    .where(t.team_places.c.tenant_id == _tenant, t.team_places.c.team_id == _team)
    .order_by(t.team_places.c.id)
)
"""Reads team_places_team."""

KNOWN_THERE = (
    sa.select(s.conversations.c.account_id)
    .distinct()
    .select_from(sa.join(s.addresses, s.conversations, s.conversations.c.id == s.addresses.c.conversation_id))
    .where(
        s.addresses.c.tenant_id == _tenant,
        s.addresses.c.platform == sa.bindparam("platform"),
        s.addresses.c.bot == sa.bindparam("bot"),
        s.addresses.c.kind == word("private"),
    )
)
"""Reads addresses_natural."""

IN_TEAM = (
    sa.select(*MEMBER, t.teams.c.cap, t.teams.c.cap_unit)
    .select_from(
        sa.join(t.members, s.accounts, s.accounts.c.id == t.members.c.account_id).join(
            t.teams, t.teams.c.id == t.members.c.team_id
        )
    )
    .where(t.members.c.tenant_id == _tenant, t.members.c.team_id == _team, t.members.c.account_id == _account)
)
"""Those too who are members no more."""
ACCOUNT_ROW = sa.select(*ACCOUNT).where(s.accounts.c.id == _account, s.accounts.c.tenant_id == _tenant)

RUN_BY = (
    sa.select(t.members.c.account_id)
    .where(
        t.members.c.tenant_id == _tenant,
        t.members.c.team_id == _team,
        t.members.c.role.in_([word("admin"), word("owner")]),
    )
    .order_by(t.members.c.id)
)
TOLD = (
    sa.update(t.teams)
    .where(t.teams.c.id == _team, t.teams.c.tenant_id == _tenant, t.teams.c.told != sa.bindparam("window"))
    .values(told=sa.bindparam("window", type_=sa.Text()))
)
_chosen = s.accounts.c.speaks
WHERE_THEY_WROTE = (
    sa.select(s.addresses.c.id, sa.case((_chosen != word(""), _chosen), else_=s.inbox.c.sender_language))
    .select_from(
        sa.join(s.addresses, s.conversations, s.conversations.c.id == s.addresses.c.conversation_id)
        .join(s.inbox, s.inbox.c.address_id == s.addresses.c.id)
        .join(s.accounts, s.accounts.c.id == s.conversations.c.account_id)
    )
    .where(
        s.conversations.c.account_id == _account,
        s.addresses.c.kind == word("private"),
        s.inbox.c.kind != word("pressed"),
        s.inbox.c.content.not_like(sa.literal_column("'[\"home\"%'")),
    )
    .order_by(s.inbox.c.id.desc())
    .limit(number(1))
)
"""Where somebody wrote last in private, a page that their platform opened for them is not: there nothing is told."""


def invite(link: Link, tenant: int, team_id: int, digest: str, rules: CodeRules) -> None:
    """Keep a code; only the newest few of a team live."""
    row = {"tenant_id": tenant, "digest": digest, "team_id": team_id, "expires": now_ms() + rules.life_ms}
    link.run(INVITE, row)
    link.run(TRIM, {"team": team_id, "most": rules.living})


def join_team(link: Link, inbound: Inbound, turn_id: int, digest: str, rules: CodeRules) -> int | None:
    """Let somebody join by a code; see `hub.ports.teams.Teams.join_team`."""
    tenant, now = inbound.address.tenant, now_ms()
    identity, account, blocked = who(link, inbound)
    code = link.one(FIND_CODE, {"tenant": tenant, "code": digest})
    if code is not None and code[3] == turn_id:
        return int(code[1])
    wrong, since = link.one(GUESSES, {"tenant": tenant, "identity": identity}) or (0, now)
    if since + rules.guesses_ms <= now:
        wrong, since = 0, now
    if wrong >= rules.guesses:
        return None
    if code is None or code[3] or code[2] <= now or blocked:
        link.run(COUNT_GUESS, {"tenant_id": tenant, "identity_id": identity, "wrong": wrong + 1, "since": since})
        return 0
    link.run(USE_CODE, {"code_id": code[0], "turn": turn_id})
    row = link.one(IN_TEAM, {"tenant": tenant, "team": code[1], "account": account})
    if row is None or row[4] == "gone":
        put_member(link, tenant, code[1], account, Role.MEMBER)
    return int(code[1])


def bind(link: Link, tenant: int, place: TeamPlace) -> bool:
    """Make a place a team's; see `hub.ports.teams.Teams.bind`."""
    link.one(ONE_AT_A_TIME, {"tenant": tenant})
    here = {"tenant": tenant, "platform": place.platform, "bot": clean(place.bot), "place": clean(place.place)}
    flags = {"everybody": int(place.everybody), "private": int(place.private)}
    row = {**here, **flags, "tenant_id": tenant, "team_id": place.team_id, "created": now_ms()}
    if not link.run(BIND, row):
        bound = link.one(BOUND, here)
        again = {"bound": bound[2] if bound else 0, "team": place.team_id, "all": int(place.everybody)}
        if not link.run(OPEN_UP, again):
            return False
    if place.everybody and place.private:
        for (account,) in link.all(KNOWN_THERE, here):
            come_in(link, tenant, place.team_id, account)
    return True


def come_in(link: Link, tenant: int, team: int, account: int) -> None:
    """Where all are members somebody becomes one; whoever left, or was removed, comes back by an invitation alone."""
    if link.one(IN_TEAM, {"tenant": tenant, "team": team, "account": account}) is None:
        put_member(link, tenant, team, account, Role.MEMBER)


def unbind(link: Link, tenant: int, platform: str, bot: str, place: str, team_id: int) -> bool:
    """A place is a team's no more."""
    here = {"tenant": tenant, "platform": platform, "bot": clean(bot), "place": clean(place)}
    return link.run(UNBIND, {**here, "team": team_id}) > 0


def places(link: Link, tenant: int, team_id: int) -> tuple[TeamPlace, ...]:
    """What is bound to a team."""
    rows = link.all(PLACES, {"tenant": tenant, "team": team_id})
    return tuple(TeamPlace(row[0], row[1], row[2], row[3], bool(row[4]), bool(row[5])) for row in rows)


def purse(link: Link, address: Address, place: str, account_id: int) -> Purse:
    """Who pays for what somebody asks somewhere; see `hub.ports.teams.Teams.purse`."""
    tenant = address.tenant
    policy = GroupPolicy() if address.kind is ChatKind.PRIVATE else group_policy(link, address)
    here = {"tenant": tenant, "platform": address.platform, "bot": clean(address.bot), "place": clean(place)}
    home, everybody, _ = (link.one(BOUND, here) if place else None) or (0, 0, 0)
    if policy.paid_by is PaidBy.SPONSOR:
        return Purse(policy, _account_of(link, tenant, policy.payer), home=home)
    team = policy.payer or home
    if policy.paid_by is PaidBy.SENDER or not team:
        return Purse(policy, home=home)
    row = link.one(IN_TEAM, {"tenant": tenant, "team": team, "account": account_id})
    if row is None:
        return Purse(policy, joins=team if everybody and team == home else 0, home=home)
    member = membership_of(row) if row[4] != "gone" else None
    if member is None or not member.paid:
        return Purse(policy, home=home)
    return Purse(policy, team_account(link, tenant, team), member, Cap(row[8], Unit(row[9])), home=home)


def _account_of(link: Link, tenant: int, account_id: int) -> Account | None:
    row = link.one(ACCOUNT_ROW, {"tenant": tenant, "account": account_id})
    return account_of(row) if row else None


def team_account(link: Link, tenant: int, team_id: int) -> Account | None:
    """The account that a team is."""
    account = _account_of(link, tenant, team_id) if is_team(link, team_id) else None
    return replace(account, is_team=True) if account else None


def tell_admins(link: Link, tenant: int, team_id: int, window: str, told: Notice) -> int:
    """Tell those who run a team something, once in every window; to how many."""
    if not link.run(TOLD, {"tenant": tenant, "team": team_id, "window": window}):
        return 0
    reached = 0
    for (account,) in link.all(RUN_BY, {"tenant": tenant, "team": team_id}):
        place = link.one(WHERE_THEY_WROTE, {"account": account})
        if place is not None:
            reply = Reply(notice=replace(told, language=place[1]))
            tell(link, tenant, place[0], f"team-{team_id}-{window}-{account}", reply, place[1])
            reached += 1
    return reached
