"""What the doctor says of the database's server, of its copies, and of processes that cannot hear each other."""

import asyncio
from collections.abc import Callable

import pytest

from hub.runtime.doctor.database import OLD_BACKUP_DAYS, look_at_backups, look_at_hints, look_at_server
from hub.runtime.doctor.finding import Level

DAY = 86_400


@pytest.mark.parametrize(("version", "level"), [((13, 22), Level.WARNING), ((14, 0), Level.WELL), ((18,), Level.WELL)])
def test_an_old_server_is_named(version: tuple[int, ...], level: Level) -> None:
    found = look_at_server(version)
    assert found.level is level
    assert ".".join(map(str, version)) in found.says
    assert bool(found.mend) is (level is Level.WARNING)


@pytest.mark.parametrize(
    ("note", "level", "words"),
    [
        ("", Level.WELL, "has not made one yet"),
        (str(100 * DAY), Level.WELL, "less than a day ago"),
        (str((100 - OLD_BACKUP_DAYS) * DAY), Level.WELL, "14 days ago"),
        (str((100 - OLD_BACKUP_DAYS - 1) * DAY), Level.WARNING, "15 days ago."),
    ],
)
def test_copies_that_were_forgotten_are_named(note: str, level: Level, words: str) -> None:
    found = look_at_backups(note, 100 * DAY + 5)
    assert found.level is level
    assert words in found.says


class Pooled:
    """A pool in transaction mode: whoever listens there hears nothing."""

    others, deaf = False, True

    def tell(self, topic: str, words: str) -> None: ...

    def hear(self, topic: str, take: Callable[[str], None], missed: Callable[[], None]) -> None: ...


def test_a_pool_that_swallows_notifications_is_named() -> None:
    found = asyncio.run(look_at_hints(Pooled()))
    assert found.level is Level.WARNING
    assert "session mode" in found.mend
