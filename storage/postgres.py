"""A store's ground on PostgreSQL. Knows the pool, lost connections and their answers; must not know verbs.

Each verb is a short transaction of its own under READ COMMITTED. A COMMIT whose answer was lost is resolved by running
the verb again: verbs find by natural key what they wrote before, or name another that does (`resolve`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hub.domain.errors import StoreDown
from storage.hints import PostgresHints
from storage.link import CoreLink
from storage.version import prepare

SETTINGS = {
    "statement_timeout": "10s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "30s",
    "application_name": "parley",
    "timezone": "UTC",
}

PAUSES = (0.0, 0.05, 0.25, 1.0)
"""Seconds before each further try when the connection is lost."""

_WORDS = {
    "53100": "the database's disk is full",
    "53200": "the database is out of memory",
    "53300": "the database takes no more connections",
    "25006": "the database is read-only",
    "55P03": "the database is locked by another process",
    "57014": "the database took too long",
    "28P01": "the database refuses user or password",
    "28000": "the database refuses user or password",
    "3D000": "the database does not exist",
    "42501": "the database user lacks a right",
}
_AGAIN = frozenset({"40001", "40P01", "57P01", "57P02", "57P03"})


def in_our_words(error: BaseException) -> StoreDown | None:
    """StoreDown for trouble with the server or the way to it; None for anything else."""
    if isinstance(error, sa.exc.DBAPIError):
        state = _state(error)
        if state in _WORDS:
            return StoreDown(_WORDS[state])
        if error.connection_invalidated or state in _AGAIN or state.startswith("08"):
            return StoreDown("the database cannot be reached")
        return in_our_words(error.orig.__cause__) if error.orig and error.orig.__cause__ else None
    if isinstance(error, (OSError, TimeoutError, sa.exc.TimeoutError)):
        return StoreDown("the database cannot be reached")
    state = getattr(error, "sqlstate", None) or ""
    return StoreDown(_WORDS[state]) if state in _WORDS else None


def _state(error: sa.exc.DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _worth_another(error: BaseException) -> bool:
    if isinstance(error, sa.exc.DBAPIError):
        state = _state(error)
        return error.connection_invalidated or state in _AGAIN or state.startswith("08")
    return isinstance(error, OSError) and not isinstance(error, TimeoutError)


class PostgresGround:
    """A pool, and one connection beside it for hints."""

    shared = True

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.hints = PostgresHints(engine, SETTINGS)

    async def write(
        self,
        verb: Callable[..., Any],
        *args: Any,
        resolve: Callable[..., Any] | None = None,
        long: bool = False,
        soon: bool = False,
    ) -> Any:
        """Run a verb in a transaction of its own, where none is too `long` and none has to wait. Raises StoreDown.

        `resolve`, with the same arguments, looks for what a lost COMMIT may have written; None: it wrote nothing."""
        return await self._try(verb, args, resolve)

    async def read(self, verb: Callable[..., Any], *args: Any) -> Any:
        """Run a verb that only reads. Raises StoreDown."""
        return await self._try(verb, args, None)

    async def _try(self, verb: Callable[..., Any], args: tuple[Any, ...], resolve: Callable[..., Any] | None) -> Any:
        lost = False
        for further in (*PAUSES, None):
            try:
                if lost and resolve is not None:
                    found = await self._once(resolve, args)
                    if found is not None:
                        return found
                return await self._once(verb, args)
            except (sa.exc.SQLAlchemyError, OSError) as error:
                ours = in_our_words(error)
                if ours is None:
                    raise
                if further is None or not _worth_another(error):
                    raise ours from error
                lost = True
                await asyncio.sleep(further)
        raise StoreDown("the database cannot be reached")

    async def _once(self, verb: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        async with self._engine.begin() as connection:
            return await connection.run_sync(lambda sync: verb(CoreLink(sync), *args))

    async def close(self) -> None:
        """Close every connection."""
        await self.hints.close()
        await self._engine.dispose()


def engine_for(url: sa.URL) -> AsyncEngine:
    """A pool with our session settings; `sslmode` is asyncpg's `ssl`."""
    query = dict(url.query)
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    return create_async_engine(
        url.set(query=query),
        pool_size=8,
        max_overflow=8,
        pool_timeout=10,
        pool_recycle=1800,
        hide_parameters=True,
        connect_args={"server_settings": SETTINGS, "timeout": 5},
    )


async def open_postgres(url: sa.URL) -> PostgresGround:
    """Connect, and make or migrate the schema. Raises SettingsError and StoreDown."""
    engine = engine_for(url)
    try:
        await _prepare(engine)
    except BaseException:
        await engine.dispose()
        raise
    return PostgresGround(engine)


async def _prepare(engine: AsyncEngine) -> None:
    try:
        async with engine.begin() as connection:
            await connection.run_sync(prepare)
    except (sa.exc.SQLAlchemyError, OSError) as error:
        ours = in_our_words(error)
        if ours is None:
            raise
        raise ours from None


async def in_transaction(url: sa.URL, work: Callable[[sa.Connection], Any]) -> Any:
    """Run `work` on a connection of its own, committed at the end. Raises StoreDown."""
    engine = engine_for(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    except (sa.exc.SQLAlchemyError, OSError) as error:
        ours = in_our_words(error)
        if ours is None:
            raise
        raise ours from None
    finally:
        await engine.dispose()
