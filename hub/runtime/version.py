"""Which Parley this is. Knows where the version stands; must not know who asks."""

from __future__ import annotations


def version() -> str:
    """The version of the installed Parley, `0` in a checkout that was never installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("parley-hub")
    except PackageNotFoundError:
        return _version_beside()


def _version_beside() -> str:
    import tomllib
    from pathlib import Path

    beside = Path(__file__).parents[2] / "pyproject.toml"
    if not beside.is_file():
        return "0"
    return str(tomllib.loads(beside.read_text(encoding="utf-8"))["project"]["version"])
