"""A workspace, server or group becomes a team's. Knows who may say so; must not know what the team is otherwise for."""

from __future__ import annotations

from dataclasses import replace

from hub.core.commands.desk import Desk
from hub.domain.address import Address, ChatKind
from hub.domain.errors import BadCommand, NotAllowed
from hub.domain.reply import Notice, Reply
from hub.domain.team import Team, TeamPlace
from hub.domain.turn import Turn


async def bind(desk: Desk, turn: Turn, team: Team, *, everybody: bool) -> Reply:
    """Make where this was said the team's. Only who runs that place may, as its platform says."""
    here, place, private = await _place(desk, turn)
    bound = TeamPlace(here.platform, here.bot, place, team.id, everybody, private)
    if not await desk.store.bind(team.tenant, bound):
        raise NotAllowed("team_place_taken")
    key = "team_bound_everybody" if everybody else "team_bound"
    return Reply(notice=Notice(key, {"team": team.name}, turn.inbound.sender.language))


async def unbind(desk: Desk, turn: Turn, team: Team) -> Reply:
    """Where this was said is the team's no more."""
    here, place, _ = await _place(desk, turn)
    if not await desk.store.unbind(team.tenant, here.platform, here.bot, place, team.id):
        raise BadCommand("team_not_bound")
    return Reply(notice=Notice("team_unbound", {"team": team.name}, turn.inbound.sender.language))


async def _place(desk: Desk, turn: Turn) -> tuple[Address, str, bool]:
    """Where this was said, the workspace, server or group that is, and whether private chats are part of it.

    Where they are, who made a channel does not run the place. Raises NotAllowed, BadCommand."""
    here = desk.policies.group_of(turn.inbound.address)
    place = await desk.policies.workspace(here)
    if not place:
        raise BadCommand("team_bind_there")
    private = await desk.policies.workspace(replace(here, kind=ChatKind.PRIVATE)) == place
    whole = replace(here, chat="", thread="") if private else here
    if not await desk.policies.is_admin(whole, turn.inbound.sender.user):
        raise NotAllowed("team_bind_for_admins")
    return here, place, private
