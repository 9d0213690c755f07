"""Waiting for something, but not for ever. Knows events and seconds; must not know what is waited for."""

from __future__ import annotations

import asyncio


async def within(seconds: float, event: asyncio.Event) -> bool:
    """Wait until `event`, at most so long; whether it came."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
