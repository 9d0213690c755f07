"""A part as Discord takes it. Knows message fields, buttons and nonces; must not know channels or calls."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

from adapters.discord.markup import render
from adapters.discord.markup.line import GAP
from adapters.discord.parse.inbound import custom_id
from hub.domain.reply import Button, Part

SUPPRESS_EMBEDS = 4
"""Message flag: no previews of links, which nobody asked for and a model must not cause."""

NOBODY: dict[str, list[str]] = {"parse": []}
"""Whom a message may ping: no one, whatever it says."""

ROWS, ROW = 5, 5
"""Rows of buttons under a message, and buttons in one."""

LABEL_LIMIT = 80
ACTION_ROW, BUTTON, SECONDARY, LINK = 1, 2, 2, 5


def shown(part: Part) -> dict[str, Any]:
    """The fields of a message that shows `part`; the same for sending and editing."""
    fields: dict[str, Any] = {
        "content": render(part.text) or ("" if part.file else GAP),
        "flags": SUPPRESS_EMBEDS,
        "allowed_mentions": NOBODY,
        "components": rows(part.buttons),
    }
    if part.file is not None:
        fields["attachments"] = [{"id": "0", "filename": part.file.name}]
    return fields


def rows(buttons: Iterable[Button]) -> list[dict[str, Any]]:
    """Buttons in rows; one whose call does not fit, or stands there already, is left out."""
    made: dict[str, dict[str, Any]] = {}
    for button in buttons:
        name = button.url or custom_id(button.command, button.argument)
        if name and button.label.strip() and name not in made:
            does = {"style": LINK, "url": name} if button.url else {"style": SECONDARY, "custom_id": name}
            made[name] = {"type": BUTTON, "label": button.label[:LABEL_LIMIT], **does}
    all_of_them = list(made.values())[: ROWS * ROW]
    return [
        {"type": ACTION_ROW, "components": all_of_them[start : start + ROW]}
        for start in range(0, len(all_of_them), ROW)
    ]


def differs(message: Any, body: dict[str, Any]) -> bool:
    """Whether a message that Discord gave back shows something else than `body` asked for."""
    same_words = str(message.get("content", "")).strip() == body["content"].strip()
    return not same_words or _names(message.get("components") or []) != _names(body["components"])


def _names(made: list[dict[str, Any]]) -> list[str]:
    return [str(part.get("custom_id") or part.get("url")) for row in made for part in row.get("components", ())]


def nonce(secret: bytes, channel: str, key: str) -> str:
    """24 letters that are the same for the same part and for no other, in no other house either."""
    digest = hashlib.blake2b(f"{channel} {key}".encode(), key=secret, digest_size=18).digest()
    return base64.urlsafe_b64encode(digest).decode()
