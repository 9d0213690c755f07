"""Ten thousand open event streams: what each weighs, whether all live, and how soon somebody among them is answered."""

from __future__ import annotations

import time

from bench.outcome import Line, Scale, share
from bench.processes import Child, Hub, load_settings, resident, workplace

SIZE_LIMIT = 25.0
WAIT_LIMIT = 100.0
KIB = 1024
SETTLE = 2.0
FEW = 32
"""Streams opened and answered before the scales are set to zero, and messages on their way at the same time."""
TEXT = "How does a message come from here to a model and back?"


def measure(scale: Scale) -> list[Line]:
    """Two lines: memory of a stream, and p99 from sending a message to its whole answer on the stream."""
    with Child("bench.standin") as model, workplace() as folder:
        settings = load_settings(model.hear()["port"])
        with Hub(folder, settings) as hub, Child("bench.visitors", port=hub.port) as visitors:
            visitors.ask(do="open", count=FEW)
            alone = visitors.ask(do="say", turns=10, together=FEW, text=TEXT)["whole"]
            before = resident(hub.pid)
            visitors.ask(do="open", count=scale.streams - FEW)
            time.sleep(SETTLE)
            each = (resident(hub.pid) - before) / (scale.streams - FEW) / KIB
            said = visitors.ask(do="some", count=scale.sampled, together=FEW, text=TEXT)
            seen = visitors.ask(do="look")
            after = (resident(hub.pid) - before) / (scale.streams - FEW) / KIB
    lost = scale.streams - seen["open"]
    unanswered = seen["said"] - seen["answers"]
    broken = f"{lost} streams and {unanswered} answers are lost" if lost or unanswered else ""
    p99 = share(said["whole"], 0.99) * 1e3
    name = f"{scale.streams:,} open streams"
    return [
        Line(f"{name}, memory of each", "KiB", each, _bare(scale), "a bare aiohttp stream", each, SIZE_LIMIT,
             f"at most {SIZE_LIMIT:g} KiB", broken=broken,
             notes=(f"{seen['open']:,} open at the end, {seen['answers']:,} of {seen['said']:,} messages answered; "
                    f"{after:.1f} KiB each then",)),
        Line(f"{name}, a message to one, p99", "ms", p99, share(alone, 0.99) * 1e3, f"with {FEW} streams open", p99,
             WAIT_LIMIT, f"under {WAIT_LIMIT:g} ms", broken=broken),
    ]  # fmt: skip


def _bare(scale: Scale) -> float:
    """KiB of a stream in a server that does nothing else."""
    with Child("bench.bare") as server, Child("bench.visitors", port=server.hear()["port"]) as visitors:
        visitors.ask(do="open", count=FEW)
        before = resident(server.pid)
        visitors.ask(do="open", count=scale.streams - FEW)
        time.sleep(SETTLE)
        return (resident(server.pid) - before) / (scale.streams - FEW) / KIB
