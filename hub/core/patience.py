"""Waiting out a database that is away. Knows how long and how often; must not know what is being stored.

For what cannot be done a second time: words a model has said, a message a platform has shown.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from hub.domain.errors import StoreDown

PATIENCE_SECONDS = 300.0
"""How long something that happened waits for a database that does not take it."""

PAUSE_SECONDS = 0.5
"""Seconds between two tries."""

T = TypeVar("T")

log = logging.getLogger("parley.patience")


async def patiently(verb: Callable[[], Awaitable[T]]) -> T:
    """What `verb` of the store answers, called again while the database is away. Raises StoreDown in the end."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await verb()
        except StoreDown as error:
            if time.monotonic() > deadline:
                raise
            log.warning("something that happened waits to be stored: %s", error)
            await asyncio.sleep(PAUSE_SECONDS)
