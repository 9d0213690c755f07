"""How long answers usually are. Knows a running measure per model; must not know what a token costs."""

from __future__ import annotations

LEAST = 512
"""Tokens: what an answer of any model may take, whatever its answers took lately."""

BEGIN = (300.0, 75.0)
"""Length and spread of a model that nobody has asked yet."""

WEIGHT = 1 / 8
"""How much the newest answer counts (RFC 6298 smooths its times with the same)."""


class Usual:
    """A smoothed length and spread for each model, in this process alone."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, float]] = {}

    def learn(self, model: str, tokens: int) -> None:
        """An answer of `model` took `tokens`."""
        length, spread = self._known.get(model, BEGIN)
        away = tokens - length
        self._known[model] = length + WEIGHT * away, spread + WEIGHT * (abs(away) - spread)

    def most(self, model: str) -> int:
        """Tokens that nearly no answer of `model` goes beyond: twice its length and four times the spread."""
        length, spread = self._known.get(model, BEGIN)
        return max(LEAST, int(2 * length + 4 * spread))
