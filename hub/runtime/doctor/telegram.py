"""Checks of Telegram: token, webhook, menu. Knows where the adapter's own probe is; must not know the Bot API."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hub.domain.errors import SettingsError
from hub.runtime.doctor.finding import Finding, Level, error, warning
from hub.runtime.platforms import is_on, platform_config
from hub.runtime.settings.load import Loaded

LEVELS = {"well": Level.WELL, "warning": Level.WARNING, "error": Level.ERROR}


async def look_at_telegram(loaded: Loaded) -> AsyncIterator[Finding]:
    """Every bot, if the platform is on."""
    if not is_on(loaded.settings, "telegram"):
        return
    try:
        config = platform_config(loaded, "telegram")
    except SettingsError as fault:
        yield error("telegram", str(fault), "Mend it in the settings.")
        return
    if (selling := about_selling(loaded)) is not None:
        yield selling
    from adapters.telegram.adapter.setup import all_bots, probe

    async with all_bots(config) as bots:
        for bot in bots:
            check = "telegram" if len(bots) == 1 else f"telegram {bot.id}"
            for remark in await probe(bot, config):
                yield Finding(check, LEVELS[remark.level], remark.says, remark.mend)


def about_selling(loaded: Loaded) -> Finding | None:
    """Whether somebody who can pay elsewhere can pay nothing here, and may not have meant it."""
    settings = loaded.settings
    priced = settings.telegram.stars_per_dollar or any(plan.stars for plan in settings.plans.values())
    if settings.telegram.payments != "stars" or priced or not settings.stripe.secret_key:
        return None
    return warning(
        "telegram",
        "nothing is sold inside Telegram: nothing has a price in Stars, which its rules ask for.",
        "Set stars in [plans.<name>] and stars_per_dollar in [telegram], or payments to link or off.",
    )
