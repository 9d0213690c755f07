"""What metering costs: the CPU of a turn that is held and charged, beside the same turn of a free model."""

from __future__ import annotations

from contextlib import ExitStack

from bench.figures.turn import TEXT
from bench.outcome import Line, Scale, middle
from bench.processes import Child, Hub, cpu_seconds, load_settings, workplace

SHARE_LIMIT = 0.15
BASELINE = "the same with a free model"

PRICED = """price_input = 1.0
price_output = 4.0"""
PLAN = """
[plans.free]
allowance = 1000
"""


def measure(scale: Scale) -> list[Line]:
    """One line. Both hubs run the whole time and are loaded in turn, each first once in two."""
    costs: dict[str, list[float]] = {"free": [], "metered": []}
    strange: list[str] = []
    with Child("bench.standin") as model, ExitStack() as hubs:
        settings = load_settings(model.hear()["port"])
        both = {
            "free": hubs.enter_context(Hub(hubs.enter_context(workplace()), settings)),
            "metered": hubs.enter_context(
                Hub(hubs.enter_context(workplace()), settings.replace("free = true", PRICED) + PLAN)
            ),
        }
        for repeat in range(scale.repeats):
            for name in sorted(both, reverse=bool(repeat % 2)):
                cost, odd = _load(both[name], scale)
                costs[name].append(cost)
                strange += odd
    metered, free = middle(costs["metered"]), middle(costs["free"])
    shares = [(ours - theirs) / ours for ours, theirs in zip(costs["metered"], costs["free"], strict=True)]
    broken = f"answers that were none: {strange[:3]}" if strange else ""
    load = f"{scale.conversations} conversations at once, {scale.turns} turns each, median of {scale.repeats} times"
    spread = f"share each time: {', '.join(f'{share:.1%}' for share in shares)}"
    return [
        Line("metering's share of a turn's CPU", "ms", metered, free, BASELINE, middle(shares), SHARE_LIMIT,
             f"at most {SHARE_LIMIT:.0%} of it", broken=broken, notes=(load, spread)),
    ]  # fmt: skip


def _load(hub: Hub, scale: Scale) -> tuple[float, list[str]]:
    """CPU of a turn in milliseconds, and what was no answer."""
    with Child("bench.visitors", port=hub.port) as visitors:
        visitors.ask(do="open", count=scale.conversations)
        visitors.ask(do="say", turns=1, together=scale.conversations, text=TEXT)
        before = cpu_seconds(hub.pid)
        said = visitors.ask(do="say", turns=scale.turns, together=scale.conversations, text=TEXT)
        return (cpu_seconds(hub.pid) - before) / said["turns"] * 1e3, said["strange"]
