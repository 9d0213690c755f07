"""Scrubbing of text that goes to a log or a screen. Knows secrets' values and shapes; must not know settings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote

HIDDEN = "[secret]"

SHORTEST = 4
"""Shorter values are not scrubbed: they stand inside ordinary words."""

_SHAPES = re.compile(
    r"(?<![\w-])(?:bot)?\d{6,12}:[\w-]{35}"  # Telegram
    r"|xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}"  # Slack
    r"|(?<![\w-])(?:sk|rk|pk)[-_][\w-]{12,}"  # OpenAI, Anthropic, DeepSeek, Stripe and many more
    r"|whsec_[\w+/=-]{8,}"  # Stripe webhooks
    r"|AIza[\w-]{20,}"  # Google
    r"|(?<=/pay/)[\w-]{16,}"  # links to pay, which lead whoever has them
    r"|(?<![\w.-])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}"  # Discord
    r"|(?<=[Bb]earer )[\w.~+/=-]{12,}"  # whatever stands in an Authorization header
    r"|(?<=://)[^\s/:@]*:[^\s/@]+(?=@)"  # user and password inside an address
)


class Scrubber:
    """Replaces every known secret value and everything that looks like a token by `[secret]`."""

    def __init__(self) -> None:
        self._values: re.Pattern[str] | None = None

    def learn(self, secrets: Iterable[str]) -> None:
        """Scrub these values from now on (and no longer the ones learned before)."""
        spelled = {spelling for secret in secrets if len(secret) >= SHORTEST for spelling in _spellings(secret)}
        worth = sorted(spelled, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, worth))) if worth else None

    def __call__(self, text: str) -> str:
        """`text` without secrets."""
        if self._values is not None:
            text = self._values.sub(HIDDEN, text)
        return _SHAPES.sub(HIDDEN, text)


def _spellings(secret: str) -> set[str]:
    """A secret as text, and as it looks inside a repr, JSON or an address."""
    return {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], quote(secret, safe="")}


SCRUB = Scrubber()
"""The one scrubber of the process; the log and the command line pass everything through it."""
