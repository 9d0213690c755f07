"""CPU of a whole turn, and turns a second, beside only reading the same stream with aiohttp."""

from __future__ import annotations

from bench.outcome import Line, Scale, middle
from bench.processes import Child, Hub, cpu_seconds, load_settings, workplace

CPU_LIMIT = 8.0
RATE_LIMIT = 600 / 5_000
TEXT = "How does a message come from here to a model and back?"
BASELINE = "aiohttp reads the stream"


def measure(scale: Scale) -> list[Line]:
    """Two lines, of the same load."""
    costs: list[float] = []
    rates: list[float] = []
    reading: list[dict[str, float]] = []
    strange: list[str] = []
    with Child("bench.standin") as model, workplace() as folder:
        port = model.hear()["port"]
        with Hub(folder, load_settings(port)) as hub:
            for _ in range(scale.repeats):
                reading.append(_read(port, scale))
                with Child("bench.visitors", port=hub.port) as visitors:
                    visitors.ask(do="open", count=scale.conversations)
                    visitors.ask(do="say", turns=1, together=scale.conversations, text=TEXT)
                    before = cpu_seconds(hub.pid)
                    said = visitors.ask(do="say", turns=scale.turns, together=scale.conversations, text=TEXT)
                    costs.append((cpu_seconds(hub.pid) - before) / said["turns"] * 1e3)
                    rates.append(said["turns"] / said["seconds"])
                    strange += said["strange"]
    cpu, baseline = middle(costs), middle([one["cpu"] for one in reading]) * 1e3
    rate, reads = middle(rates), 1 / middle([one["seconds"] for one in reading])
    broken = f"answers that were none: {strange[:3]}" if strange else ""
    load = f"{scale.conversations} conversations at once, {scale.turns} turns each, median of {scale.repeats} times"
    times = [f"{cost:.2f} and {one['cpu'] * 1e3:.3f}" for cost, one in zip(costs, reading, strict=True)]
    spread = f"ms each time, hub and reader: {', '.join(times)}"
    return [
        Line("CPU of a whole turn", "ms", cpu, baseline, BASELINE, cpu / baseline, CPU_LIMIT,
             f"at most {CPU_LIMIT:g} x", broken=broken, notes=(load, spread)),
        Line("turns a second, one process", "/s", rate, reads, BASELINE, rate / reads, RATE_LIMIT,
             f"at least {RATE_LIMIT:g} x", at_least=True, broken=broken),
    ]  # fmt: skip


def _read(port: int, scale: Scale) -> dict[str, float]:
    with Child("bench.bare", port=port, together=scale.conversations, reads=scale.reads) as reader:
        answer: dict[str, float] = reader.hear()
    return answer
