"""Who pays for a turn, and what is said when they do not. Knows sponsors, teams and caps; must not know plans.

Whoever asks pays, without a question to the store, unless they ask in a group or are in a team.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from hub.core.outcome import RETRY
from hub.core.policies import Policies
from hub.domain.address import ChatKind
from hub.domain.conversation import Account
from hub.domain.errors import StoreDown
from hub.domain.money import Ceiling, Refusal
from hub.domain.payer import PaidBy, Payer
from hub.domain.plan import Period
from hub.domain.reply import Notice, Reply
from hub.domain.team import NO_CAP, Purse, Role, Team
from hub.domain.turn import AllowanceWarning, Turn
from hub.domain.windows import window
from hub.ports.teams import Teams

log = logging.getLogger("parley.payers")

MEMBER, SPONSOR = "member:", "sponsor:"
"""Scopes of their caps begin so."""


def month(now: int) -> str:
    """The window in which members and sponsors are capped: the calendar month, such as `2026-11`, in UTC."""
    return window(Period.CALENDAR_MONTH, 0, now).key


async def buys_for(store: Teams, tenant: int, account_id: int) -> tuple[Team, ...]:
    """The teams whose plan and credit somebody may buy. Raises StoreDown."""
    return tuple(team for team in await store.teams_of(tenant, account_id) if team.me and team.me.role.runs)


class Payers:
    """Finds who pays."""

    def __init__(self, store: Teams, policies: Policies) -> None:
        self._store, self._policies = store, policies

    async def put(self, turn: Turn, now: int) -> Turn:
        """`turn` with who pays for it, unless that is who asks. Raises StoreDown."""
        address, asker = turn.inbound.address, turn.account
        private = address.kind is ChatKind.PRIVATE
        if private and not asker.teams:
            return turn
        place = await self._policies.workspace(address)
        if private and not place:
            return turn
        purse = await self._store.purse(address, place, asker.id)
        if purse.joins:
            await self._store.put_member(asker.tenant, purse.joins, asker.id, Role.MEMBER)
            purse = await self._store.purse(address, place, asker.id)
        payer = _payer(purse, asker, now)
        return turn if payer is None else replace(turn, payer=payer)

    async def warn(self, team: Account, turn_id: int, told: Notice) -> None:
        """Tell those who run a team that its allowance nears its end."""
        try:
            await self._store.tell_admins(team.tenant, team.id, f"turn-{turn_id}", told)
        except StoreDown as error:
            log.info("nobody was told that the allowance of team %s nears its end: %s", team.id, error)

    async def refused(self, turn: Turn, refusal: Refusal, now: int) -> Reply | None:
        """What is said when somebody else was to pay and does not; None: nobody else was, or the house said no.

        Those who run a team are told once a month that its balance is spent. Raises StoreDown."""
        payer, language = turn.payer, turn.inbound.sender.language
        own = not refusal.scope or refusal.scope.startswith((MEMBER, SPONSOR))
        if payer is None or not own:
            return None
        if payer.by is PaidBy.SPONSOR:
            key = "sponsor_cap_met" if refusal.scope else "sponsor_empty"
            return Reply(notice=Notice(key, {}, language), buttons=(RETRY,))
        team = {"team": payer.account.name}
        if refusal.scope:
            return Reply(notice=Notice("team_cap_met", team, language), buttons=(RETRY,))
        await self._store.tell_admins(
            payer.account.tenant, payer.account.id, month(now), Notice("team_empty_told", team)
        )
        return Reply(notice=Notice("team_empty", team, language), buttons=(RETRY,))


def team_warning(payer: Payer, warning: AllowanceWarning | None) -> AllowanceWarning | None:
    """`warning` as those who run a team are told it; of a sponsor's allowance nobody is."""
    if warning is None or payer.by is not PaidBy.TEAM:
        return None
    notice = Notice("team_nearly_told", {"percent": 0, "team": payer.account.name}, warning.notice.language)
    return AllowanceWarning(warning.levels, notice, aside=True)


def _payer(purse: Purse, asker: Account, now: int) -> Payer | None:
    account, policy = purse.payer, purse.policy
    if account is None or account.blocked or account.id == asker.id:
        return None
    if purse.membership is None:
        scope = f"{SPONSOR}{policy.id}:{account.id}"
        cap = policy.cap
        return Payer(account, PaidBy.SPONSOR, (Ceiling(scope, month(now), cap.unit, cap.amount or NO_CAP),))
    scope, cap = f"{MEMBER}{account.id}:{purse.membership.id}", purse.membership.bound(purse.cap)
    return Payer(account, PaidBy.TEAM, (Ceiling(scope, month(now), cap.unit, cap.amount),))
