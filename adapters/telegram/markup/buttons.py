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


def _pressed(button: Button) -> dict[str, str] | None:
    """What a press does: opens the page, or sends the command call; None when that does not fit."""
    if button.url:
        # Telegram refuses a message with a link to "localhost", and takes the address that it stands for.
        return {"url": button.url.replace("://localhost", "://127.0.0.1", 1)}
    payload = f"{button.command} {button.argument}".strip()
    return {"callback_data": payload} if len(payload.encode()) <= PAYLOAD else None


def keyboard(buttons: Sequence[Button]) -> dict[str, Any] | None:
    """The reply_markup of `buttons`."""
    rows: list[list[dict[str, str]]] = []
    filled = ROW
    for button in buttons:
        pressed, label = _pressed(button), clean(button.label).strip()
        if not label or pressed is None:
            continue
        if filled + len(label) > ROW:
            rows.append([])
            filled = 0
        rows[-1].append({"text": label} | pressed)
        filled += len(label) + 2
    return {"inline_keyboard": rows} if rows else None
