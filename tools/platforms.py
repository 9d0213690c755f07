"""The table of what each platform can do. Knows how to ask every adapter of ours; must not know a single answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from hub.domain.address import Address, ChatKind
from hub.domain.capabilities import Budget, Capabilities, TextUnit
from storage.sqlite.ground import Silence

HEAD = (
    "where", "text in a message", "grows", "typing", "buttons", "threads", "files in", "files out",
    "tells again", "repeats harmless", "own pace",
)  # fmt: skip

PLACES = {
    "web": {"web": ("default", "visitor", "")},
    "terminal": {"terminal": ("local", "terminal", "")},
    "telegram": {"Telegram, private": ("1", "2", ""), "Telegram, group": ("1", "-2", "")},
    "slack": {"Slack, private": ("T1:U1", "D1", "1.1"), "Slack, channel": ("T1:U1", "C1", "1.1")},
    "discord": {"Discord, private": ("1", "2", ""), "Discord, server": ("1", "2", "3")},
}
"""Of each adapter: a name for each kind of place, and bot, chat and thread of one. The second is a group."""

TOKENS = {
    "telegram": {"token": "1:a-token-of-nothing"},
    "slack": {"bot_token": "xoxb-of-nothing", "app_token": "xapp-of-nothing"},
    "discord": {"token": "MQ.of.a-token-that-is-long-enough-and-of-nothing"},
}
"""What a bot's config needs; nothing is called with them."""

UNITS = {TextUnit.CHARACTERS: "characters", TextUnit.UTF16: "UTF-16 units", TextUnit.BYTES: "bytes"}


class _House:
    """As much of a house as an adapter needs to be made."""

    transcript = shelf = notebook = None
    hints = Silence()

    def words(self, key: str, language: str, **arguments: str | int) -> str:
        """No notice is ever shown."""
        return key

    def key_for(self, purpose: str) -> bytes:
        """Nothing is ever signed."""
        return bytes(32)


def table(rows: Sequence[tuple[str, ...]] | None = None) -> str:
    """The table as Markdown, by default with one row for each kind of place on our platforms."""
    rows = asyncio.run(_rows()) if rows is None else rows
    head = f"| {' | '.join(HEAD)} |\n{'|---' * len(HEAD)}|\n"
    return head + "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


async def _rows() -> list[tuple[str, ...]]:
    return [row for name in PLACES for row in (await rows_of(name)).values()]


async def rows_of(name: str) -> dict[ChatKind, tuple[str, ...]]:
    """The rows of one platform."""
    from adapters.table import create

    adapter = create(name, _config(name), _House())  # type: ignore[arg-type]
    found = {}
    for (title, (bot, chat, thread)), kind in zip(PLACES[name].items(), ChatKind, strict=False):
        found[kind] = row(title, adapter, Address(1, name, bot, chat, thread, kind))
    await adapter.close()
    return found


def _config(name: str) -> Any:
    """The adapter's config at the platform itself, with one bot."""
    module = import_module(f"adapters.{name}.config")
    whole = getattr(module, f"{name.title()}Config")
    if name not in TOKENS:
        return whole()
    return whole(bots=(getattr(module, f"{name.title()}Bot")(**TOKENS[name]),))


def row(title: str, adapter: Any, address: Address) -> tuple[str, ...]:
    """What can be done at `address`, in words."""
    from hub.ports.adapter import Files, Webhook

    can: Capabilities = adapter.capabilities(address)
    routes = adapter.routes() if isinstance(adapter, Webhook) else ()
    uploads = isinstance(adapter, Files) or any(route.path.endswith("/files") for route in routes)
    return (
        title,
        f"{can.text_limit:,} {UNITS[can.unit]}",
        _grows(can),
        *(_mark(each) for each in (can.typing, can.buttons, can.threads, uploads, can.files)),
        _mark(can.redelivers),
        _mark(can.idempotent_send),
        ", ".join(_paces(can.budgets)) or "–",
    )


def _grows(can: Capabilities) -> str:
    every = f"every {can.edit_interval:g} s"
    if can.native_stream:
        return f"natively, {every}"
    return f"by edits, {every}" if can.edits else "–"


def _mark(there: bool) -> str:
    return "yes" if there else "–"


def _paces(budgets: tuple[Budget, ...]) -> Iterator[str]:
    for budget in budgets:
        yield f"{budget.calls} in {budget.seconds:g} s a {budget.scope.value}"
