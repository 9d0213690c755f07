"""What storage offers about usage added up. Knows hours, rows and statements; must not know how they are shown.

Each verb is one atomic step; each may raise StoreDown (then nothing was written).
"""

from __future__ import annotations

from typing import Protocol

from hub.domain.usage import LoginLine, Statement, UsageKey, UsageRow, WarnedGrant


class Usages(Protocol):
    """What was used, by whom, of what."""

    async def rolled_until(self) -> int:
        """All calls begun before then are in the roll-ups; 0: none is."""
        ...

    async def roll_up(self, hour: int, until: int) -> int:
        """Add up the hour that begins at `hour` anew, from the calls themselves; the next hour before `until` in which
        a call was begun, `until` if there is none. Repeating it changes nothing."""
        ...

    async def first_unsettled(self, until: int) -> int:
        """When the oldest call was begun that is still open, or was never added up; `until` if that is later."""
        ...

    async def usage(
        self, tenant: int, account_id: int, since: int, until: int, after: UsageKey, limit: int
    ) -> tuple[UsageRow, ...]:
        """Rows of what account `account_id` paid for (0: of everybody), in order, beyond `after`, of calls begun from
        `since` to before `until` (both whole hours): from the roll-ups, and from the calls themselves where those end.

        Accounts that were joined into it count as it; for everybody each stands for itself."""
        ...

    async def statement(self, tenant: int, account_id: int, since: int, until: int) -> Statement:
        """What the ledger says about an account from `since` to before `until`."""
        ...

    async def warned_grants(self, after: int, limit: int, now: int) -> tuple[WarnedGrant, ...]:
        """Allowances that run at `now` and of which people have been warned, by number, beyond `after`."""
        ...

    async def logins(self, after: int, limit: int) -> tuple[LoginLine, ...]:
        """E-mail log-ins of every tenant by number, beyond `after`: the first of each account alone."""
        ...
