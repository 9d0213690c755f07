"""Settings of Discord. Knows tokens, addresses and limits; must not know how they are read."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from hub.domain.address import DEFAULT_TENANT

API_BASE = "https://discord.com/api/v10"
"""Where Discord itself answers."""


class DiscordBot(BaseModel):
    """One bot account."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: SecretStr
    tenant: int = DEFAULT_TENANT

    @property
    def id(self) -> str:
        """The bot's user id, which is the token's first third; empty when the token does not look like Discord's."""
        first = self.token.get_secret_value().partition(".")[0]
        try:
            name = base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)).decode("ascii")
        except (binascii.Error, ValueError):
            return ""
        return name if name.isdigit() and len(name) <= 20 else ""


class DiscordConfig(BaseModel):
    """The whole channel. `token` is the first bot's, `bots` are further ones.

    `gateway_url`: another gateway than the one Discord names. `answer_seconds`: how long an interaction is answered by
    its token, which Discord lets die after 15 minutes. `call_seconds`: how long one call may take. `pause_seconds`:
    the shortest wait before the gateway is connected to again; it grows to a minute. `nonce_seconds`: for how long
    Discord is trusted to know a repeated send by its nonce.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    enabled: bool | None = None
    bots: tuple[DiscordBot, ...] = ()
    api_base: str = API_BASE
    gateway_url: str = ""
    pace: Literal["platform", "off"] | None = None
    answer_seconds: float = Field(default=14 * 60, gt=0)
    call_seconds: float = Field(default=20, gt=0)
    pause_seconds: float = Field(default=1.0, gt=0)
    nonce_seconds: float = Field(default=120, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _first_bot(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "token" not in given:
            return given
        rest = {key: value for key, value in given.items() if key != "token"}
        if given["token"]:
            rest["bots"] = ({"token": given["token"]}, *rest.get("bots", ()))
        return rest

    @property
    def paced(self) -> bool:
        """Whether our own budget is kept: by default at Discord itself, and not at a stand-in."""
        return (self.pace or ("platform" if self.api_base == API_BASE else "off")) == "platform"
