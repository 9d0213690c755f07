"""`/v1` with key, budget and ledger beside a gateway that only passes bytes on; how much later the first word comes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from bench.outcome import BenchFailed, Line, Scale, middle, share
from bench.processes import Child, Hub, cpu_seconds, environment, workplace
from hub.domain.money import NewGrant, Source, Unit
from storage.store import open_store

CPU_LIMIT = 4.0
RATE_LIMIT = 900 / 3_800
ADDED_LIMIT = 25.0
TOGETHER = 32
CREDIT = 10**12
"""Micro-dollars: it never ends."""
FIRST, TOKEN = 0.2, 0.01
"""Pace of a real model, in seconds: to the first word, and from one token to the next."""
TURN = 0.6
"""Seconds an answer takes at that pace: callers begin at moments of their own within it."""
BASELINE = "bare aiohttp gateway"


def settings(model_port: int) -> str:
    """A hub whose one model costs money: every call holds and settles."""
    return f"""
[database]
synchronous = "FULL"

[providers.bench]
kind = "openai-compatible"
base_url = "http://127.0.0.1:{model_port}/v1"

[[models]]
name = "bench"
provider = "bench"
price_input = 1.0
price_output = 2.0

[routing]
default = "bench"
"""


def furnish(folder: Path, model_port: int) -> str:
    """An account with credit and a key with a budget, by the commands an operator would use; the key."""
    (folder / "settings.toml").write_text(settings(model_port), encoding="utf-8")
    account = json.loads(_parley(folder, "accounts", "create", "Bench", "--json"))["id"]
    asyncio.run(_give(folder, account))
    made = _parley(
        folder, "keys", "create", "--account", str(account), "--budget", "900000/month", "--per-minute", "1000000",
        "--json",
    )  # fmt: skip
    return str(json.loads(made)["key"])


async def _give(folder: Path, account: int) -> None:
    store = await open_store(f"sqlite+aiosqlite:///{folder / 'parley.db'}")
    await store.grant(1, NewGrant("bench", account, Unit.MICRO, CREDIT, Source.GIFT))
    await store.close()


def _parley(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "hub", *arguments], cwd=folder, env=environment(), capture_output=True, text=True
    )
    if done.returncode:
        raise BenchFailed(f"parley {arguments[0]} {arguments[1]}: {done.stderr.strip()}")
    return done.stdout


def measure(scale: Scale) -> list[Line]:
    """Three lines: CPU and rate of the same load, then the time to the first word."""
    return [*_load(scale), _first_word(scale)]


def _load(scale: Scale) -> list[Line]:
    calls = scale.reads // 2
    costs: dict[str, list[float]] = {"hub": [], "gateway": []}
    rates: dict[str, list[float]] = {"hub": [], "gateway": []}
    strange: list[str] = []
    with Child("bench.standin") as model, workplace() as folder, Child("bench.callers") as callers:
        port = model.hear()["port"]
        key = furnish(folder, port)
        with Hub(folder) as hub, Child("bench.bare", behind=port) as gateway:
            ports = {"hub": (hub.port, hub.pid), "gateway": (gateway.hear()["port"], gateway.pid)}
            for turn in range(scale.repeats + 1):
                for name, (where, pid) in ports.items():
                    before = cpu_seconds(pid)
                    made = calls if turn else max(TOGETHER, calls // 10)
                    said = callers.ask(port=where, key=key, together=TOGETHER, calls=made, within=0)
                    strange += said["strange"]
                    if turn:
                        costs[name].append((cpu_seconds(pid) - before) / made * 1e3)
                        rates[name].append(made / said["seconds"])
    cpu, base = middle(costs["hub"]), middle(costs["gateway"])
    rate, base_rate = middle(rates["hub"]), middle(rates["gateway"])
    broken = f"answers that were none: {strange[:3]}" if strange else ""
    load = f"{TOGETHER} callers at once, {calls} calls each time, median of {scale.repeats} times, one after the other"
    pairs = zip(costs["hub"], costs["gateway"], strict=True)
    spread = f"ms each time, hub and gateway: {', '.join(f'{ours:.2f} and {bare:.3f}' for ours, bare in pairs)}"
    return [
        Line("CPU of a call of /v1", "ms", cpu, base, BASELINE, cpu / base, CPU_LIMIT,
             f"at most {CPU_LIMIT:g} x", broken=broken, notes=(load, spread)),
        Line("calls of /v1 a second, one process", "/s", rate, base_rate, BASELINE, rate / base_rate, RATE_LIMIT,
             f"at least {RATE_LIMIT:.3f} x", at_least=True, broken=broken),
    ]  # fmt: skip


def _first_word(scale: Scale) -> Line:
    added: list[float] = []
    ours: list[float] = []
    alone: list[float] = []
    strange: list[str] = []
    calls = TOGETHER * scale.rounds
    with (
        Child("bench.standin", first=FIRST, token=TOKEN) as model,
        workplace() as folder,
        Child("bench.callers") as callers,
    ):
        port = model.hear()["port"]
        key = furnish(folder, port)
        with Hub(folder) as hub:
            callers.ask(port=hub.port, key=key, together=TOGETHER, calls=TOGETHER, within=0)
            for _ in range(scale.repeats):
                order = {"key": key, "together": TOGETHER, "calls": calls, "within": TURN}
                direct = callers.ask(port=port, **order)
                through = callers.ask(port=hub.port, **order)
                strange += through["strange"]
                alone.append(share(direct["first"], 0.99) * 1e3)
                ours.append(share(through["first"], 0.99) * 1e3)
                added.append(ours[-1] - alone[-1])
    return Line(
        f"first word of /v1, {TOGETHER} at once, p99", "ms", middle(ours), middle(alone), "the model directly",
        middle(added), ADDED_LIMIT, f"at most {ADDED_LIMIT:g} ms added",
        broken=f"answers that were none: {strange[:3]}" if strange else "",
        notes=("added at p99, each time: " + ", ".join(f"{ms:.1f} ms" for ms in added),),
    )  # fmt: skip
