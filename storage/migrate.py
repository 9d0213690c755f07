"""A database brought to head from outside. Knows both databases' doors; must not know tables or verbs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from storage.place import parse_url, path_of
from storage.version import HEAD, file_engine, prepare, version_of


@dataclass(frozen=True, slots=True)
class Status:
    """Where a database stands; `current` None: it is empty."""

    current: str | None
    head: str

    @property
    def up_to_date(self) -> bool:
        """Nothing to do."""
        return self.current == self.head


def head() -> str:
    """The version this program needs."""
    return HEAD


async def upgrade(url: str) -> Status:
    """Bring the database at `url` to head; where it stands then. Raises SettingsError and StoreDown."""

    def work(connection: sa.Connection) -> Status:
        prepare(connection)
        return Status(version_of(connection), HEAD)

    status: Status = await _in_transaction(url, work)
    return status


async def current(url: str) -> str | None:
    """The version of the database at `url`, None when it is empty or not there."""
    version: str | None = await _in_transaction(url, version_of, make=False)
    return version


async def status(url: str) -> Status:
    """Where the database at `url` stands."""
    return Status(await current(url), HEAD)


async def server_version(url: str) -> tuple[int, ...]:
    """The version of the server (of SQLite's library) behind `url`. Raises SettingsError and StoreDown."""
    version: tuple[int, ...] = await _in_transaction(url, lambda link: tuple(link.dialect.server_version_info or ()))
    return version


async def _in_transaction(url: str, work: Callable[[sa.Connection], Any], *, make: bool = True) -> Any:
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        from storage.sqlite.trouble import in_our_words

        path = path_of(parsed)
        if not make and not path.exists():
            return None
        engine = file_engine(path)
        try:
            with engine.begin() as connection:
                return work(connection)
        except sa.exc.DBAPIError as error:
            raise (in_our_words(error.orig) if error.orig else None) or error from None
        finally:
            engine.dispose()
    from storage.postgres import in_transaction

    return await in_transaction(parsed, work)
