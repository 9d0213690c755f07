"""What storage offers about usage added up. Knows hours, rows and statements; must not know how they are shown.

Each verb is one atomic step; each may raise StoreDown (then nothing was written).
"""

from __future__ import annotations

from typing import Protocol

from hub.domain.usage import Invoice, LoginLine, Statement, UsageKey, UsageLine, UsageRow, WarnedGrant


class Usages(Protocol):
    """What was used, by whom, of what."""

    async def rolled_until(self) -> int:
        """All calls begun before then are in the roll-ups; 0: none is."""
        ...

    async def roll_up(self, until: int) -> int:
        """Add up the first hour before `until` that is not, from the calls themselves; where the roll-ups end now:
        `until` once all is done. A call that ends, or whose truth comes, after its hour was added up puts that end
        back before it."""
        ...

    async def usage(
        self, tenant: int, account_id: int, since: int, until: int, after: UsageKey, limit: int
    ) -> tuple[UsageRow, ...]:
        """Rows of what account `account_id` paid for (0: of everybody), in order, beyond `after`, of calls begun from
        `since` to before `until` (a whole hour, or one that is not over): from the roll-ups, and from the calls
        themselves where those end. Calls that are open are in neither.

        Accounts that were joined into it count as it; for everybody each stands for itself."""
        ...

    async def used(self, tenant: int, account_id: int, since: int, until: int) -> tuple[UsageLine, ...]:
        """The same by model and unit, the dearest first; `since` may be any moment."""
        ...

    async def statement(self, tenant: int, account_id: int, since: int, until: int) -> Statement:
        """The statement of an account (0: of the house) from `since` to before `until`: as it was written, else what
        the ledger says now."""
        ...

    async def write_statements(self, since: int, until: int, after: int, limit: int) -> tuple[int, int]:
        """Write the statements of a month, whole and in the past, of accounts by number beyond `after` with any line
        in the ledger: how many were new, and the last account looked at, 0 once there is no more. What is written is
        never changed: repeating it writes nothing."""
        ...

    async def write_house_statements(self, since: int, until: int) -> int:
        """The same for the house of every tenant."""
        ...

    async def invoices(self, tenant: int, account_id: int, since: int, until: int) -> tuple[Invoice, ...]:
        """What an account has paid in a span, where the gateway has a page about it, oldest first."""
        ...

    async def warned_grants(self, after: int, limit: int, now: int) -> tuple[WarnedGrant, ...]:
        """Allowances that run at `now` and of which people have been warned, by number, beyond `after`."""
        ...

    async def logins(self, after: int, limit: int) -> tuple[LoginLine, ...]:
        """E-mail log-ins of every tenant by number, beyond `after`: the first of each account alone."""
        ...
