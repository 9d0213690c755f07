"""Tables that later versions serve. Knows their keys, so that an operator's file is read; must not act on any."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, field_validator

from hub.runtime.settings.table import Table, strong


class Bus(Table):
    """Wake-ups between processes."""

    url: str = Field(default="", repr=False, description="redis://HOST for several processes; empty = inside this one")


class Telegram(Table):
    """The Telegram bot."""

    enabled: bool | None = Field(default=None, description="on or off; by default on when the token is there")
    token: SecretStr | None = Field(default=None, description="token of the bot, from @BotFather")
    api_base: str = Field(default="https://api.telegram.org", description="address of the Bot API")
    mode: Literal["polling", "webhook"] = Field(default="polling", description="polling or webhook")
    webhook_secret: SecretStr | None = Field(default=None, description="what Telegram must show at our webhook")
    pace: Literal["platform", "off"] | None = Field(
        default=None, description="platform or off: our own outbound budget"
    )

    @field_validator("webhook_secret")
    @classmethod
    def _is_strong(cls, value: SecretStr | None) -> SecretStr | None:
        if value:
            strong(value.get_secret_value())
        return value


class Slack(Table):
    """The Slack app."""

    enabled: bool | None = Field(default=None, description="on or off; by default on when the tokens are there")
    bot_token: SecretStr | None = Field(default=None, description="xoxb- token of the bot")
    app_token: SecretStr | None = Field(default=None, description="xapp- token for socket mode")
    signing_secret: SecretStr | None = Field(default=None, description="what Slack signs its requests with")
    api_base: str = Field(default="https://slack.com/api/", description="address of the Web API")
    mode: Literal["socket", "http"] = Field(default="socket", description="socket or http")
    pace: Literal["platform", "off"] | None = Field(
        default=None, description="platform or off: our own outbound budget"
    )


class Discord(Table):
    """The Discord bot."""

    enabled: bool | None = Field(default=None, description="on or off; by default on when the token is there")
    token: SecretStr | None = Field(default=None, description="token of the bot")
    api_base: str = Field(default="https://discord.com/api/v10", description="address of the REST API")
    gateway_url: str = Field(default="", description="another gateway than the one Discord names")
    pace: Literal["platform", "off"] | None = Field(
        default=None, description="platform or off: our own outbound budget"
    )


class Plan(Table):
    """What people on this plan may spend. Its name is the table's: `[plans.free]`."""

    allowance: float | None = Field(default=None, ge=0, description="dollars to spend in a window")
    window: str = Field(default="month", description="day, week or month")
    models: list[str] = Field(default_factory=list, description="models by name; empty = all")
    per_minute: int = Field(default=0, ge=0, description="messages in a minute; 0 = as [limits] says")
    stripe_price: str = Field(default="", description="price id at Stripe")


class Accounts(Table):
    """People who turn up."""

    default_plan: str = Field(default="", description="plan for people who turn up")


class Stripe(Table):
    """Payments."""

    secret_key: SecretStr | None = Field(default=None, description="sk_ or rk_ key")
    webhook_secret: SecretStr | None = Field(default=None, description="whsec_ secret of the webhook")
    api_base: str = Field(default="https://api.stripe.com", description="address of the API")


class Smtp(Table):
    """Outgoing mail."""

    host: str = Field(default="", description="mail server; empty = no mail")
    port: int = Field(default=587, ge=1, le=65535, description="its port")
    user: str = Field(default="", description="user name")
    password: SecretStr | None = Field(default=None, description="password")
    sender: str = Field(default="", description="address mail comes from")
