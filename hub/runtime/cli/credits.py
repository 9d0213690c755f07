"""What an operator does with plans and credits. Knows how amounts are typed and read; must not know flags or tables."""

from __future__ import annotations

import dataclasses
import json
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from hub.domain.account import AccountLine
from hub.domain.money import MICRO, BalanceLine, Disagreement, NewGrant, Source, Unit
from hub.runtime.cli.accounts import Desk, NotDone, living, shown
from hub.text.clean import clean

DOLLARS = "dollars"
UNITS = {DOLLARS: Unit.MICRO, "tokens": Unit.TOKENS, "messages": Unit.MESSAGES}

MOST = 1_000_000_000
"""Dollars, and a million times as many tokens or messages, that may be given at once: more is a slip of the hand."""

BATCH = 500
"""Accounts added up in one look."""


def amount_of(text: str, unit: str) -> tuple[Unit, int]:
    """What was typed, in whole ones of the unit. Raises NotDone."""
    if unit not in UNITS:
        raise NotDone(f"there is no unit {unit}; there are {', '.join(UNITS)}.")
    try:
        typed = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        raise NotDone(f"{text} is not a number. Give an amount such as 5 or 0.50.") from None
    if not typed.is_finite() or typed <= 0:
        raise NotDone(f"{text} cannot be given; an amount is more than nothing.")
    scale = MICRO if unit == DOLLARS else 1
    if typed > (MOST if unit == DOLLARS else MOST * MICRO):
        raise NotDone(f"{text} {unit} are too many; at most {MOST if unit == DOLLARS else MOST * MICRO:,} at once.")
    amount = typed * scale
    if amount != int(amount):
        least = "a millionth of a dollar" if unit == DOLLARS else "one"
        raise NotDone(f"{text} {unit} cannot be given; the smallest part is {least}.")
    return UNITS[unit], int(amount)


def said(amount: int, unit: Unit) -> str:
    """An amount in words."""
    if unit is Unit.MICRO:
        whole, rest = divmod(abs(amount), MICRO)
        cents = f"{rest:06d}".rstrip("0").ljust(2, "0")
        return f"{'-' if amount < 0 else ''}${whole:,}.{cents}"
    return f"{amount:,} {unit.value}"


async def granted(desk: Desk, who: str, amount: str, unit: str, note: str, key: str, *, as_json: bool) -> None:
    """Give credits, once for a key. Raises NotDone."""
    counted, number = amount_of(amount, unit)
    line = await living(desk, who)
    new = NewGrant(f"operator:{key or secrets.token_hex(8)}", line.id, counted, number, Source.GIFT, note=note)
    if not await desk.store.grant(desk.tenant, new):
        raise NotDone(f"something was given with the key {key} before; nothing was changed.")
    await shown(desk, str(line.id), as_json=as_json)


async def put_on_plan(desk: Desk, who: str, plan: str, *, as_json: bool) -> None:
    """Put an account on a plan, from now on. Raises NotDone."""
    name, now = plan_name(desk, plan), time.time_ns() // 1_000_000
    line = await living(desk, who)
    # whoever is on it already goes on in the month that is running: another anchor would open a second one
    stays = line.plan == name and not 0 < line.plan_until <= now
    await desk.store.set_plan(desk.tenant, line.id, name, line.plan_anchor if stays else now, 0)
    await shown(desk, str(line.id), as_json=as_json)


def plan_name(desk: Desk, plan: str) -> str:
    """A plan of the settings, empty for the default. Raises NotDone."""
    if plan in desk.plans:
        return "" if plan == desk.default_plan else plan
    raise NotDone(f"there is no plan {clean(plan)}; there are {', '.join(desk.plans) or 'none'}.")


def plan_words(desk: Desk, line: AccountLine) -> str:
    """What plan an account is on, and until when."""
    now = time.time_ns() // 1_000_000
    if not line.plan or 0 < line.plan_until <= now:
        return f"{desk.default_plan} (the default)" if desk.default_plan else "none"
    until = f" until {datetime.fromtimestamp(line.plan_until / 1000, UTC):%Y-%m-%d}" if line.plan_until else ""
    return line.plan + until


def balance_words(lines: Sequence[BalanceLine]) -> str:
    """Balances, a line each."""
    words = []
    for line in lines:
        held = f", {said(line.held, line.unit)} held" if line.held else ""
        words.append(f"{said(line.free, line.unit)} free; {said(line.used, line.unit)} used{held}")
    return "\n            ".join(words) or "nothing was given or used yet"


async def verified(desk: Desk, *, as_json: bool) -> bool:
    """Add every balance up again and print what disagrees; whether nothing does."""
    after, looked, found = 0, True, list[Disagreement]()
    while looked:
        some, after = await desk.store.verify(after, BATCH)
        found += some
        looked = after > 0
    if as_json:
        rows = [dataclasses.asdict(one) for one in found]
        print(json.dumps({"agree": not found, "disagreements": rows}, indent=2))
    elif not found:
        print("Every balance agrees with its entries and open calls.")
    for one in () if as_json else found:
        print(
            f"account {one.account_id} of tenant {one.tenant}, {one.unit.value}: {one.column} is {one.kept:,} "
            f"where its lines add up to {one.computed:,}"
        )
    return not found
