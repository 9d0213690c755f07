"""Checks of what is spent: which ceilings were met lately. Knows the note about them; must not know any balance."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hub.core.money.guard import NOTE, read_note
from hub.domain.windows import day_of
from hub.ports.platforms import Notes
from hub.runtime.doctor.finding import Finding, warning, well

MOST = 5
"""So many are named, the newest."""


async def look_at_spending(notes: Notes, now: int) -> AsyncIterator[Finding]:
    """Ceilings that were met today, and those of the days before. Raises StoreDown."""
    lines = read_note(await notes.read_note(*NOTE))
    today = [line for line in lines if line["day"] == day_of(now)]
    if today:
        named = ", ".join(f"{line['scope']} ({line['outcome']})" for line in today[-MOST:])
        yield warning(
            "spending", f"ceilings met today: {named}", "Raise them in [spending], or wait until midnight UTC."
        )
    elif lines:
        yield well("spending", f"no ceiling met today; the last one was {lines[-1]['scope']} on {lines[-1]['day']}")
