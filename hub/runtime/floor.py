"""The oldest versions Parley runs safely on. Knows numbers and why; must not mend anything."""

from __future__ import annotations

import sqlite3
import sys

from hub.domain.errors import SettingsError

PYTHON = (3, 11)
AIOHTTP = (3, 14, 5)
"""Earlier ones have known request-smuggling faults."""
SQLITE = (3, 51, 3)
"""Earlier ones can, very rarely, damage a WAL file when two connections check-point at once."""


def numbers(version: str) -> tuple[int, ...]:
    """`3.14.5rc1` as (3, 14, 5)."""
    parts: list[int] = []
    for part in version.split("."):
        digits = part[: next((at for at, sign in enumerate(part) if not sign.isdigit()), len(part))]
        if not digits:
            break
        parts.append(int(digits))
    return tuple(parts)


def check_versions() -> None:
    """Raises SettingsError when Parley must not run on what is installed."""
    import aiohttp

    if sys.version_info < PYTHON:
        raise SettingsError(f"Parley needs Python {_dotted(PYTHON)} or later.")
    if numbers(aiohttp.__version__) < AIOHTTP:
        raise SettingsError(
            f"aiohttp {aiohttp.__version__} has known security faults. Install {_dotted(AIOHTTP)} or later: "
            "pip install --upgrade aiohttp"
        )


def sqlite_is_old() -> bool:
    """Whether the SQLite library is older than the one we recommend."""
    return sqlite3.sqlite_version_info < SQLITE


def fast_parser() -> bool:
    """Whether aiohttp reads requests with its compiled parser, which is the strict and the fast one."""
    from aiohttp import http_parser

    return http_parser.HttpRequestParser is not http_parser.HttpRequestParserPy


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
