"""What a figure says, and how much is measured for it. Knows numbers and words; must not know how they are measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


class BenchFailed(Exception):
    """A part of the bench did not do what it should; the message says which and what it wrote."""


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. `measured` and `baseline` in `unit`; `held` is what `limit` bounds (a ratio, or a value in `unit`).

    `limit` None: reported, not judged. `at_least`: the limit is a lower one. `broken`: something beside the number went
    wrong, which no number outweighs. `notes` stand under the line.
    """

    name: str
    unit: str
    measured: float
    baseline: float | None
    baseline_name: str
    held: float
    limit: float | None
    target: str
    at_least: bool = False
    broken: str = ""
    notes: tuple[str, ...] = ()

    @property
    def ratio(self) -> float | None:
        """Measured over baseline."""
        return self.measured / self.baseline if self.baseline else None

    @property
    def passed(self) -> bool | None:
        """Whether the target is reached; None when there is none."""
        if self.broken:
            return False
        if self.limit is None:
            return None
        return self.held >= self.limit if self.at_least else self.held <= self.limit

    @property
    def verdict(self) -> str:
        """PASS, MISS, or a dash."""
        return "-" if self.passed is None else "PASS" if self.passed else "MISS"


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured. `repeats`: times each measurement is made, the median counts; `conversations` talk at once.

    `turns`: messages of each of them. `reads`: streams the bare reader reads. `talkers` and `rounds`: conversations
    with a paced model and messages of each. `long` conversations of `length` messages fill the database, `fresh` ones
    are new; `together` of either talk at the same time. `streams` stay open while `sampled` of them are talked to.
    `random` turns meet faults, `kills` houses die. `seconds`: how long people write at a steady pace; `soak`: and all
    platforms' busy chats, before compression.
    """

    starts: int = 5
    repeats: int = 5
    conversations: int = 64
    turns: int = 20
    reads: int = 6_000
    talkers: int = 50
    rounds: int = 10
    long: int = 100
    length: int = 10_000
    fresh: int = 400
    together: int = 32
    streams: int = 10_000
    sampled: int = 500
    seconds: float = 20.0
    soak: float = 3_600.0
    random: int = 10_000
    kills: int = 10


FULL = Scale()
QUICK = Scale(1, 1, 8, 3, 200, 8, 2, 4, 400, 16, 4, 200, 20, 1.0, 240.0, 240, 1)
"""Small enough to see that everything works; the numbers mean little."""


def middle(values: Sequence[float]) -> float:
    """The median. Raises BenchFailed when nothing was measured."""
    if not values:
        raise BenchFailed("nothing was measured")
    return float(median(values))


def share(values: Sequence[float], part: float) -> float:
    """The value below which `part` (0 to 1) of `values` lie. Raises BenchFailed when nothing was measured."""
    if not values:
        raise BenchFailed("nothing was measured")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def number(value: float | None) -> str:
    """Three or four digits that matter."""
    if value is None:
        return "-"
    size = abs(value)
    if size >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if size < 100 else f"{value:.0f}"


def table(lines: Sequence[Line]) -> str:
    """All figures as text, one a line, notes below."""
    rows = [("figure", "measured", "baseline", "", "ratio", "target", "")]
    for line in lines:
        ratio = "-" if line.ratio is None else f"{line.ratio:.2f} x"
        measured, baseline = f"{number(line.measured)} {line.unit}", number(line.baseline)
        rows.append((line.name, measured, baseline, line.baseline_name, ratio, line.target, line.verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    shown: list[str] = []
    for index, row in enumerate(rows):
        shown.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if index:
            line = lines[index - 1]
            shown.extend(f"    {note}" for note in ((line.broken,) if line.broken else ()) + line.notes)
    return "\n".join(shown)
