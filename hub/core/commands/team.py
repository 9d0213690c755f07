"""`/team`: people who share a balance. Knows what members, admins and owners may do; must not know who pays when."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from hub.core.codes import digest_of, fresh_code, read_code
from hub.core.commands import money, plan
from hub.core.commands.desk import Desk
from hub.core.commands.sums import UNITS, cap_text, read_cap
from hub.core.commands.team_places import bind, unbind
from hub.core.money.amounts import amount
from hub.core.money.payers import month
from hub.core.notices import words
from hub.domain.address import ChatKind
from hub.domain.errors import BadCommand, NotAllowed
from hub.domain.money import Cap
from hub.domain.reply import Button, Notice, Reply
from hub.domain.team import NO_CAP, Change, Membership, Role, Team
from hub.domain.turn import Turn
from hub.ports.accounts import CodeRules

RULES = CodeRules(life_ms=24 * 3_600_000, living=20)
"""An invitation lives for a day: it has to reach somebody first."""

HOURS = RULES.life_ms // 3_600_000

LISTED = 100
"""Members that are listed."""

LONGEST_NAME = 60

MARKUP = "*_`~[]()<>#|!@&\\"

Work = Callable[[Desk, Turn, Team, Sequence[str]], Awaitable[Reply]]


async def team(desk: Desk, turn: Turn, argument: str) -> Reply:
    """`/team`: one's teams; `/team WHAT`: do something with one, `/team #7 WHAT` with that one. In a group only what
    is about the group is said there."""
    asked = argument.split()
    what = asked[0].lower() if asked else ""
    if what in ("create", "join") and turn.inbound.address.kind is ChatKind.PRIVATE:
        return await (_create if what == "create" else _join)(desk, turn, asked[1:])
    mine = await desk.store.teams_of(turn.conversation.tenant, turn.account.id)
    chosen = what.removeprefix("#") if what.startswith("#") else ""
    words_left = asked[1:] if chosen else asked
    if not words_left:
        _privately(turn)
        return _listed(turn, mine)
    work = WORK.get(words_left[0].lower())
    if work is None:
        raise BadCommand("team_usage")
    if words_left[0].lower() not in ("bind", "unbind"):
        _privately(turn)
    return await work(desk, turn, _which(mine, chosen), words_left[1:])


def _privately(turn: Turn) -> None:
    if turn.inbound.address.kind is ChatKind.GROUP:
        raise NotAllowed("ask_privately", command="team")


def _which(mine: Sequence[Team], chosen: str) -> Team:
    """The team with that number, else the only one, else the only one that is run by who asks."""
    found = [one for one in mine if not chosen or str(one.id) == chosen]
    if len(found) > 1:
        found = [one for one in found if _me(one).role.runs] or found
    if not found:
        raise BadCommand("team_none")
    if len(found) > 1:
        raise BadCommand("team_which", list="\n".join(f"- `#{one.id}` {one.name}" for one in found))
    return found[0]


def _me(team: Team) -> Membership:
    assert team.me is not None, "only one's own teams are looked at"
    return team.me


def _runs(team: Team) -> None:
    if not _me(team).role.runs:
        raise NotAllowed("team_for_admins")


async def _create(desk: Desk, turn: Turn, asked: Sequence[str]) -> Reply:
    name = " ".join("".join(c if c.isprintable() and c not in MARKUP else " " for c in " ".join(asked)).split())
    if not name or len(name) > LONGEST_NAME:
        raise BadCommand("team_create_how", limit=LONGEST_NAME)
    await desk.store.create_team(turn.conversation.tenant, name, turn.account.id, f"t{turn.id}")
    return _say(turn, "team_created", team=name)


async def _join(desk: Desk, turn: Turn, asked: Sequence[str]) -> Reply:
    digest = await _digest(desk, turn, " ".join(asked))
    joined = await desk.store.join_team(turn.inbound, turn.id, digest, RULES)
    if joined is None:
        raise NotAllowed("link_too_many", minutes=RULES.guesses_ms // 60_000)
    found = await desk.store.team(turn.conversation.tenant, joined)
    if found is None:
        raise BadCommand("team_wrong_code", hours=HOURS)
    return _say(turn, "team_joined", team=found.name)


async def _digest(desk: Desk, turn: Turn, typed: str) -> str:
    key = await desk.store.house_secret("team-codes")
    return digest_of(key, turn.conversation.tenant, read_code(typed))


async def _usage(desk: Desk, turn: Turn, team: Team, asked: Sequence[str]) -> Reply:
    """The team's own `/usage`, for who runs it."""
    return await money.usage(desk, await _as_team(desk, turn, team), "")


