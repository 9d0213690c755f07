"""An hour of busy chats on every platform, compressed: nothing refused for rate, lost or said twice, memory flat. And
what starting with every platform on costs.
"""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

from bench.outcome import BenchFailed, Line, Scale
from bench.processes import Child, Hub, cpu_seconds, load_settings, resident, workplace

SPEED = 20.0
"""The platforms' limits and our pace hold for a twentieth of their times: an hour lasts three minutes."""
PAUSE = 30.0
"""Seconds a person thinks before the next question, before compression."""
ROUNDS = 6
MEMORY_LIMIT = 1.1
CPU_LIMIT = 2.5
TROUBLES = ("refused", "lost", "doubled")


def measure(scale: Scale) -> list[Line]:
    """Three lines: the start, what went wrong, and how memory grew."""
    with (
        Child("bench.platforms", speed=SPEED) as platforms,
        Child("bench.standin", first=0.05, token=0.001) as model,
        workplace() as folder,
    ):
        settings = load_settings(model.hear()["port"]) + platforms.hear()["settings"]
        with Hub(folder, settings, "bench.compressed", BENCH_SPEED=str(SPEED)) as hub:
            cpu = _connected(hub)
            sizes: list[int] = []
            outcome: dict[str, Any] = {}
            for _ in range(ROUNDS):
                outcome = platforms.ask(seconds=scale.soak / SPEED / ROUNDS, pause=PAUSE / SPEED)
                sizes.append(resident(hub.pid))
    troubles = sum(found[trouble] for found in outcome.values() for trouble in TROUBLES)
    asked = sum(found["asked"] for found in outcome.values())
    notes = tuple(
        f"{name}: {found['asked']} answered; " + ", ".join(f"{found[trouble]} {trouble}" for trouble in TROUBLES)
        + f"; longest wait {found['longest']:.1f} s"
        for name, found in outcome.items()
    )  # fmt: skip
    grown = sizes[-1] / sizes[1]
    return [
        Line("start with every platform on, CPU", "s", cpu, None, "", cpu, CPU_LIMIT, f"at most {CPU_LIMIT:g} s"),
        Line(f"trouble in {asked} messages, all platforms", "", troubles, None, "", troubles, 0, "none", notes=notes,
             broken="" if asked else "nobody asked anything"),
        Line("memory over that hour", "MiB", sizes[-1] / 2**20, sizes[1] / 2**20, "after a third of it", grown,
             MEMORY_LIMIT, f"at most {MEMORY_LIMIT:g} x",
             notes=("MiB after each sixth: " + ", ".join(f"{size / 2**20:.1f}" for size in sizes),)),
    ]  # fmt: skip


def _connected(hub: Hub) -> float:
    """CPU seconds of the hub's process once every channel listens and two seconds have passed."""
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=5)
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        words = json.loads(answer.read())
        connection.close()
        if answer.status == 200 and {"telegram", "slack", "discord"} <= words["channels"].keys():
            time.sleep(2)
            return cpu_seconds(hub.pid)
        time.sleep(0.05)
    raise BenchFailed(f"the platforms are not listened to: {hub.words()}")
