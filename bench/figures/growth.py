"""A turn in a long conversation of a full database, beside a turn in an empty conversation of an empty one."""

from __future__ import annotations

from pathlib import Path

from bench.fill import fill
from bench.outcome import BenchFailed, Line, Scale, middle
from bench.processes import Child, Hub, cpu_seconds, load_settings, workplace

LIMIT = 1.3
TEXT = "How does a message come from here to a model and back?"
ROUNDS = 2
"""Short and often: a machine that is slow for some seconds is so for both sides."""
WARM_UP = 3
"""Turns of each long conversation before the first measured one: a hub that just started has nothing in its caches."""
GREETING = "/help"
"""Makes account, address and conversation and leaves the conversation empty, so that a first turn is only a turn."""


def measure(scale: Scale) -> list[Line]:
    """One line; the limits of the window and summaries are the default ones on both sides."""
    with Child("bench.standin") as model:
        settings = load_settings(model.hear()["port"])
        with workplace() as empty, workplace() as full:
            with Hub(full, settings) as hub:
                tokens = _greet(hub, scale.long, scale.together)["tokens"]
            messages = fill(_database(full), scale.length)
            longs: list[float] = []
            fresh: list[float] = []
            with Hub(empty, settings) as small, Hub(full, settings) as large, _again(large, tokens) as visitors:
                turns = max(1, scale.fresh // scale.long)
                _cost(large, visitors, WARM_UP, scale.together)
                for _ in range(ROUNDS * scale.repeats):
                    longs.append(_cost(large, visitors, turns, scale.together))
                    with Child("bench.visitors", port=small.port) as strangers:
                        strangers.ask(do="open", count=scale.fresh)
                        strangers.ask(do="say", turns=1, together=scale.together, text=GREETING)
                        fresh.append(_cost(small, strangers, 1, scale.together))
    cost, baseline = middle(longs), middle(fresh)
    times = [f"{long:.2f} and {new:.2f}" for long, new in zip(longs, fresh, strict=True)]
    return [
        Line(
            "CPU of a turn after years of talk",
            "ms",
            cost,
            baseline,
            "empty conversation, empty database",
            cost / baseline,
            LIMIT,
            f"within {LIMIT} x",
            notes=(
                f"{scale.long} conversations of {scale.length:,} messages, {messages:,} in all",
                f"ms each time, long and empty: {', '.join(times)}; the median counts",
            ),
        )
    ]


def _database(folder: Path) -> Path:
    file = folder / "parley.db"
    if not file.is_file():
        raise BenchFailed("the hub made no parley.db")
    return file


def _greet(hub: Hub, count: int, together: int) -> dict[str, list[str]]:
    with Child("bench.visitors", port=hub.port) as visitors:
        opened: dict[str, list[str]] = visitors.ask(do="open", count=count)
        visitors.ask(do="say", turns=1, together=together, text=GREETING)
    return opened


def _again(hub: Hub, tokens: list[str]) -> Child:
    """The same people as before, back with their sessions."""
    visitors = Child("bench.visitors", port=hub.port)
    visitors.ask(do="open", count=len(tokens), tokens=tokens)
    return visitors


def _cost(hub: Hub, visitors: Child, turns: int, together: int) -> float:
    """Milliseconds of CPU a turn."""
    before = cpu_seconds(hub.pid)
    said = visitors.ask(do="say", turns=turns, together=together, text=TEXT)
    if said["strange"]:
        raise BenchFailed(f"answers that were none: {said['strange']}")
    return (cpu_seconds(hub.pid) - before) / float(said["turns"]) * 1e3