async def _plan(desk: Desk, turn: Turn, team: Team, asked: Sequence[str]) -> Reply:
    """The team's own `/plan`: whoever runs it buys for it."""
    return await plan.plan(desk, await _as_team(desk, turn, team), " ".join(asked))


async def _as_team(desk: Desk, turn: Turn, team: Team) -> Turn:
    """`turn` as if the team itself had asked, which who runs it may."""
    _runs(team)
    account = await desk.store.team_account(team.tenant, team.id)
    assert account is not None, "teams are never deleted"
    return replace(turn, account=account)


async def _invite(desk: Desk, turn: Turn, team: Team, asked: Sequence[str]) -> Reply:
    _runs(team)
    code = fresh_code()
    await desk.store.invite(team.tenant, team.id, await _digest(desk, turn, code), RULES)
    return _say(turn, "team_invitation", team=team.name, code=code, hours=HOURS)


def _listed(turn: Turn, mine: Sequence[Team]) -> Reply:
    """One's teams, and what one may do with them."""
    if not mine:
        return _say(turn, "team_none")
    language = turn.inbound.sender.language
    lines = [line(one, language) for one in mine]
    key = "team_list_admin" if any(_me(one).role.runs for one in mine) else "team_list"
    return _say(turn, key, list="\n".join(f"- {one}" for one in lines))


def line(team: Team, language: str) -> str:
    """One of somebody's teams, in words."""
    me = _me(team)
    return words(
        "team_line" if me.paid else "team_line_alone",
        language,
        number=team.id,
        team=team.name,
        role=words(f"team_role_{me.role}", language),
        cap=cap_text(me.bound(team.cap), language),
    )


async def _members(desk: Desk, turn: Turn, team: Team, asked: Sequence[str]) -> Reply:
    """Who is in the team; what each has spent is told to who runs it, in numbers alone."""
    language, runs = turn.inbound.sender.language, _me(team).role.runs
    lines = []
    for number, one in enumerate(await _all(desk, team), 1):
        name = one.name or words("team_nameless", language)
        told = f"{number}. **{name}** · {words(f'team_role_{one.role}', language)}"
        if runs or one.account_id == turn.account.id:
            cap = one.bound(team.cap)
            told += f" · {amount(one.spent, cap.unit, language)} / {cap_text(cap, language)}"
        lines.append(told)
    return _say(turn, "team_members_admin" if runs else "team_members", team=team.name, list="\n".join(lines))


async def _all(desk: Desk, team: Team) -> tuple[Membership, ...]:
    return await desk.store.members(team.tenant, team.id, month(desk.meter.now()), 0, LISTED)


async def _numbered(desk: Desk, team: Team, typed: str) -> Membership:
    """The member with that number in the list."""
    listed = await _all(desk, team)
    number = int(typed[:6]) if typed.isdecimal() else 0
    if not 1 <= number <= len(listed):
        raise BadCommand("team_no_such_member")
    return listed[number - 1]


