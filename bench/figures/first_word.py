"""How much later the first word comes than from the model itself, with many conversations at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.outcome import Line, Scale, middle, share
from bench.processes import Child, Hub, load_settings, workplace

LIMIT = 25.0
FIRST, TOKEN = 0.2, 0.01
"""Pace of a real model, in seconds: to the first word, and from one token to the next."""
TURN = 0.6
"""Seconds a turn takes at that pace: conversations begin at moments of their own within it, as people do."""
TEXT = "How does a message come from here to a model and back?"


@dataclass
class _Waits:
    """Milliseconds to the first word at p99, and the difference at p50, each time."""

    within: float
    through: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    middles: list[float] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)

    def measure(self, visitors: Child, port: int, scale: Scale) -> None:
        """Once directly, once through the hub."""
        order = {"within": self.within}
        direct = visitors.ask(do="direct", port=port, count=scale.talkers, rounds=scale.rounds, **order)["first"]
        said = visitors.ask(do="say", turns=scale.rounds, together=scale.talkers, text=TEXT, **order)
        self.strange += said["strange"]
        self.through.append(share(said["first"], 0.99) * 1e3)
        self.alone.append(share(direct, 0.99) * 1e3)
        self.middles.append((middle(said["first"]) - middle(direct)) * 1e3)

    def line(self, name: str) -> Line:
        """The median of each."""
        added = [through - alone for through, alone in zip(self.through, self.alone, strict=True)]
        return Line(
            name,
            "ms",
            middle(self.through),
            middle(self.alone),
            "the model directly",
            middle(added),
            LIMIT,
            f"at most {LIMIT:g} ms added",
            broken=f"answers that were none: {self.strange[:3]}" if self.strange else "",
            notes=(
                "added at p99, each time: " + ", ".join(f"{ms:.1f} ms" for ms in added),
                "added at p50, each time: " + ", ".join(f"{ms:.1f} ms" for ms in self.middles),
            ),
        )


def measure(scale: Scale) -> list[Line]:
    """Two lines, both judged: many who begin when they like, and all at one instant, the hardest way to be many."""
    own, one = _Waits(TURN), _Waits(0.0)
    with Child("bench.standin", first=FIRST, token=TOKEN) as model, workplace() as folder:
        port = model.hear()["port"]
        with Hub(folder, load_settings(port)) as hub, Child("bench.visitors", port=hub.port) as visitors:
            visitors.ask(do="open", count=scale.talkers)
            visitors.ask(do="say", turns=1, together=scale.talkers, text=TEXT)
            for _ in range(scale.repeats):
                own.measure(visitors, port, scale)
                one.measure(visitors, port, scale)
    return [
        own.line(f"first word, {scale.talkers} at once, p99"),
        one.line("... and all at one instant"),
    ]
