"""Variable names that everybody knows. Knows which setting each one means; must not know where it was read."""

from __future__ import annotations

import re
from functools import cache

from hub.runtime.settings.shape import Path

NOT_SETTINGS = re.compile(r"PARLEY_(HOME|SECRETS_DIR|TESTING|FAILPOINT|DEBUG|SERVICE_.*|PORT(_\d.*)?)$")
"""Variables of ours that are no settings; the last two are what Kubernetes sets for a service called parley."""

_FIXED: dict[str, Path] = {
    "DATABASE_URL": ("database", "url"),
    "TELEGRAM_BOT_TOKEN": ("telegram", "token"),
    "SLACK_BOT_TOKEN": ("slack", "bot_token"),
    "SLACK_APP_TOKEN": ("slack", "app_token"),
    "SLACK_SIGNING_SECRET": ("slack", "signing_secret"),
    "DISCORD_BOT_TOKEN": ("discord", "token"),
    "STRIPE_SECRET_KEY": ("stripe", "secret_key"),
    "STRIPE_WEBHOOK_SECRET": ("stripe", "webhook_secret"),
}


@cache
def well_known() -> dict[str, Path]:
    """Variable name to key: the fixed ones, and key and address of every provider preset."""
    from providers.presets import PRESETS

    found = dict(_FIXED)
    for name, preset in PRESETS.items():
        if preset.key_env:
            found[preset.key_env] = ("providers", name, "api_key")
        if preset.url_env or preset.key_env:
            url = preset.url_env or preset.key_env.removesuffix("_API_KEY") + "_BASE_URL"
            found[url] = ("providers", name, "base_url")
    return found
