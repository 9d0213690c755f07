"""Settings of Slack. Knows bots, tokens and where Slack is; must not know how settings are read."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from hub.domain.address import DEFAULT_TENANT

VENDOR = "https://slack.com/api/"


class SlackBot(BaseModel):
    """One app in one workspace. `app_token` is needed for Socket Mode, `signing_secret` for HTTP.

    `agent`: the app is declared as an agent (our manifest does so), and a message in its Messages tab begins a thread;
    otherwise a direct message is answered flat.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    bot_token: SecretStr
    app_token: SecretStr | None = None
    signing_secret: SecretStr | None = None
    tenant: int = DEFAULT_TENANT
    agent: bool = True


class SlackConfig(BaseModel):
    """All bots of the platform. `pace` None: our own outbound budget where `api_base` is the vendor's."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    mode: Literal["socket", "http"] = "socket"
    bots: tuple[SlackBot, ...] = Field(min_length=1)
    api_base: str = VENDOR
    pace: Literal["platform", "off"] | None = None

    @field_validator("api_base")
    @classmethod
    def _with_slash(cls, address: str) -> str:
        return address if address.endswith("/") else f"{address}/"

    @field_validator("bots")
    @classmethod
    def _have_what_their_mode_needs(cls, bots: tuple[SlackBot, ...], told: ValidationInfo) -> tuple[SlackBot, ...]:
        mode = told.data.get("mode", "socket")
        lacking = "app_token" if mode == "socket" else "signing_secret"
        for number, bot in enumerate(bots, 1):
            if not getattr(bot, lacking):
                raise ValueError(f"number {number} lacks {lacking}, which mode {mode} needs")
        return bots

    @property
    def paced(self) -> bool:
        """Whether the house keeps to Slack's pace by itself."""
        return self.pace == "platform" or (self.pace is None and self.api_base == VENDOR)
