"""The tables of the chat platforms. Knows their keys; must not know an adapter or its SDK.

Each is a bot's own keys and the platform's; further bots stand in its `bots`, with the bot's own keys alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, SecretStr, field_validator, model_validator

from hub.domain.address import DEFAULT_TENANT
from hub.runtime.settings.table import Table, strong

Pace = Literal["platform", "off"] | None

ENABLED = "on or off; by default on when the token is there"
PACE = (
    "platform or off: our own outbound budget; by default on for the platform's own servers, and a 429 is obeyed always"
)
TENANT = "whose bot it is"

_SECRET = re.compile(r"token|secret|password|key$")


def _address(value: str, *schemes: str) -> str:
    """`value` if it begins with one of `schemes` and names a host. Raises ValueError."""
    if value and (urlsplit(value).scheme not in schemes or not urlsplit(value).netloc):
        raise ValueError(f"must begin with {schemes[0]}:// and name a host")
    return value


class TelegramBotTable(Table):
    """Another bot in the same hub."""

    token: SecretStr | None = Field(default=None, description="token of the bot, from @BotFather")
    webhook_secret: SecretStr | None = Field(
        default=None, description="what Telegram must show at our webhook; by default the house makes one"
    )
    tenant: int = Field(default=DEFAULT_TENANT, ge=1, description=TENANT)

    @field_validator("webhook_secret")
    @classmethod
    def _is_strong(cls, value: SecretStr | None) -> SecretStr | None:
        if value:
            strong(value.get_secret_value())
        return value


class Telegram(TelegramBotTable):
    """Telegram: on when the bot's token is there."""

    enabled: bool | None = Field(default=None, description=ENABLED)
    api_base: str = Field(default="https://api.telegram.org", description="address of the Bot API")
    mode: Literal["polling", "webhook"] = Field(
        default="polling", description="polling, or webhook at [server] public_url"
    )
    pace: Pace = Field(default=None, description=PACE)
    rich: bool = Field(default=False, description="answers as rich messages, which old clients do not show")
    payments: Literal["stars", "link", "off"] = Field(
        default="stars",
        description="how people on Telegram pay: stars (what its rules ask for), link (as elsewhere), or off",
    )
    stars_per_dollar: int = Field(
        default=0, ge=0, le=10_000, description="Telegram Stars for a dollar of credit; 0 = no credit is sold for them"
    )
    support: str = Field(
        default="", max_length=200, description="whom /paysupport sends people to, such as @name or an address"
    )
    bots: tuple[TelegramBotTable, ...] = Field(default=(), description="further bots")

    @field_validator("api_base")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return _address(value, "https", "http")


class SlackBotTable(Table):
    """Another app or workspace in the same hub."""

    bot_token: SecretStr | None = Field(default=None, description="xoxb- token of the bot")
    app_token: SecretStr | None = Field(default=None, description="xapp- token for socket mode")
    signing_secret: SecretStr | None = Field(default=None, description="what Slack signs its requests with, for http")
    agent: bool = Field(
        default=True, description="whether the app is an agent, as our manifest makes it: each message begins a thread"
    )
    tenant: int = Field(default=DEFAULT_TENANT, ge=1, description=TENANT)


class Slack(SlackBotTable):
    """Slack: on when the bot's token is there."""

    enabled: bool | None = Field(default=None, description=ENABLED)
    api_base: str = Field(default="https://slack.com/api/", description="address of the Web API")
    mode: Literal["socket", "http"] = Field(
        default="socket", description="socket, or http with Slack calling [server] public_url"
    )
    pace: Pace = Field(default=None, description=PACE)
    bots: tuple[SlackBotTable, ...] = Field(default=(), description="further apps or workspaces")

    @field_validator("api_base")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return _address(value, "https", "http")


class DiscordBotTable(Table):
    """Another bot in the same hub."""

    token: SecretStr | None = Field(default=None, description="token of the bot")
    tenant: int = Field(default=DEFAULT_TENANT, ge=1, description=TENANT)


class Discord(DiscordBotTable):
    """Discord: on when the bot's token is there."""

    enabled: bool | None = Field(default=None, description=ENABLED)
    api_base: str = Field(default="https://discord.com/api/v10", description="address of the REST API")
    gateway_url: str = Field(default="", description="another gateway than the one Discord names")
    pace: Pace = Field(default=None, description=PACE)
    bots: tuple[DiscordBotTable, ...] = Field(default=(), description="further bots")

    @field_validator("api_base")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return _address(value, "https", "http")

    @field_validator("gateway_url")
    @classmethod
    def _is_gateway(cls, value: str) -> str:
        return _address(value, "wss", "ws")


class OtherPlatform(Table):
    """A platform whose adapter comes in a package of its own; it checks the keys of its table itself."""

    model_config = ConfigDict(extra="allow")

    enabled: bool = Field(default=True, description="on or off; every further key is the adapter's own")

    @model_validator(mode="before")
    @classmethod
    def _hide(cls, given: Any) -> Any:
        """Texts whose key speaks of a secret are kept as one: we do not know the adapter's keys."""
        if not isinstance(given, Mapping):
            return given
        return {
            key: SecretStr(value) if isinstance(value, str) and _SECRET.search(key) else value
            for key, value in given.items()
        }
