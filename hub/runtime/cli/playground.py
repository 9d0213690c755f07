"""`parley playground`. Knows the temporary database, the address and the browser; must not know panes.

The platforms, the hub and the page live in this one process and end with it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import webbrowser
from pathlib import Path

from hub.domain.errors import SettingsError
from hub.runtime.cli.run import run_in_loop
from hub.runtime.cli.settings import enter_home
from hub.runtime.log import start_log
from hub.runtime.redact import SCRUB


def play(port: int, model: str, keep: str, *, browser: bool) -> None:
    """Serve the playground until a signal. Raises SettingsError, StoreDown."""
    home = enter_home()
    kept = (home / keep).absolute() if keep else None
    if kept is not None and kept.exists():
        raise SettingsError(f"{kept} exists. The people of the playground are new each time; name a new file.")
    start_log("warning", "auto")
    run_in_loop(_play(port, model, kept, browser=browser))


async def _play(port: int, model: str, kept: Path | None, *, browser: bool) -> None:
    from hub.runtime.playground.annex import Annex
    from hub.runtime.playground.stage import free_port, make_settings, open_stage, open_till
    from hub.runtime.serve import serve

    with tempfile.TemporaryDirectory(prefix="parley-playground-") as folder:
        port = port or free_port()
        async with open_stage() as panes, open_till(port) as till:
            database = kept or Path(folder) / "playground.db"
            loaded = make_settings(panes, till, Path(folder), database, port, model)
            SCRUB.learn(loaded.secrets())
            site = loaded.settings.web.sites[-1]
            answers = loaded.settings.routing.default

            def opened(url: str) -> None:
                _announce(url, answers, kept)
                if browser and _has_display():
                    # some browsers return only once they are closed, and our end must not wait for that
                    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

            await serve(loaded, Annex(panes, site.identity_secret.get_secret_value(), answers, opened))


def _announce(url: str, model: str, kept: Path | None) -> None:
    lines = [
        f"The playground is ready: {url}",
        "  Telegram, Slack, Discord and the widget on one page; all of them are stand-ins on this machine.",
        "  /plan leads to a stand-in for Stripe, where a press pays and no money moves.",
        f"  model      {model}",
        f"  database   {kept or 'a temporary one, gone at the end'}",
        "  Ctrl-C ends it.",
    ]
    print("\n".join(lines), flush=True)


def _has_display() -> bool:
    """Whether a browser could open a window."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
