"""Our errors as HTTP answers. Knows status codes and notice keys; must not know routes."""

from __future__ import annotations

from aiohttp import web

from adapters.web.wire.message import json_of
from hub.domain.errors import Busy, ForPerson, NotAllowed, QuotaExceeded, StoreDown, TooLarge
from hub.ports.house import House

STORE_RETRY = 5
"""Seconds after which a person's page tries again when the store is down."""


BY_KEY = {
    "bad_token": 401,
    "identity_required": 401,
    "bad_identity": 401,
    "unknown_site": 404,
    "no_such_file": 404,
    "unsupported_file": 415,
    "changed_key": 422,
    "not_ready": 503,
    "closing": 503,
    "slow_request": 408,
}
"""Statuses that say more than the kind of error does. A 401 tells the page to make a new session."""

BY_KIND: tuple[tuple[type[ForPerson], int], ...] = (
    (Busy, 429),
    (TooLarge, 413),
    (NotAllowed, 403),
    (QuotaExceeded, 402),
)
"""Everything else is a 400."""


def status_of(error: ForPerson) -> int:
    """The HTTP status for `error`."""
    by_kind = next((status for kind, status in BY_KIND if isinstance(error, kind)), 400)
    return BY_KEY.get(error.key, by_kind)


def answer(error: ForPerson | StoreDown | Exception, house: House, language: str) -> web.Response:
    """`{"error": {"key", "message"}}` in the person's language; nothing of what we did not mean to say is in it."""
    headers = {}
    if isinstance(error, ForPerson):
        status, key, arguments = status_of(error), error.key, dict(error.arguments)
        if isinstance(error, Busy):
            headers["Retry-After"] = str(error.after)
    elif isinstance(error, StoreDown):
        status, key, arguments = 503, "store_down", {}
        headers["Retry-After"] = str(STORE_RETRY)
    else:
        status, key, arguments = 500, "error", {}
    body = json_of({"error": {"key": key, "message": house.words(key, language, **arguments)}})
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)
