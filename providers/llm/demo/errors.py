"""The demo's errors. Knows the only one there is without a vendor or a network: being asked nothing; must not know
topics.
"""

from __future__ import annotations

from hub.domain.errors import Refused

NOTHING_ASKED = "there is no message to answer"


def nothing_asked(name: str) -> Refused:
    """The error for a request without messages, as vendors refuse it too."""
    return Refused(f"{name}: {NOTHING_ASKED}")
