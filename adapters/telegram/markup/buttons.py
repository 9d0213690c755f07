"""Buttons as an inline keyboard. Knows labels, rows and the payload's limit; must not know what a press does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.domain.reply import Button
from hub.text.clean import clean

PAYLOAD = 64
"""Bytes of callback_data; a button that needs more is left out."""

ROW = 26
"""Characters of labels that a phone shows in one row."""


def keyboard(buttons: Sequence[Button]) -> dict[str, Any] | None:
    """The reply_markup of `buttons`; the payload is the command call."""
    rows: list[list[dict[str, str]]] = []
    filled = ROW
    for button in buttons:
        payload = f"{button.command} {button.argument}".strip()
        label = clean(button.label).strip()
        if not label or len(payload.encode()) > PAYLOAD:
            continue
        if filled + len(label) > ROW:
            rows.append([])
            filled = 0
        rows[-1].append({"text": label, "callback_data": payload})
        filled += len(label) + 2
    return {"inline_keyboard": rows} if rows else None
