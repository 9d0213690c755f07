"""How much later the first word comes than from the model itself, with many conversations at once."""

from __future__ import annotations

from bench.outcome import Line, Scale, middle, share
from bench.processes import Child, Hub, load_settings, workplace

LIMIT = 25.0
FIRST, TOKEN = 0.2, 0.01
"""Pace of a real model, in seconds: to the first word, and from one token to the next."""
TEXT = "How does a message come from here to a model and back?"


def measure(scale: Scale) -> list[Line]:
    """One line. All ask at the same instant and again as soon as they are answered: the hardest way to be many."""
    added: list[float] = []
    through: list[float] = []
    alone: list[float] = []
    middles: list[float] = []
    strange: list[str] = []
    with Child("bench.standin", first=FIRST, token=TOKEN) as model, workplace() as folder:
        port = model.hear()["port"]
        with Hub(folder, load_settings(port)) as hub, Child("bench.visitors", port=hub.port) as visitors:
            visitors.ask(do="open", count=scale.talkers)
            visitors.ask(do="say", turns=1, together=scale.talkers, text=TEXT)
            for _ in range(scale.repeats):
                direct = visitors.ask(do="direct", port=port, count=scale.talkers, rounds=scale.rounds)["first"]
                said = visitors.ask(do="say", turns=scale.rounds, together=scale.talkers, text=TEXT)
                strange += said["strange"]
                through.append(share(said["first"], 0.99) * 1e3)
                alone.append(share(direct, 0.99) * 1e3)
                added.append(through[-1] - alone[-1])
                middles.append((middle(said["first"]) - middle(direct)) * 1e3)
    return [
        Line(
            f"first word, {scale.talkers} at once, p99",
            "ms",
            middle(through),
            middle(alone),
            "the model directly",
            middle(added),
            LIMIT,
            f"at most {LIMIT:g} ms added",
            broken=f"answers that were none: {strange[:3]}" if strange else "",
            notes=(
                "added at p99, each time: " + ", ".join(f"{ms:.1f} ms" for ms in added),
                "added at p50, each time: " + ", ".join(f"{ms:.1f} ms" for ms in middles),
            ),
        )
    ]
