"""Mails that come round: warnings of what is nearly spent, and the month in numbers. Knows whom they concern.

Must not know how mail is sent. Each has a key of its own, so that a job that runs again writes nothing new.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hub.core.notices import words
from hub.domain.mail import NewMail, Template
from hub.domain.money import MICRO, Unit
from hub.domain.usage import FIRST_PAGE, LoginLine, UsageRow
from hub.ports.store import Store

AT_ONCE = 200
"""Rows read in one step."""

MOST_ROWS = 1000
"""Models in one summary, at most: nobody uses more in a month."""


@dataclass(frozen=True, slots=True)
class Warnings:
    """Writes to whom was told in a chat that an allowance is nearly spent; once for each level and window."""

    store: Store
    default_plan: str

    async def __call__(self, slot: int, now: int) -> str:
        """Raises StoreDown."""
        after, written = 0, 0
        while grants := await self.store.warned_grants(after, AT_ONCE, now):
            for grant in grants:
                told: dict[str, str | int] = {
                    "percent": grant.percent,
                    "plan": grant.plan or self.default_plan,
                    "until": date(grant.ends),
                }
                key = f"warning:{grant.id}:{grant.percent}"
                written += await self.store.post_mail(
                    NewMail(key, Template.WARNING, told, grant.account_id, tenant=grant.tenant)
                )
            after = grants[-1].id
        return f"{written} written"


@dataclass(frozen=True, slots=True)
class Summaries:
    """Writes to everybody with a log-in what the month that is over was."""

    store: Store

    async def __call__(self, slot: int, now: int) -> str:
        """Raises StoreDown."""
        since, until = month_before(slot)
        after, written = 0, 0
        while people := await self.store.logins(after, AT_ONCE):
            for person in people:
                written += await self._write(person, since, until)
            after = people[-1].id
        return f"{written} written for {month_name(since)}"

    async def _write(self, person: LoginLine, since: int, until: int) -> bool:
        rows = await self.store.usage(person.tenant, person.account_id, since, until, FIRST_PAGE, MOST_ROWS)
        if not rows:
            return False
        told: dict[str, str | int] = {
            "month": month_name(since),
            "answers": sum(row.calls - row.failed for row in rows),
            "spent": spent(rows),
            "lines": table(rows, person.language),
        }
        key = f"summary:{person.account_id}:{month_name(since)}"
        return await self.store.post_mail(
            NewMail(key, Template.SUMMARY, told, person.account_id, tenant=person.tenant)
        )  # fmt: skip


def table(rows: tuple[UsageRow, ...], language: str) -> str:
    """Usage by model as a CommonMark table, the dearest first."""
    models: dict[str, list[UsageRow]] = {}
    for row in rows:
        models.setdefault(row.model, []).append(row)
    head = [words(f"mail_column_{name}", language) for name in ("model", "answers", "spent")]
    lines = [f"| {' | '.join(head)} |", "|---|---|---|"]
    for model, its in sorted(models.items(), key=lambda one: -sum(row.cost for row in one[1])):
        name = "".join(character for character in model if character not in "`|\n\r")
        lines.append(f"| `{name}` | {sum(row.calls - row.failed for row in its)} | {spent(tuple(its))} |")
    return "\n".join(lines)


def spent(rows: tuple[UsageRow, ...]) -> str:
    """What was charged, in each unit."""
    sums = {unit: sum(row.charged for row in rows if row.unit is unit) for unit in Unit}
    said = [amount(sums[unit], unit) for unit in Unit if sums[unit]]
    return " + ".join(said) or amount(0, Unit.MICRO)


def amount(value: int, unit: Unit) -> str:
    """`0.42 USD`, `1200 tokens`; dollars with as many places as they need, two at least."""
    if unit is not Unit.MICRO:
        return f"{value} {unit}"
    sign, value = "-" if value < 0 else "", abs(value)
    cents = f"{value % MICRO:06}".rstrip("0").ljust(2, "0")
    return f"{sign}{value // MICRO}.{cents} USD"


def month_before(slot: int) -> tuple[int, int]:
    """Begin and end, in milliseconds, of the month before the one that `slot` is in."""
    first = datetime.fromtimestamp(slot / 1000, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    before = (first - timedelta(days=1)).replace(day=1)
    return int(before.timestamp() * 1000), int(first.timestamp() * 1000)


def month_name(since: int) -> str:
    """`2026-10`."""
    return datetime.fromtimestamp(since / 1000, UTC).strftime("%Y-%m")


def date(at: int) -> str:
    """`2026-11-21`."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d")
