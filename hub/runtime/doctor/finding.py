"""What a check found. Knows levels and words; must not check anything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How bad; the worst one is the exit code of `parley doctor`."""

    WELL = 0
    WARNING = 1
    ERROR = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` names what was looked at, `says` what is, `mend` what to do about it (empty when well)."""

    check: str
    level: Level
    says: str
    mend: str = ""


def well(check: str, says: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Level.WELL, says)


def warning(check: str, says: str, mend: str) -> Finding:
    """Works, and should be looked at."""
    return Finding(check, Level.WARNING, says, mend)


def error(check: str, says: str, mend: str) -> Finding:
    """Does not work."""
    return Finding(check, Level.ERROR, says, mend)
