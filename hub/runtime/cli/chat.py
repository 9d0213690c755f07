"""`parley chat`. Knows the terminal's house; must not know how a terminal shows things."""

from __future__ import annotations

import asyncio
import sys

from hub.runtime.catalogue import make_catalogue
from hub.runtime.cli.settings import read_settings
from hub.runtime.log import start_log
from hub.runtime.settings.load import Loaded


def talk(model: str, *, as_json: bool) -> int:
    """Talk until the input ends; 0, or 1 when an answer failed. Raises SettingsError, StoreDown."""
    loaded = read_settings()
    level = loaded.settings.log.level if ("log", "level") in loaded.origins else "error"
    start_log(level, loaded.settings.log.format)
    return asyncio.run(_talk(loaded, model, as_json=as_json))


async def _talk(loaded: Loaded, model: str, *, as_json: bool) -> int:
    from hub.runtime.house import open_house

    terminal = loaded.settings.terminal
    model = model or terminal.model
    if model:
        make_catalogue(loaded.settings).check(model, "--model")
    config = terminal.model_copy(update={"json_lines": as_json or terminal.json_lines, "model": model})
    house = await open_house(loaded, {"terminal": config}, alone=False)
    try:
        await house.hub.start()
        await house.adapters["terminal"].run(house.hub.accept)
    finally:
        await house.hub.stop(2.0)
        await house.close_adapters()
        await house.close()
        sys.stdout.flush()
    return 0
