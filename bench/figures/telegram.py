"""Telegram, from the webhook to the final message: messages a second, CPU of one, and time to the first visible word,
beside a bare aiohttp program that takes the webhook, reads the stream and calls sendMessage.
"""

from __future__ import annotations

from typing import Any

from bench.outcome import Line, Scale, middle, share
from bench.processes import Child, Hub, cpu_seconds, load_settings, workplace

RATE_LIMIT = 800 / 3_000
CPU_LIMIT = 4.0
FIRST_LIMIT = 60.0
FIRST, TOKEN = 0.2, 0.01
"""Pace of a real model, in seconds: to the first word, and from one token to the next."""
PEOPLE, RATE = 200, 30.0
TEXT = "How does a message come from here to a model and back?"
BARE = "a bare aiohttp bot"
SECRET = "bench-secret-of-32-characters-xx"
HOOK = {"path": "/hooks/telegram", "secret": SECRET}


def measure(scale: Scale) -> list[Line]:
    """Three lines: two of people who write as fast as they are answered, one of a steady pace."""
    return [*_load(scale), _first_word(scale)]


def settings(model: int, telegram: int) -> str:
    """A hub with one bot whose updates are pushed; no pace but its own."""
    return f"""{load_settings(model)}
[telegram]
token = "1:bench"
mode = "webhook"
webhook_secret = "{SECRET}"
api_base = "http://127.0.0.1:{telegram}"
pace = "off"
"""


def _load(scale: Scale) -> list[Line]:
    sides: dict[str, tuple[list[float], list[float]]] = {"hub": ([], []), "bare": ([], [])}
    strange: list[str] = []
    with Child("bench.standin") as model, Child("bench.telegram") as telegram, workplace() as folder:
        ports = {"model": model.hear()["port"], "telegram": telegram.hear()["port"]}
        with Child("bench.bare", **ports) as bare, Hub(folder, settings(**ports)) as hub:
            ways = {"hub": (hub.pid, hub.port), "bare": (bare.pid, bare.hear()["port"])}
            for number in range(scale.repeats + 1):
                for side, (pid, port) in ways.items():
                    before = cpu_seconds(pid)
                    said = _say(telegram, port, scale, text=TEXT)
                    strange += said["strange"]
                    if number:  # the first time warms both up
                        sides[side][0].append((cpu_seconds(pid) - before) / said["turns"] * 1e3)
                        sides[side][1].append(said["turns"] / said["seconds"])
    cpu, bare_cpu = (middle(sides[side][0]) for side in ("hub", "bare"))
    rate, bare_rate = (middle(sides[side][1]) for side in ("hub", "bare"))
    broken = "; ".join(strange[:3])
    times = ", ".join(
        f"{ours:.2f} and {theirs:.3f}" for ours, theirs in zip(*(sides[s][0] for s in sides), strict=True)
    )
    load = f"{scale.conversations} people, {scale.turns} messages each, median of {scale.repeats} times"
    return [
        Line("Telegram messages a second", "/s", rate, bare_rate, BARE, rate / bare_rate, RATE_LIMIT,
             f"at least {RATE_LIMIT:.2g} x", at_least=True, broken=broken, notes=(load,)),
        Line("CPU of a Telegram message", "ms", cpu, bare_cpu, BARE, cpu / bare_cpu, CPU_LIMIT,
             f"at most {CPU_LIMIT:g} x", broken=broken, notes=(f"ms each time, hub and bare: {times}",)),
    ]  # fmt: skip


def _say(telegram: Child, port: int, scale: Scale, **order: Any) -> Any:
    return telegram.ask(do="say", through=port, people=scale.conversations, turns=scale.turns, **HOOK, **order)


def _first_word(scale: Scale) -> Line:
    with (
        Child("bench.standin", first=FIRST, token=TOKEN) as model,
        Child("bench.telegram") as telegram,
        workplace() as folder,
    ):
        ports = {"model": model.hear()["port"], "telegram": telegram.hear()["port"]}
        with Hub(folder, settings(**ports)) as hub, Child("bench.visitors", port=hub.port) as visitors:
            said = telegram.ask(
                do="pace", through=hub.port, people=PEOPLE, rate=RATE, seconds=scale.seconds, text=TEXT, **HOOK
            )
            order = {"do": "direct", "port": ports["model"], "count": int(RATE), "within": 1.0}
            direct = visitors.ask(**order, rounds=scale.rounds)["first"]
    through, alone = share(said["first"], 0.99) * 1e3, share(direct, 0.99) * 1e3
    return Line(
        "first visible word on Telegram, p99",
        "ms",
        through,
        alone,
        "the model directly",
        through - alone,
        FIRST_LIMIT,
        f"at most {FIRST_LIMIT:g} ms added",
        broken="; ".join(said["strange"]),
        notes=(
            f"{RATE:g} messages a second from {PEOPLE} people for {scale.seconds:g} s; added {through - alone:.1f} ms",
        ),
    )
