"""The demo's errors: it has no vendor and no network, so the only one is being asked nothing."""

from __future__ import annotations

from hub.domain.errors import Refused

NOTHING_ASKED = "there is no message to answer"


def nothing_asked(name: str) -> Refused:
    """The error for a request without messages, as vendors refuse it too."""
    return Refused(f"{name}: {NOTHING_ASKED}")
