"""What the house counts about itself. Knows counters and histograms in memory; must not know how they are shown."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Upper bounds of histogram buckets, in seconds."""


class Counter:
    """Grows; one number per label value."""

    kind = "counter"

    def __init__(self, name: str, describe: str, label: str = "") -> None:
        self.name, self.describe, self.label = name, describe, label
        self._values: dict[str, int] = {}
        _ALL.append(self)

    def add(self, value: str = "", by: int = 1) -> None:
        """Count `by` more under label value `value`."""
        self._values[value] = self._values.get(value, 0) + by

    def samples(self) -> Iterator[tuple[str, dict[str, str], float]]:
        """(name suffix, labels, value) for every number."""
        for value, count in (self._values or ({} if self.label else {"": 0})).items():
            yield "", ({self.label: value} if self.label else {}), count


class Histogram:
    """Durations in seconds, in the buckets of SECONDS."""

    kind = "histogram"

    def __init__(self, name: str, describe: str) -> None:
        self.name, self.describe = name, describe
        self._buckets = [0] * (len(SECONDS) + 1)
        self._sum = 0.0
        _ALL.append(self)

    def observe(self, seconds: float) -> None:
        """Count one duration."""
        self._buckets[bisect_left(SECONDS, seconds)] += 1
        self._sum += seconds

    def samples(self) -> Iterator[tuple[str, dict[str, str], float]]:
        """(name suffix, labels, value): cumulative buckets, sum and count."""
        total = 0
        for bound, count in zip((*SECONDS, float("inf")), self._buckets, strict=True):
            total += count
            yield "_bucket", {"le": "+Inf" if bound == float("inf") else f"{bound:g}"}, total
        yield "_sum", {}, self._sum
        yield "_count", {}, total


_ALL: list[Counter | Histogram] = []

ACCEPTED = Counter("parley_inbound_total", "Inbounds committed to the inbox", "platform")
REPEATED = Counter("parley_inbound_repeated_total", "Redeliveries that wrote nothing", "platform")
TURNS = Counter("parley_turns_total", "Turns brought to an end, by final state", "state")
ATTEMPTS = Counter("parley_attempts_total", "Calls to models, by how they ended", "state")
TOKENS = Counter("parley_tokens_total", "Tokens of ended attempts", "kind")
CHARGED = Counter("parley_charged_microdollars_total", "What ended attempts cost by our prices", "model")
GUARD = Counter(
    "parley_spending_guard_total", "Calls that met a ceiling of [spending], by what became of them", "outcome"
)
UNCOVERED = Counter("parley_uncovered_total", "Turns that no balance covered", "plan")
DELIVERIES = Counter("parley_deliveries_total", "Outbox items, by what became of them", "outcome")
PAYMENTS = Counter("parley_payment_events_total", "What gateways told of payments, by what became of it", "outcome")
JOBS = Counter("parley_job_runs_total", "Runs of jobs, by the state they left their slot in", "state")
FAILED_JOBS = Counter("parley_job_failures_total", "Runs of jobs that failed, to be tried again or for good", "job")
MAILS = Counter("parley_mails_total", "Tries to send a mail, by what became of them", "outcome")
FIRST_WORD = Histogram("parley_first_word_seconds", "From a call to a model to its first word")
TURN_SECONDS = Histogram("parley_turn_seconds", "From taking a turn to its end")


def snapshot() -> list[tuple[str, str, str, dict[str, str], float]]:
    """(name, type, help, labels, value) for every number; histograms as their Prometheus series."""
    return [
        (metric.name + suffix, metric.kind, metric.describe, labels, value)
        for metric in _ALL
        for suffix, labels, value in metric.samples()
    ]
