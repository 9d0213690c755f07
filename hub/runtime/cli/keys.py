"""What `parley keys` does. Knows how a key is asked for, shown once and listed; must not know flags or tables."""

from __future__ import annotations

import dataclasses
import json
import re
import time
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

import typer

from hub.core.house import CoreHouse
from hub.core.operations.keys import SHOWN, digest_of, new_secret
from hub.domain.key import BudgetWindow, Key, NewKey, Scope
from hub.domain.money import MICRO
from hub.runtime.cli.accounts import Desk, NotDone, find
from hub.runtime.cli.settings import read_settings
from hub.runtime.house import API_KEYS
from hub.text.clean import clean

DAY_MS = 86_400_000

MOST_DOLLARS = 1_000_000
MOST_DAYS = 3_660

_LASTING = re.compile(r"(\d{1,5})([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


def budget_of(text: str) -> tuple[int, BudgetWindow]:
    """Micro-dollars and window of `20`, `2.50/day`, `100/month`. Raises NotDone."""
    amount, slash, window = text.strip().partition("/")
    try:
        dollars = Decimal(amount.strip().removeprefix("$"))
        kind = BudgetWindow(window.strip().lower()) if slash else BudgetWindow.TOTAL
    except (InvalidOperation, ValueError):
        dollars, kind = Decimal(0), BudgetWindow.TOTAL
    micro = dollars * MICRO if dollars.is_finite() else Decimal(0)
    if not 0 < micro <= MOST_DOLLARS * MICRO or micro != int(micro):
        raise NotDone("a budget is dollars, once or for each day, week or month: 20, 2.50/day, 100/month.")
    return int(micro), kind


def expires_of(text: str, now: int) -> int:
    """Milliseconds since 1970 of `30d`, `12w`, `6m`, `1y`, or of a day such as `2027-03-31` (until its end, in UTC).

    Raises NotDone."""
    lasting = _LASTING.fullmatch(text.strip().lower())
    if lasting:
        until = now + int(lasting[1]) * _DAYS[lasting[2]] * DAY_MS
    else:
        try:
            day = datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            day = datetime(1970, 1, 1, tzinfo=UTC)
        until = int(day.timestamp() * 1000) + DAY_MS
    if not now < until <= now + MOST_DAYS * DAY_MS:
        raise NotDone("an expiry is a time to come, within ten years: 30d, 12w, 6m, 1y, or a day such as 2027-03-31.")
    return until


def models_of(text: str) -> frozenset[str]:
    """Names of models, separated by commas. Raises NotDone for one that is not in the list of this hub."""
    from hub.runtime.catalogue import make_catalogue
    from hub.text.alike import nearest

    names = frozenset(one.strip() for one in text.split(",") if one.strip())
    known = [entry.model.name for entry in make_catalogue(read_settings().settings).listed]
    for name in sorted(names):
        if name not in known:
            raise NotDone(f"there is no model `{name}`. Did you mean `{nearest(name, known)}`?")
    if not names:
        raise NotDone("--models takes names of models, separated by commas. parley models lists them.")
    return names


async def created(desk: Desk, who: str, name: str, scope: Scope, *, as_json: bool) -> None:
    """Make a key and print it, this once. Raises NotDone."""
    if len(name) > 100:
        raise NotDone("a name has at most 100 characters.")
    line = await find(desk, who)
    if line.merged_into:
        raise NotDone(f"account {line.id} was joined into {line.merged_into}; name that one.")
    secret = new_secret()
    house = await CoreHouse.open(desk.store)
    digest = digest_of(house.key_for(API_KEYS), secret)
    number = await desk.store.create_key(NewKey(desk.tenant, line.id, name.strip(), secret[:SHOWN], digest, scope))
    if as_json:
        print(json.dumps({"id": number, "account": line.id, "name": name.strip(), "key": secret}))
        return
    print(secret)
    typer.echo(f"Key {number} of account {line.id} {clean(line.name)}. It is shown this once: keep it safe.", err=True)


async def listed(desk: Desk, who: str, after: int, limit: int, *, as_json: bool) -> None:
    """Print keys. Raises NotDone."""
    account = (await find(desk, who)).id if who else 0
    found = await desk.store.keys(desk.tenant, account, after, limit)
    now = time.time_ns() // 1_000_000
    spent = {
        key.id: await desk.store.spent_under(desk.tenant, ceiling) for key in found if (ceiling := key.ceiling(now))
    }
    if as_json:
        print(json.dumps([{**_values(key), "spent": spent.get(key.id, 0)} for key in found], indent=2))
        return
    rows: list[tuple[str, ...]] = [
        ("KEY", "BEGINS", "ACCOUNT", "NAME", "SPENT OF BUDGET", "MODELS", "EXPIRES", "LAST USED", "STATE")
    ]
    rows += [_row(key, spent.get(key.id, 0), now) for key in found]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if len(found) == limit:
        print(f"There may be more: --after {found[-1].id}")


async def revoked(desk: Desk, number: int) -> None:
    """Let nothing be opened with a key any more. Raises NotDone."""
    if not await desk.store.revoke_key(desk.tenant, number):
        raise NotDone(f"there is no living key {number}. parley keys list shows them.")
    print(f"Key {number} opens nothing any more.")


def _values(key: Key) -> dict[str, object]:
    scope = {**dataclasses.asdict(key.scope), "models": sorted(key.scope.models)}
    return {
        "id": key.id, "account": key.account.id, "name": key.name, "shown": key.shown, **scope,
        "created": key.created, "used": key.used, "revoked": key.revoked,
    }  # fmt: skip


def _row(key: Key, spent: int, now: int) -> tuple[str, ...]:
    scope = key.scope
    budget = "-"
    if scope.budget:
        each = "" if scope.window is BudgetWindow.TOTAL else f"/{scope.window}"
        budget = f"${spent / MICRO:,.2f} of ${scope.budget / MICRO:,.2f}{each}"
    models = "lists only" if scope.lists_only else ",".join(sorted(scope.models))[:40] or "all"
    state = "revoked" if key.revoked else "active" if key.lives(now) else "expired"
    state = "blocked" if key.account.blocked and state == "active" else state
    name = clean(key.name)[:30] or "-"
    return str(key.id), key.shown, str(key.account.id), name, budget, models, _day(scope.expires), _day(key.used), state


def _day(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M}" if at else "never"
