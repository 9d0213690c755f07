"""Discord's errors as ours. Knows statuses and error codes; must not know which call was made.

Refused and Barred keep Discord's own `code`, for the few that have a way around.
"""

from __future__ import annotations

from hub.domain.errors import AdapterError, Forbidden, Rejected, Unreachable

UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
UNKNOWN_WEBHOOK = 10015
UNKNOWN_INTERACTION = 10062
ALREADY_ACKNOWLEDGED = 40060
DEAD_TOKEN = 50027
ARCHIVED_THREAD = 50083
THREAD_EXISTS = 160004

TOKEN_IS_GONE = frozenset({UNKNOWN_WEBHOOK, UNKNOWN_INTERACTION, DEAD_TOKEN})
"""An interaction that can no longer be answered by its token."""

_NO_WAY_IN = frozenset({UNKNOWN_CHANNEL, 10004, 10013, 50001, 50007, 50013, 50278, 50024, 160005, 340013})
"""Codes that say we are not let in, whatever the status: channel, guild or user gone, no access, no permission,
messages to this person off, no mutual server, wrong kind of channel, locked thread, quarantined."""

_LATER = frozenset({40062, 130000, 30046, 20028})
"""Codes of a service that is too busy or an action used too often: the same call may succeed later."""

FATAL_CLOSES = {
    4004: "Discord does not know this token. Copy it anew: Developer Portal, your application, Bot, Reset Token; "
    "then set DISCORD_BOT_TOKEN.",
    4010: "Discord refuses our shard. This is a fault of Parley; please report it.",
    4011: "This bot is on more than 2,500 servers and Discord demands sharding, which Parley does not do yet. "
    "Take it off some servers, or split them over several bots.",
    4012: "Discord does not serve gateway version 10 any more. Update Parley.",
    4013: "Discord does not know an intent we ask for. Update Parley.",
    4014: "An intent is not switched on for this bot. Developer Portal, your application, Bot, Privileged Gateway "
    "Intents: switch on Message Content Intent.",
}
"""Close codes after which connecting again is pointless, each with what to do."""

NEW_SESSION_CLOSES = frozenset({1000, 1001, 4003, 4007, 4009})
"""Close codes after which the session cannot be resumed."""


class BadToken(Unreachable):
    """The bot's token is refused. Not Forbidden: what waits to be sent goes out once there is a good one."""


class Refused(Rejected):
    """Discord refuses this call; `code` is its error code, 0 if it gave none."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


class Barred(Forbidden):
    """We are not let in; `code` as in Refused."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


def mapped(status: int, code: int, message: str) -> AdapterError:
    """The error for an answer that is neither success nor 429; `code` and `message` are of its body, if it had any."""
    words = f"Discord answers {status}" + (f", {code}: {message[:200]}" if code or message else "")
    if status >= 500 or status == 408 or code in _LATER:
        return Unreachable(words)
    if status == 401 and not code:
        return BadToken(words)
    if status in (401, 403) or code in _NO_WAY_IN:
        return Barred(code, words)
    return Refused(code, words)


def code_of(error: AdapterError) -> int:
    """Discord's code of an error, 0 for one that has none."""
    return error.code if isinstance(error, Refused | Barred) else 0
