"""What `parley teams` does. Knows how teams are named, listed and said; must not know flags or tables."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Coroutine

from hub.core.commands.sums import cap_text, read_cap
from hub.core.money.amounts import amount
from hub.core.money.payers import month
from hub.domain.money import Cap
from hub.domain.team import NO_CAP, Change, Membership, Role, Team, TeamPlace
from hub.runtime.cli.accounts import Desk, NotDone, find
from hub.text.clean import clean

Work = Coroutine[object, object, None]

LISTED = 1_000
"""Members that are shown."""


async def _team(desk: Desk, typed: str) -> Team:
    number = int(typed[:18]) if typed.isascii() and typed.isdecimal() else 0
    team = await desk.store.team(desk.tenant, number) if number else None
    if team is None:
        raise NotDone(f"there is no team {typed}. parley teams list shows them.")
    return team


def _done(change: Change) -> None:
    if change is Change.LAST_OWNER:
        raise NotDone("a team needs an owner; make somebody else one first.")
    if change is Change.UNKNOWN:
        raise NotDone("that account is not in the team.")


def place_of(typed: str) -> tuple[str, str, str]:
    """Platform, bot and chat of `platform/bot/chat`. Raises NotDone."""
    platform, _, rest = typed.partition("/")
    bot, _, chat = rest.partition("/")
    if not (platform and bot and chat):
        raise NotDone(f"{typed} names no place; write platform/bot/chat, such as telegram/12345/-100987.")
    return platform, bot, chat


async def listed(desk: Desk, after: int, limit: int, *, as_json: bool) -> None:
    """Print teams."""
    teams = await desk.store.teams(desk.tenant, after, limit)
    if as_json:
        print(json.dumps([_values(team) for team in teams], indent=2))
        return
    for team in teams:
        print(f"{team.id}  {clean(team.name)}  cap {cap_text(team.cap, 'en')}")
    if len(teams) == limit:
        print(f"There may be more: --after {teams[-1].id}")


async def shown(desk: Desk, typed: str, *, as_json: bool) -> None:
    """Print one team. Raises NotDone."""
    team = await _team(desk, typed)
    members = await desk.store.members(desk.tenant, team.id, month(time.time_ns() // 1_000_000), 0, LISTED)
    places = await desk.store.places(desk.tenant, team.id)
    if as_json:
        told = {
            "members": [{**dataclasses.asdict(one), **_capped(one)} for one in members],
            "places": [_named(one) for one in places],
        }
        print(json.dumps({**_values(team), **told}, indent=2))
        return
    print(f"team     {team.id}\nname     {clean(team.name)}\ncap      {cap_text(team.cap, 'en')}")
    for member in members:
        print(f"member   {_line(member, team)}")
    for place in places:
        print(f"place    {_named(place)}{' (everybody)' if place.everybody else ''}")


def _line(member: Membership, team: Team) -> str:
    cap = member.bound(team.cap)
    spent = f"{amount(member.spent, cap.unit, 'en')} of {cap_text(cap, 'en')}"
    return f"{member.account_id}  {clean(member.name) or '-'}  {member.role}  {spent}"


def _named(place: TeamPlace) -> str:
    return f"{place.platform}/{place.bot}/{place.place}"


def _values(team: Team) -> dict[str, object]:
    return {"id": team.id, "name": team.name, **_capped(team)}


def _capped(one: Team | Membership) -> dict[str, object]:
    return {"cap": one.cap.amount, "cap_unit": one.cap.unit.value}


async def created(desk: Desk, name: str, owner: str, *, as_json: bool) -> None:
    """Make a team. Raises NotDone."""
    if not name.strip():
        raise NotDone("a team needs a name.")
    account = (await find(desk, owner)).id if owner else 0
    number = await desk.store.create_team(desk.tenant, name.strip(), account)
    await shown(desk, str(number), as_json=as_json)


async def added(desk: Desk, typed: str, who: str, role: str, *, as_json: bool) -> None:
    """Make somebody a member, or a member something else. Raises NotDone."""
    team, account = await _team(desk, typed), await find(desk, who)
    if role not in [one.value for one in Role]:
        raise NotDone(f"{role} is no role; member, admin and owner are.")
    if await desk.store.put_member(desk.tenant, team.id, account.id, Role(role)) is Change.UNKNOWN:
        raise NotDone(f"{who} cannot be a member: a team, or an account that was joined into another.")
    await shown(desk, typed, as_json=as_json)


async def removed(desk: Desk, typed: str, who: str, *, as_json: bool) -> None:
    """Take somebody out. Raises NotDone."""
    team, account = await _team(desk, typed), await find(desk, who)
    _done(await desk.store.remove_member(desk.tenant, team.id, account.id))
    await shown(desk, typed, as_json=as_json)


async def capped(desk: Desk, typed: str, most: list[str], who: str, *, as_json: bool) -> None:
    """Bound what members spend. Raises NotDone."""
    team = await _team(desk, typed)
    account = (await find(desk, who)).id if who else 0
    cap = Cap(NO_CAP if who else 0, team.cap.unit) if most == ["none"] else read_cap(most)
    if cap is None:
        wrong = " ".join(most)
        raise NotDone(f"{wrong} is no cap; write dollars such as 5 or 2.50, 200 messages, 100000 tokens, or none.")
    _done(await desk.store.set_cap(desk.tenant, team.id, account, cap))
    await shown(desk, typed, as_json=as_json)


async def bound(
    desk: Desk, typed: str, place: str, *, everybody: bool, private: bool, off: bool, as_json: bool
) -> None:
    """Make a place a team's, or nobody's. Raises NotDone."""
    team = await _team(desk, typed)
    platform, bot, chat = place_of(place)
    if off:
        if not await desk.store.unbind(desk.tenant, platform, bot, chat, team.id):
            raise NotDone(f"{place} is not that team's.")
    elif not await desk.store.bind(desk.tenant, TeamPlace(platform, bot, chat, team.id, everybody, private)):
        raise NotDone(f"{place} is another team's.")
    await shown(desk, typed, as_json=as_json)
