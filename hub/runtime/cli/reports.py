"""What `parley usage` and `parley statement` print. Knows days, pages and three forms; must not know how usage is kept.

Rows are printed as they are read, a page at a time. What others chose (names of models, say) begins no formula in a
spreadsheet.
"""

from __future__ import annotations

import csv
import dataclasses
import json
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from hub.core.jobs.letters import amount
from hub.domain.money import Unit
from hub.domain.usage import DAY_MS, FIRST_PAGE, Statement, UsageRow, key_of, month_name, month_of
from hub.runtime.cli.accounts import Desk, NotDone, find
from hub.text.clean import clean

PAGE = 500
"""Rows read in one step."""

LINE = ("what", "unit", "of", "lines", "amount")
TOKENS = ("input", "cached", "cache_write", "cache_write_1h", "output", "reasoning")
"""Columns of a statement."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


class Form(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def form(*, as_csv: bool, as_json: bool) -> Form:
    """The form that the flags ask for."""
    return Form.CSV if as_csv else Form.JSON if as_json else Form.TABLE


async def usage(desk: Desk, who: str, begin: str, end: str, shape: Form, *, house: bool) -> None:
    """Print usage. Raises NotDone."""
    if house == bool(who):
        raise NotDone("name an account, or say --house.")
    account = 0 if house else (await find(desk, who)).id
    first = day(begin) if begin else datetime.now(UTC).date().replace(day=1)
    last = day(end) if end else datetime.now(UTC).date()
    if last < first:
        raise NotDone("the last day lies before the first.")
    if shape is Form.TABLE:
        await _totals(desk, account, first, last)
        return
    columns = [one.name for one in dataclasses.fields(UsageRow)]
    rows = _by_day(desk, account, first, last)
    await _write(["day", *columns], rows, shape)


async def _by_day(desk: Desk, account: int, first: date, last: date) -> AsyncIterator[list[str | int]]:
    while first <= last:
        async for row in _pages(desk, account, _ms(first), _ms(first) + DAY_MS):
            yield [first.isoformat(), *dataclasses.astuple(row)]
        first += timedelta(days=1)


async def _pages(desk: Desk, account: int, since: int, until: int) -> AsyncIterator[UsageRow]:
    after = FIRST_PAGE
    while rows := await desk.store.usage(desk.tenant, account, since, until, after, PAGE):
        for row in rows:
            yield row
        after = key_of(rows[-1])


async def _totals(desk: Desk, account: int, first: date, last: date) -> None:
    """By model, platform and unit: as many lines as there are of these, however many people."""
    sums: dict[tuple[str, str, Unit], list[int]] = {}
    async for row in _pages(desk, account, _ms(first), _ms(last) + DAY_MS):
        added = sums.setdefault((row.model, row.origin, row.unit), [0] * 7)
        more = (row.calls, row.failed, row.estimated, row.input, row.output, row.cost, row.charged)
        added[:] = [have + new for have, new in zip(added, more, strict=True)]
    print(f"{first} to {last}, UTC")
    head = ("MODEL", "PLATFORM", "CALLS", "FAILED", "ESTIMATED", "READ", "WRITTEN", "COST", "CHARGED")
    lines = [
        (clean(model), origin, *map(str, one[:5]), amount(one[5], Unit.MICRO), amount(one[6], unit))
        for (model, origin, unit), one in sorted(sums.items(), key=lambda item: -item[1][5])
    ]
    _table([head, *lines])


async def statement(desk: Desk, who: str, month: str, shape: Form, *, house: bool) -> None:
    """Print a month of an account's balance, or of the house's: the running one as it is so far. Raises NotDone."""
    if house and not month:
        who, month = "", who
    if house == bool(who):
        raise NotDone("name an account, or say --house.")
    since, until = _month(month)
    account = 0 if house else (await find(desk, who)).id
    whole = await desk.store.statement(desk.tenant, account, since, until)
    name = month_name(since)
    if shape is Form.TABLE:
        _show(whole, name)
        return

    async def each() -> AsyncIterator[list[str | int]]:
        for line in _lines(whole):
            yield [account, name, whole.number, *line]

    await _write(["account", "month", "statement", *LINE, *TOKENS], each(), shape)


def _month(name: str) -> tuple[int, int]:
    """Begin and end of a month; without a name of the running one. Raises NotDone."""
    now = datetime.now(UTC)
    try:
        first = datetime.strptime(name, "%Y-%m").replace(tzinfo=UTC) if name else now
    except ValueError:
        raise NotDone("a month looks like 2026-10.") from None
    if first > now:
        raise NotDone(f"{name} is yet to come.")
    return month_of(int(first.timestamp() * 1000))


def _lines(whole: Statement) -> Iterator[list[str | int]]:
    """Opening, what the ledger says, closing; then the tokens."""
    none = [0] * len(TOKENS)
    for unit, value in whole.opening:
        yield ["opening", unit, "", 0, value, *none]
    for row in whole.rows:
        yield [row.kind, row.unit, row.what, row.lines, row.granted - row.used, *none]
    for unit, value in whole.closing:
        yield ["closing", unit, "", 0, value, *none]
    for one in whole.tokens:
        yield ["tokens", Unit.TOKENS, one.model, one.calls, 0, *(getattr(one, name) for name in TOKENS)]


def _show(whole: Statement, month: str) -> None:
    whose = f"account {whole.account_id}" if whole.account_id else "the house"
    state = f"statement no. {whole.number}" if whole.number else f"so far, {datetime.now(UTC):%Y-%m-%d %H:%M}"
    print(f"{whose}, {month}, UTC: {state}")
    lines = [
        (str(kind), clean(str(of)), str(count or ""), amount(int(value), Unit(str(unit))))
        for kind, unit, of, count, value, *_ in _lines(whole)
        if kind != "tokens"
    ]
    _table([("WHAT", "OF", "LINES", "AMOUNT"), *lines])
    if whole.tokens:
        print()
        counts = [(clean(row.model), *(str(getattr(row, name)) for name in ("calls", *TOKENS))) for row in whole.tokens]
        heads = ("CALLS", "READ", "CACHED", "CACHE WRITE", "OF IT 1 H", "WRITTEN", "REASONING")
        _table([("MODEL", *heads), *counts])


def day(text: str) -> date:
    """A day. Raises NotDone."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotDone(f"{text} is no day such as 2026-11-21.") from None


def harmless(cell: str | int) -> str | int:
    """`cell` as a spreadsheet takes for words or a number, never for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


async def _write(columns: Sequence[str], rows: AsyncIterator[list[str | int]], shape: Form) -> None:
    if shape is Form.CSV:
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow(columns)
        async for row in rows:
            out.writerow(map(harmless, row))
        return
    between = "[\n"
    async for row in rows:
        sys.stdout.write(between + json.dumps(dict(zip(columns, row, strict=True))))
        between = ",\n"
    print("[]" if between == "[\n" else "\n]")


def _ms(first: date) -> int:
    return int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp() * 1000)


def _table(rows: Iterable[Sequence[str]]) -> None:
    lines = list(rows)
    widths = [max(len(row[column]) for row in lines) for column in range(len(lines[0]))]
    for row in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
