"""What `parley export` and `parley forget` do. Knows how it is asked and said; must not know flags or tables."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer

from hub.core.operations.person import told
from hub.runtime.cli.accounts import Desk, NotDone, find


async def export(desk: Desk, who: str, out: str) -> None:
    """Write everything that is held of an account. Raises NotDone."""
    account = await find(desk, who)
    if not out:
        async for piece in told(desk.store, desk.tenant, account.id):
            sys.stdout.write(piece)
        return
    try:
        handle = os.open(Path(out), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise NotDone(f"{out} cannot be written: {error.strerror}.") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        async for piece in told(desk.store, desk.tenant, account.id):
            file.write(piece)
    print(f"Account {account.id}: everything that is held is in {out}; only you can read it.")


async def forget(desk: Desk, who: str, *, sure: bool) -> None:
    """Erase an account, once that was confirmed. Raises NotDone."""
    account = await find(desk, who)
    plan = await desk.store.has_running_plan(desk.tenant, account.id)
    if plan:
        raise NotDone(f"account {account.id} pays for the plan {plan} again and again; end that at the gateway first.")
    if not sure and typer.prompt(f"Erase everything of account {account.id}? Type {account.id}") != str(account.id):
        raise NotDone("nothing was erased.")
    gone = await desk.store.erase(desk.tenant, account.id)
    print(f"Account {account.id} is erased: {gone.messages} messages, {gone.files} files, {gone.things} things in all.")
