"""What the house does for itself, job by job. Knows the store's verbs; must not know when they are due."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.domain.errors import LedgerMismatch
from hub.domain.jobs import slot_name
from hub.domain.mail import NewMail, Template
from hub.domain.money import Disagreement
from hub.domain.usage import HOUR_MS, month_before, month_name
from hub.ports.store import Retention, Store

if TYPE_CHECKING:
    from hub.core.operations.sales import Sales

ACCOUNTS_AT_ONCE = 200
"""Accounts whose balances one step recomputes."""

ANSWERED_MS = 600_000
"""By then the answer to `/forget` has been delivered."""

MOST_NAMED = 5
"""Disagreements that the alert spells out."""

STATEMENTS_AT_ONCE = 50
"""Accounts whose statements one step writes."""

log = logging.getLogger("parley.jobs")


def several(count: int, noun: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Deletes what is past its time."""

    store: Store
    retention: Retention

    async def __call__(self, slot: int, now: int) -> str:
        """Until nothing is left, a bounded batch at a time. Raises StoreDown."""
        gone = 0
        while left := await self.store.retain(self.retention, now):
            gone += left
        return f"{several(gone, 'row')} past their time deleted" if gone else "nothing was past its time"


@dataclass(frozen=True, slots=True)
class RollingUp:
    """Adds usage up by the hour: every hour that is over and was not, or in which a call has ended since."""

    store: Store

    async def __call__(self, slot: int, now: int) -> str:
        """To the hour of the slot. Raises StoreDown."""
        until = slot - slot % HOUR_MS
        while await self.store.roll_up(until) < until:
            pass
        return f"added up to {slot_name(until)}"


@dataclass(frozen=True, slots=True)
class Stating:
    """Writes the statements of the month that is over: of every account in whose ledger something moved, and the
    house's. What is written stays, so that a run that was broken off goes on where it was."""

    store: Store

    async def __call__(self, slot: int, now: int) -> str:
        """Raises StoreDown."""
        since, until = month_before(slot)
        written, after = await self.store.write_statements(since, until, 0, STATEMENTS_AT_ONCE)
        while after:
            more, after = await self.store.write_statements(since, until, after, STATEMENTS_AT_ONCE)
            written += more
        written += await self.store.write_house_statements(since, until)
        return f"{several(written, 'statement')} written for {month_name(since)}"


@dataclass(frozen=True, slots=True)
class Erasing:
    """Erases what had to stay when somebody asked in a chat to be forgotten: the answer, and where it went."""

    store: Store

    async def __call__(self, slot: int, now: int) -> str:
        """Raises StoreDown."""
        done = 0
        while due := await self.store.erasures_due(now - ANSWERED_MS, ACCOUNTS_AT_ONCE):
            for one in due:
                await self.store.erase(one.tenant, one.account_id)
            done += len(due)
        return f"{several(done, 'erasure')} brought to the end"


@dataclass(frozen=True, slots=True)
class Reconciling:
    """Applies payments of which nobody told us."""

    sales: Sales

    async def __call__(self, slot: int, now: int) -> str:
        """Raises GatewayDown, KeyRefused and StoreDown."""
        seen = await self.sales.reconcile(now)
        failed = f"; {several(len(seen.stuck), 'thing')} could not be dealt with" if seen.stuck else ""
        return f"{several(seen.listed, 'event')} listed, {seen.healed} of them news to us{failed}"


@dataclass(frozen=True, slots=True)
class Auditing:
    """Recomputes every balance from its entries, and tells the operator what disagrees."""

    store: Store

    async def __call__(self, slot: int, now: int) -> str:
        """Raises LedgerMismatch, once the operator's mail is written, and StoreDown."""
        after, last, wrong = 0, 1, list[Disagreement]()
        while last:
            found, last = await self.store.verify(after, ACCOUNTS_AT_ONCE)
            wrong += found
            after = last
        if not wrong:
            return "every balance agrees with its entries"
        named = "; ".join(map(_in_words, wrong[:MOST_NAMED]))
        what = f"{several(len(wrong), 'balance')} of the ledger disagree with their entries"
        log.error("%s: %s", what, named)
        alert = {"what": what, "details": f"{named}. parley ledger verify shows them all."}
        await self.store.post_mail(NewMail(f"ledger:{slot}", Template.ALERT, alert))
        raise LedgerMismatch(f"{what}: {named}")


def _in_words(one: Disagreement) -> str:
    return f"account {one.account_id}, {one.unit}: {one.column} is {one.kept} and should be {one.computed}"
