"""Settings of Telegram. Knows bots, tokens and modes; must not know how they are read."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from hub.domain.address import DEFAULT_TENANT

API_BASE = "https://api.telegram.org"
"""Telegram's own Bot API; the only one whose pace is kept unless the settings say otherwise."""

_TOKEN = re.compile(r"(\d{1,20}):[A-Za-z0-9_-]{1,200}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
"""What Telegram takes as a webhook's secret_token."""


class TelegramBot(BaseModel):
    """One bot account. `token`: from @BotFather; `webhook_secret`: what Telegram must show, by default the house's own.

    `tenant`: whose bot it is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: SecretStr
    webhook_secret: SecretStr | None = None
    tenant: int = DEFAULT_TENANT

    @field_validator("token")
    @classmethod
    def _is_token(cls, token: SecretStr) -> SecretStr:
        if not _TOKEN.fullmatch(token.get_secret_value()):
            raise ValueError("is no bot's token; @BotFather gives one such as 123456:ABC-DEF…")
        return token

    @field_validator("webhook_secret")
    @classmethod
    def _is_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret and not _SECRET.fullmatch(secret.get_secret_value()):
            raise ValueError("may hold A-Z a-z 0-9 _ and -, at most 256 of them")
        return secret or None

    @property
    def id(self) -> str:
        """Telegram's id of the bot account: the part of the token before the colon, which is no secret."""
        return self.token.get_secret_value().partition(":")[0]


class TelegramConfig(BaseModel):
    """All bots of the platform.

    `public_url`: where Telegram reaches the hub; with it the webhook is registered at every start. `pace`: whether the
    platform's limits are told to the house (by default only for Telegram's own servers). `rich`: final answers go out
    as rich messages (Bot API 10.1), which old clients do not show.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    bots: tuple[TelegramBot, ...] = Field(min_length=1)
    api_base: str = API_BASE
    mode: Literal["polling", "webhook"] = "polling"
    pace: Literal["platform", "off"] | None = None
    public_url: str = ""
    rich: bool = False

    @field_validator("bots")
    @classmethod
    def _each_once(cls, bots: tuple[TelegramBot, ...]) -> tuple[TelegramBot, ...]:
        ids = [bot.id for bot in bots]
        if len(set(ids)) != len(ids):
            raise ValueError("names one bot twice")
        return bots

    @field_validator("api_base", "public_url")
    @classmethod
    def _bare(cls, address: str) -> str:
        return address.rstrip("/")

    @property
    def paced(self) -> bool:
        """Whether the platform's limits are kept by us."""
        return self.pace == "platform" or (self.pace is None and self.api_base == API_BASE)
