"""What storage offers about money. Knows grants, balances, plans and entries; must not know prices or payments.

Each verb is one atomic step; each may raise StoreDown (then nothing was written). Holds are taken and settled by the
verbs of attempts (`open_attempt`, `close_attempt`, `finish_turn`), in the step that writes the attempt.
"""

from __future__ import annotations

from typing import Protocol

from hub.domain.money import (
    BalanceLine,
    Disagreement,
    EntryKind,
    EntryLine,
    NewGrant,
    Unit,
    WindowShare,
)


class Ledger(Protocol):
    """Who may spend what."""

    async def balances(self, tenant: int, account_id: int) -> tuple[BalanceLine, ...]:
        """Every unit the account has ever had, with its living grants in the order they are spent. Writes nothing:
        what lapsed by now is counted as lapsed."""
        ...

    async def grant(self, tenant: int, grant: NewGrant) -> bool:
        """Give credits; False: the key gave before. Raises LookupError for an unknown account, ValueError for an
        amount that is not positive or above 2**53."""
        ...

    async def adjust(
        self,
        tenant: int,
        account_id: int,
        unit: Unit,
        amount: int,
        key: str,
        note: str,
        kind: EntryKind = EntryKind.ADJUST,
        grant_key: str = "",
    ) -> bool:
        """Correct a balance by `amount`, negative: take away; `kind` REFUND: because it was paid back.

        Taken first from the grant of `grant_key`, then from what would be spent last; never what is held. What is
        spent already is owed: it counts as used without cover. False: the key did so before. Raises LookupError for an
        unknown account, ValueError for nothing or more than 2**53."""
        ...

    async def set_plan(self, tenant: int, account_id: int, plan: str, anchor: int, until: int) -> None:
        """Put the account on `plan` (empty: the house's default) from `anchor`, whose day of the month its windows
        begin on; `until`: when it falls back to the default by itself, 0: never. What is left of the former plan's
        allowance lapses; the same plan again changes only its times."""
        ...

    async def entries(self, tenant: int, account_id: int, after: int, limit: int) -> tuple[EntryLine, ...]:
        """Lines with numbers greater than `after`, in order; account 0: everybody's."""
        ...

    async def verify(self, after: int, limit: int) -> tuple[tuple[Disagreement, ...], int]:
        """Recompute the balances of up to `limit` accounts with numbers greater than `after` from their entries and
        open attempts, as of one instant: what disagrees, and the last account looked at, 0 when there are no more; then
        what is held under ceilings was compared with open attempts too."""
        ...

    async def window_share(self, tenant: int, account_id: int) -> WindowShare | None:
        """The allowance that is running now, None: none is open. What is held does not count as used yet."""
        ...

    async def keep_process(self, owner: str, seconds: float) -> None:
        """The process `owner` lives, for `seconds` more: what it calls is not closed for it."""
        ...

    async def close_abandoned(self, limit: int) -> int:
        """Close up to `limit` attempts of processes that live no longer, as UNKNOWN, with what was asked and seen of
        the answer as the estimate, never above the hold; how many. Should the truth come yet, it is booked then."""
        ...