async def _role(desk: Desk, turn: Turn, team: Team, asked: Sequence[str]) -> Reply:
    """Owners say who is what."""
    if _me(team).role is not Role.OWNER:
        raise NotAllowed("team_for_owners")
    role = next((one for one in Role if len(asked) == 2 and one.value == asked[1].lower()), None)
    if role is None:
        raise BadCommand("team_usage")
    member = await _numbered(desk, team, asked[0])
    _settled(await desk.store.put_member(team.tenant, team.id, member.account_id, role))
    return await _members(desk, turn, team, ())


async def _capped(desk: Desk, turn: Turn, team: Team, asked: Sequence[str]) -> Reply:
    """`cap 5`, `cap 200 messages`: everybody's; `cap 2 5`: the second member's; `none`: no cap; `cap 2 default`: as
    everybody's."""
    _runs(team)
    how = asked[-2:] if asked and asked[-1].lower() in UNITS else asked[-1:]
    others = asked[: -len(how)] if how else ()
    if not how or len(others) > 1:
        raise BadCommand("team_usage")
    whose = (await _numbered(desk, team, others[0])).account_id if others else 0
    without = {"none": Cap(NO_CAP if whose else 0, team.cap.unit), "default": Cap()}
    cap = without.get(how[0].lower()) or read_cap(how)
    if cap is None:
        raise BadCommand("team_usage")
    _settled(await desk.store.set_cap(team.tenant, team.id, whose, cap))
    fresh = await desk.store.teams_of(team.tenant, turn.account.id)
    return await _members(desk, turn, next((one for one in fresh if one.id == team.id), team), ())


async def _remove(desk: Desk, turn: Turn, team: Team, asked: Sequence[str]) -> Reply:
    _runs(team)
    member = await _numbered(desk, team, asked[0] if asked else "")
    if member.role.runs and _me(team).role is not Role.OWNER:
        raise NotAllowed("team_for_owners")
    _settled(await desk.store.remove_member(team.tenant, team.id, member.account_id))
    return await _members(desk, turn, team, ())


async def _leave(desk: Desk, turn: Turn, team: Team, asked: Sequence[str]) -> Reply:
    if [one.lower() for one in asked] != ["yes"]:
        sure = Button("button_leave", "team", f"#{team.id} leave yes")
        return Reply(notice=_said(turn, "team_leave_sure", team=team.name, number=team.id), buttons=(sure,))
    _settled(await desk.store.remove_member(team.tenant, team.id, turn.account.id))
    return _say(turn, "team_left", team=team.name)


async def _pays(desk: Desk, turn: Turn, team: Team, asked: Sequence[str]) -> Reply:
    how = asked[0].lower() if asked else ""
    if how not in ("on", "off"):
        raise BadCommand("team_usage")
    await desk.store.set_paid(team.tenant, team.id, turn.account.id, how == "on")
    return _say(turn, "team_pays" if how == "on" else "team_pays_not", team=team.name)


async def _bind(desk: Desk, turn: Turn, team: Team, asked: Sequence[str]) -> Reply:
    _runs(team)
    return await bind(desk, turn, team, everybody=[one.lower() for one in asked] == ["everybody"])


async def _unbind(desk: Desk, turn: Turn, team: Team, asked: Sequence[str]) -> Reply:
    _runs(team)
    return await unbind(desk, turn, team)


WORK: dict[str, Work] = {
    "plan": _plan,
    "usage": _usage,
    "invite": _invite,
    "members": _members,
    "role": _role,
    "cap": _capped,
    "remove": _remove,
    "leave": _leave,
    "pays": _pays,
    "bind": _bind,
    "unbind": _unbind,
}
"""What can be done with a team, by the word that is typed."""


def _settled(change: Change) -> None:
    if change is Change.LAST_OWNER:
        raise NotAllowed("team_last_owner")
    if change is Change.UNKNOWN:
        raise BadCommand("team_no_such_member")


def _said(turn: Turn, key: str, **arguments: str | int) -> Notice:
    return Notice(key, arguments, turn.inbound.sender.language)


def _say(turn: Turn, key: str, **arguments: str | int) -> Reply:
    return Reply(notice=_said(turn, key, **arguments))
