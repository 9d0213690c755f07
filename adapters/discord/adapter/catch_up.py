"""What was said while no session was open. Knows how to read a channel's past; must not know what a message means."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

from adapters.discord.parse.inbound import moment
from adapters.discord.parse.shapes import Channel
from adapters.discord.wire.line import Account
from hub.domain.address import Address, ChatKind
from hub.domain.errors import Forbidden, RateLimited, Rejected, Unreachable
from hub.ports.house import Heard

PAGE = 100
"""Most messages of one call."""

PAGES = 20
"""Calls for one channel; what is older than the newest 2,000 of an outage stays unread."""

TRIES = 6
LONGEST_WAIT = 30.0

HEARD = 500
"""Places in which people wrote lately that are looked at."""

OVERLAP_MS = 60_000
"""How much of what we had already is read again: events of different servers do not come in one order."""

log = logging.getLogger("parley.discord")


def since(newest: int) -> int:
    """From which snowflake on something may be missing; 0: nothing is known."""
    return max(0, newest - (OVERLAP_MS << 22)) if newest else 0


def channels(heard: tuple[Heard, ...], floor: int, kind: ChatKind) -> dict[str, int]:
    """Channels in which people wrote to us, each with the snowflake after which something may be missing."""
    after: dict[str, int] = {}
    for place in heard:
        if place.address.kind is kind:
            for channel in _both(place.address):
                after[channel] = max(after.get(channel, 0), moment(place.event_id), floor)
    return after


def worth_reading(listed: list[Channel], heard: dict[str, int], floor: int) -> dict[str, int]:
    """Of a server's channels those with something new in them."""
    found = {}
    for channel in listed:
        after = heard.get(channel.id, floor)
        if after and int(channel.last_message_id or 0) > after:
            found[channel.id] = after
    return found


async def missed(account: Account, channel: str, after: int) -> AsyncIterator[Any]:
    """Every message in `channel` after that snowflake, oldest first; a channel we may not read has none."""
    for _ in range(PAGES):
        page = await _page(account, channel, after)
        page.sort(key=lambda message: int(message["id"]))
        for message in page:
            yield message
        if len(page) < PAGE:
            return
        after = int(page[-1]["id"])
    log.warning("channel %s has more than %d new messages; the rest is not read", channel, PAGE * PAGES)


async def _page(account: Account, channel: str, after: int) -> list[Any]:
    """One page; waits out limits and trouble, for nobody repeats this for us. Raises Unreachable in the end."""
    pause = 1.0
    for attempt in range(TRIES):
        try:
            page = await account.call("GET", f"channels/{{}}/messages?after={after}&limit={PAGE}", channel)
            return [one for one in page if isinstance(one, dict) and str(one.get("id", "")).isdigit()]
        except (Forbidden, Rejected) as error:
            log.info("channel %s cannot be read back: %s", channel, error)
            return []
        except (RateLimited, Unreachable) as error:
            if attempt == TRIES - 1:
                raise Unreachable(f"channel {channel} cannot be read back: {error}") from error
            wait = error.after if isinstance(error, RateLimited) else pause
            await asyncio.sleep(min(wait, LONGEST_WAIT))
            pause = min(pause * 2, LONGEST_WAIT)
    return []


def _both(address: Address) -> tuple[str, ...]:
    return (address.chat, address.thread) if address.thread else (address.chat,)
