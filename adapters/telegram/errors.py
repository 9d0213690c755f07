"""Telegram's errors as ours, in one table. Knows statuses and descriptions; must not know who called.

An answer that is not ok carries a status, a description in English and perhaps parameters. The SDK's calls go over the
same wire, so that its exceptions need no table of their own.
"""

from __future__ import annotations

from hub.domain.errors import AdapterError, Forbidden, LeftBehind, RateLimited, Rejected, Unreachable

WAIT = 5.0
"""Seconds to wait after a 429 that does not say how long."""


class NotSent(Unreachable):
    """The call did not leave this machine: there was no connection."""


class BadToken(Unreachable):
    """The token is refused. Not Forbidden: what waits to be sent goes out once the operator has put in a good one."""


class Conflict(Unreachable):
    """Somebody else polls this bot, or its webhook is set."""


class NotModified(Rejected):
    """The edit changes nothing: what we wanted is on the screen already."""


class Gone(Rejected):
    """The message, topic or file is not there any more."""


class Moved(LeftBehind):
    """The group has become a supergroup; `chat` is its new id."""

    def __init__(self, chat: int) -> None:
        super().__init__("the group has become a supergroup")
        self.chat = chat


BY_WORDS: tuple[tuple[str, type[AdapterError]], ...] = (
    ("is not modified", NotModified),
    ("charge_already_refunded", NotModified),
    ("topic_not_modified", NotModified),
    ("to delete not found", Gone),
    ("to edit not found", Gone),
    ("message_id_invalid", Gone),
    ("message thread not found", Gone),
    ("topic_deleted", Gone),
    ("chat not found", Forbidden),
    ("user not found", Forbidden),
    ("user is deactivated", Forbidden),
    ("peer_id_invalid", Forbidden),
    ("bot was kicked", Forbidden),
    ("bot is not a member", Forbidden),
    ("not enough rights", Forbidden),
    ("no rights", Forbidden),
    ("write_forbidden", Forbidden),
    ("restricted", Forbidden),
    ("topic_closed", Forbidden),
    ("group chat was deactivated", Forbidden),
)
"""What a refusal's description holds, in small letters; everything else with a 400 is Rejected."""

BY_STATUS: dict[int, type[AdapterError]] = {
    400: Rejected,
    401: BadToken,
    403: Forbidden,
    404: BadToken,
    409: Conflict,
    413: Rejected,
}
"""Everything else is Unreachable: the same call may succeed later."""


def refusal(status: int, description: str, retry_after: float | None, moved_to: int | None) -> AdapterError:
    """What a refused call raises. `retry_after` in seconds."""
    if status == 429:
        return RateLimited(WAIT if retry_after is None else max(float(retry_after), 0.0))
    if moved_to is not None:
        return Moved(moved_to)
    kind = BY_STATUS.get(status, Unreachable)
    if status in (400, 403):
        small = description.lower()
        kind = next((kind for words, kind in BY_WORDS if words in small), kind)
    return kind(description or f"status {status}")
