"""Tables that later versions serve. Knows their keys, so that an operator's file is read; must not act on any."""

from __future__ import annotations

from pydantic import Field

from hub.runtime.settings.table import Table


class Bus(Table):
    """Wake-ups between processes."""

    url: str = Field(default="", repr=False, description="redis://HOST for several processes; empty = inside this one")
