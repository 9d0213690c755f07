"""What `parley accounts` does. Knows how accounts are named, listed and said; must not know flags or tables."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import typer

from hub.domain.account import AccountLine, fold_email
from hub.domain.password import hash_password
from hub.ports.store import Store
from hub.runtime.cli.settings import read_settings
from hub.text.clean import clean

FAILED = 1
"""Exit code: nothing such is there or could be done."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The store, and whose people are meant."""

    store: Store
    tenant: int
    plans: tuple[str, ...] = ()
    default_plan: str = ""


class NotDone(Exception):
    """Nothing was changed; the message says why."""


def run(tenant: int, work: Callable[[Desk], Awaitable[None]]) -> int:
    """Do `work` on the database of the settings; the exit code. Raises SettingsError, StoreDown."""
    loaded = read_settings()
    from hub.runtime.house import check_folder
    from storage.store import open_store

    url = loaded.settings.database.url
    check_folder(url)

    async def inside() -> None:
        store = await open_store(url, synchronous=loaded.settings.database.synchronous)
        try:
            settings = loaded.settings
            await work(Desk(store, tenant, tuple(settings.plans), settings.accounts.default_plan))
        finally:
            await store.close()

    try:
        asyncio.run(inside())
    except NotDone as reason:
        typer.echo(f"Error: {reason}", err=True)
        return FAILED
    return 0


def ask_password() -> str:
    """A password: asked for twice at a terminal and not shown, else the first line of stdin."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password (not shown)", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


async def find(desk: Desk, who: str) -> AccountLine:
    """The account that a number, an identity or an e-mail address names. Raises NotDone."""
    number = int(who[:18]) if who.isascii() and who.isdecimal() else 0
    platform, colon, user = who.partition(":")
    if not number and "@" in who and (login := await desk.store.find_login(desk.tenant, who)) is not None:
        number = login.account_id
    if not number and colon:
        number = await desk.store.account_of(desk.tenant, platform, user)
    line = await desk.store.find_account(desk.tenant, number) if number else None
    if line is None:
        raise NotDone(f"there is no account {who}. parley accounts list shows them.")
    return line


async def living(desk: Desk, who: str) -> AccountLine:
    """As `find`, of an account that is nobody else's part. Raises NotDone."""
    line = await find(desk, who)
    if line.merged_into:
        raise NotDone(f"account {line.id} was joined into {line.merged_into}; name that one.")
    return line


async def listed(desk: Desk, after: int, limit: int, *, as_json: bool) -> None:
    """Print accounts."""
    lines = await desk.store.accounts(desk.tenant, after, limit)
    if as_json:
        print(json.dumps([_values(line) for line in lines], indent=2))
        return
    rows = [("ACCOUNT", "NAME", "KNOWN AS", "CHATS", "STATE"), *map(_row, lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]).rstrip())
    if len(lines) == limit:
        print(f"There may be more: --after {lines[-1].id}")


async def shown(desk: Desk, who: str, *, as_json: bool) -> None:
    """Print one account. Raises NotDone."""
    from hub.runtime.cli.credits import balance_words, plan_words

    line = await find(desk, who)
    balances = await desk.store.balances(desk.tenant, line.id)
    if as_json:
        rows = [{**dataclasses.asdict(one), "free": one.free} for one in balances]
        print(json.dumps({**_values(line), "balances": rows}, indent=2))
        return
    _show(line, plan_words(desk, line), balance_words(balances))


async def created(desk: Desk, name: str, *, plan: str = "", as_json: bool) -> None:
    """Make an account. Raises NotDone."""
    from hub.runtime.cli.credits import plan_name, put_on_plan

    if not name.strip():
        raise NotDone("an account needs a name.")
    if plan:
        plan_name(desk, plan)
    number = str(await desk.store.create_account(desk.tenant, name.strip()))
    await (put_on_plan(desk, number, plan, as_json=as_json) if plan else shown(desk, number, as_json=as_json))


async def blocked(desk: Desk, who: str, *, block: bool, as_json: bool) -> None:
    """Block or unblock. Raises NotDone."""
    line = await living(desk, who)
    await desk.store.block(desk.tenant, line.id, block)
    await shown(desk, str(line.id), as_json=as_json)


async def joined(desk: Desk, kept: str, other: str, *, as_json: bool) -> None:
    """Join two accounts. Raises NotDone."""
    one, two = await living(desk, kept), await living(desk, other)
    if not await desk.store.merge(desk.tenant, one.id, two.id):
        raise NotDone(f"{kept} and {other} are one account already.")
    await shown(desk, str(one.id), as_json=as_json)


async def logs_in(desk: Desk, who: str, email: str, password: str | None, *, as_json: bool) -> None:
    """Set a login or change its password; None takes it away. Raises NotDone."""
    line = await living(desk, who)
    try:
        address = fold_email(email)
        hashed = "" if password is None else hash_password(password)
    except ValueError as error:
        raise NotDone(f"{error}.") from None
    if not await desk.store.set_login(desk.tenant, line.id, address, hashed):
        raise NotDone(f"{address} is {'another account’s' if hashed else 'no login of this account'}.")
    await shown(desk, str(line.id), as_json=as_json)


def _values(line: AccountLine) -> dict[str, object]:
    return dataclasses.asdict(line)


def _known_as(line: AccountLine) -> list[str]:
    return [clean(known) for known in (*(f"{one.platform}:{one.user}" for one in line.identities), *line.emails)]


def _state(line: AccountLine) -> str:
    if line.merged_into:
        return f"joined into {line.merged_into}"
    return "blocked" if line.blocked else "active"


def _row(line: AccountLine) -> tuple[str, str, str, str, str]:
    known = _known_as(line)
    more = f" +{len(known) - 2}" if len(known) > 2 else ""
    return str(line.id), clean(line.name)[:30], ", ".join(known[:2]) + more, str(line.conversations), _state(line)


def _show(line: AccountLine, plan: str, balances: str) -> None:
    since = datetime.fromtimestamp(line.since / 1000, UTC)
    rows = [
        ("account", str(line.id)),
        ("name", clean(line.name) or "-"),
        ("state", _state(line)),
        ("known as", "\n            ".join(_known_as(line)) or "-"),
        ("chats", str(line.conversations)),
        ("plan", plan),
        ("credits", balances),
        ("model", line.model or "the default"),
        ("language", clean(line.language)),
        ("since", f"{since:%Y-%m-%d %H:%M} UTC"),
    ]
    print("\n".join(f"{name.ljust(10)}  {value}" for name, value in rows))
