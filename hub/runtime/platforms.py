"""Which platforms are on, and each one's config. Knows settings and adapters' config classes; must not make an adapter.

A platform's config is `adapters.<name>.config.<Name>Config` with one `<Name>Bot` for each bot account, imported only
for a platform that is on. One whose adapter comes in a package of its own gets its table as it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from adapters.table import ADAPTERS, names
from hub.domain.errors import SettingsError
from hub.runtime.settings.load import Loaded
from hub.runtime.settings.words import problems

if TYPE_CHECKING:
    from hub.runtime.settings.root import Settings

TOKENS = {"telegram": ("token", "TELEGRAM_BOT_TOKEN"), "slack": ("bot_token", "SLACK_BOT_TOKEN"),
          "discord": ("token", "DISCORD_BOT_TOKEN")}  # fmt: skip
"""Of each chat platform: the key that switches it on, and its well-known variable."""


def platform_configs(loaded: Loaded) -> dict[str, Any]:
    """Config by name of every platform that `parley run` serves. Raises SettingsError."""
    settings = loaded.settings
    found: dict[str, Any] = {}
    if settings.web.enabled:
        found["web"] = web_config(settings, loaded.origins)
    for name in TOKENS:
        if name in ADAPTERS and is_on(settings, name):
            found[name] = platform_config(loaded, name)
    found.update({name: guest_config(settings, name) for name, table in settings.platforms.items() if table.enabled})
    return found


def guest_config(settings: Settings, name: str) -> dict[str, Any]:
    """The table of a platform whose adapter comes in a package of its own. Raises SettingsError: there is none."""
    if name in ADAPTERS:
        raise SettingsError(f"[platforms.{name}] is for adapters of other packages. Write [{name}] instead.")
    if name not in (known := names()):
        raise SettingsError(
            f"[platforms.{name}]: no package brings an adapter of that name. Install it beside Parley, or take "
            f"the table out. There are: {', '.join(known)}."
        )
    return dict(settings.platforms[name].model_extra or {})


def is_on(settings: Settings, name: str) -> bool:
    """Whether a chat platform is to be served: as `enabled` says, else when there is a token."""
    table = getattr(settings, name)
    return bool(_bots(name, table)) if table.enabled is None else bool(table.enabled)


def platform_config(loaded: Loaded, name: str) -> Any:
    """The adapter's config of a chat platform that is on. Raises SettingsError naming what is missing or wrong."""
    table = getattr(loaded.settings, name)
    bots = _bots(name, table)
    key, variable = TOKENS[name]
    if not bots:
        mend = ", or take `enabled` out" if table.enabled else f"; docs/{name}.md shows where it comes from"
        raise SettingsError(f"[{name}] has no {key}. Set {variable}{mend}.")
    module = import_module(f"adapters.{name}.config")
    whole, one = getattr(module, f"{name.title()}Config"), getattr(module, f"{name.title()}Bot")
    shared = {**dict(table), "public_url": loaded.settings.server.public_url}
    del shared["enabled"]
    try:
        made = tuple(one(**_known(one, dict(bot))) for bot in bots)
        return whole(**_known(whole, {**shared, "bots": made}))
    except ValidationError as error:
        raise SettingsError("\n".join(f"[{name}] {line}" for line in problems(error, {}))) from None


def _known(config: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `values` that `config` has a key for; the rest is the other class's, or ours."""
    return {key: value for key, value in values.items() if key in config.model_fields}


def _bots(name: str, table: Any) -> list[Any]:
    """Every entry with a token: the table's own first."""
    return [bot for bot in (table, *table.bots) if getattr(bot, TOKENS[name][0])]


def web_config(settings: Settings, origins: Mapping[tuple[str, ...], object]) -> Any:
    """The web adapter's config with what the house's own tables say about it."""
    changes: dict[str, object] = {"text_limit": settings.limits.text or settings.web.text_limit}
    if not settings.web.public_origin and settings.server.public_url:
        changes["public_origin"] = settings.server.public_url
    if ("limits", "uploads_per_minute") in origins:
        changes["uploads_per_minute"] = settings.limits.uploads_per_minute
    return settings.web.model_copy(update=changes)
