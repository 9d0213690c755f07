"""Mails that come round: warnings of what is nearly spent, and the month in numbers. Knows whom they concern.

Must not know how mail is sent. Each has a key of its own, so that a job that runs again writes nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hub.core.jobs.chores import Stating
from hub.core.money.amounts import counted, day, exactly, price
from hub.core.notices import words
from hub.domain.mail import NewMail, Template
from hub.domain.money import MICRO, EntryKind, Unit
from hub.domain.usage import FIRST_PAGE, Invoice, LoginLine, Statement, UsageRow, month_before, month_name
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
    """Writes to everybody with a log-in what the month that is over was, with its statement."""

    store: Store

    async def __call__(self, slot: int, now: int) -> str:
        """Raises StoreDown."""
        await Stating(self.store)(slot, now)
        since, until = month_before(slot)
        after, written = 0, 0
        while people := await self.store.logins(after, AT_ONCE):
            for person in people:
                written += await self._write(person, since, until)
            after = people[-1].id
        return f"{written} written for {month_name(since)}"

    async def _write(self, person: LoginLine, since: int, until: int) -> bool:
        tenant, account, language = person.tenant, person.account_id, person.language
        rows = await self.store.usage(tenant, account, since, until, FIRST_PAGE, MOST_ROWS)
        statement = await self.store.statement(tenant, account, since, until)
        if not rows and not statement.number:
            return False
        paid = await self.store.invoices(tenant, account, since, until)
        said = (by_model(rows, language), in_words(statement, language), invoices(paid, language))
        told: dict[str, str | int] = {
            "month": month_said(since, language),
            "answers": sum(row.calls - row.failed for row in rows),
            "spent": spent(rows, language),
            "lines": "\n\n".join(part for part in said if part),
        }
        key = f"summary:{account}:{month_name(since)}"
        return await self.store.post_mail(NewMail(key, Template.SUMMARY, told, account, tenant=tenant))


def by_model(rows: tuple[UsageRow, ...], language: str) -> str:
    """Usage by model as a CommonMark table, the most used first; empty for none."""
    models: dict[str, list[int]] = {}
    for row in rows:
        sums = models.setdefault(row.model, [0, 0])
        sums[:] = [sums[0] + row.calls - row.failed, sums[1] + row.input + row.output]
    lines = [
        (f"`{harmless(model)}`", counted(answers, language), counted(tokens, language))
        for model, (answers, tokens) in sorted(models.items(), key=lambda one: -one[1][1])
    ]
    return _table([words(f"mail_column_{name}", language) for name in ("model", "answers", "tokens")], lines)


def in_words(statement: Statement, language: str) -> str:
    """A statement as a CommonMark table; empty for one that was not written, because nothing has moved."""
    if not statement.number:
        return ""
    lines = [
        (words("mail_line_opening", language), _exactly(value, unit, language)) for unit, value in statement.opening
    ]
    for row in statement.rows:
        name = words(f"mail_line_{row.kind}", language)
        if row.kind is EntryKind.SETTLE and row.what:
            name += f" `{harmless(row.what)}`"
        elif row.kind is EntryKind.GRANT and row.what:
            name += f" ({words(f'mail_source_{row.what}', language)})"
        lines.append((name, _exactly(row.granted - row.used, row.unit, language)))
    lines += [
        (f"**{words('mail_line_closing', language)}**", f"**{_exactly(value, unit, language)}**")
        for unit, value in statement.closing
    ]
    title = words("mail_statement", language, number=statement.number)
    return _table([title, words("mail_column_amount", language)], lines)


def invoices(paid: tuple[Invoice, ...], language: str) -> str:
    """Links to the pages of what was paid, as CommonMark; empty for none."""
    links = [
        f"[{price(one.amount, one.currency, language)}, {day(one.paid_at, language)}](<{one.link}>)"
        for one in paid
        if one.link.startswith("https://") and not set(one.link) & set("<> \n\\")
    ]
    return f"{words('mail_invoices', language)} {', '.join(links)}" if links else ""


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    if not lines:
        return ""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *lines))


def harmless(name: str) -> str:
    """The name of a model as it can stand in a table."""
    return "".join(character for character in name if character not in "`|\n\r")


def spent(rows: tuple[UsageRow, ...], language: str) -> str:
    """What was charged, in each unit."""
    sums = {unit: sum(row.charged for row in rows if row.unit is unit) for unit in Unit}
    said = [_exactly(sums[unit], unit, language) for unit in Unit if sums[unit]]
    return " + ".join(said) or _exactly(0, Unit.MICRO, language)


def _exactly(value: int, unit: Unit, language: str) -> str:
    """An amount that no line breaks."""
    return exactly(value, unit, language).replace(" ", "\u00a0")


def month_said(since: int, language: str) -> str:
    """`October 2026`."""
    year, month = month_name(since).split("-")
    return f"{words('months', language).split()[int(month) - 1]} {year}"


def amount(value: int, unit: Unit) -> str:
    """`0.42 USD`, `1200 tokens`; dollars with as many places as they need, two at least."""
    if unit is not Unit.MICRO:
        return f"{value} {unit}"
    sign, value = "-" if value < 0 else "", abs(value)
    cents = f"{value % MICRO:06}".rstrip("0").ljust(2, "0")
    return f"{sign}{value // MICRO}.{cents} USD"


def date(at: int) -> str:
    """`2026-11-21`."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d")
