"""`parley run` with every platform's own times divided by `BENCH_SPEED`: an hour in minutes.

Knows where an adapter says its pace; must not change anything else.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from adapters.discord.adapter.channel import DiscordAdapter
from adapters.slack.adapter.slack import SlackAdapter
from adapters.telegram.adapter.channel import TelegramAdapter
from hub.__main__ import main
from hub.domain.capabilities import Capabilities

SPEED = float(os.environ.get("BENCH_SPEED", "1"))


def compress(adapter: type[Any]) -> None:
    """Make `adapter` tell shorter times."""
    told: Callable[..., Capabilities] = adapter.capabilities

    def capabilities(self: Any, *address: Any) -> Capabilities:
        found = told(self, *address)
        budgets = tuple(replace(budget, seconds=budget.seconds / SPEED) for budget in found.budgets)
        return replace(found, budgets=budgets, edit_interval=found.edit_interval / SPEED)

    adapter.capabilities = capabilities


if __name__ == "__main__":
    for each in (TelegramAdapter, SlackAdapter, DiscordAdapter):
        compress(each)
    main()
