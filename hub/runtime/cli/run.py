"""`parley run`. Knows the loop and the log; must not know the house."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine

from hub.runtime.cli.settings import read_settings
from hub.runtime.log import start_log


def run_hub(host: str | None = None, port: int | None = None) -> None:
    """Read settings, start the log, serve until a signal. Raises SettingsError, StoreDown."""
    flags: dict[tuple[str, ...], tuple[str, object]] = {}
    if host is not None:
        flags["server", "host"] = ("--host", host)
    if port is not None:
        flags["server", "port"] = ("--port", port)
    loaded = read_settings(flags)
    start_log(loaded.settings.log.level, loaded.settings.log.format)
    from hub.runtime.floor import check_versions
    from hub.runtime.serve import serve

    check_versions()
    run_in_loop(serve(loaded))


def run_in_loop(work: Coroutine[None, None, None]) -> None:
    """Run `work` to its end on the quickest loop there is."""
    if sys.platform == "win32":
        asyncio.run(work)
        return
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)
