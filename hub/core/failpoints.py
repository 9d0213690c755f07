"""Places where a test may kill the process. Knows their names; must not do anything outside of test runs.

A failpoint fires when `PARLEY_TESTING=1` and `PARLEY_FAILPOINT=<name>` (or `<name>:<n>` for its n-th passing) are set.
"""

from __future__ import annotations

import os
import signal

FAILPOINTS = (
    "after_inbox_commit",
    "after_start",
    "after_attempt",
    "after_shown",
    "after_first_frame",
    "after_provider",
    "before_finish",
    "after_finish",
    "after_send",
    "after_delivered",
)
"""In the order in which a turn passes them."""

MAIL_FAILPOINTS = ("after_mail",)
"""Passed by an e-mail."""

PAYMENT_FAILPOINTS = ("after_payment_event", "after_payment_applied", "after_payment_resumed")
"""In the order in which a payment passes them."""


def _armed() -> tuple[str, int]:
    if os.environ.get("PARLEY_TESTING") != "1":
        return "", 0
    name, _, count = os.environ.get("PARLEY_FAILPOINT", "").partition(":")
    return name, int(count or 1)


_name, _left = _armed()


def failpoint(name: str) -> None:
    """Kill this process as hard as a power cut would, if `name` is armed and its turn has come."""
    global _left
    if name != _name:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
