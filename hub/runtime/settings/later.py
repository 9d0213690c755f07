"""Tables that later versions serve. Knows their keys, so that an operator's file is read; must not act on any."""

from __future__ import annotations

from pydantic import Field, SecretStr

from hub.runtime.settings.table import Table


class Bus(Table):
    """Wake-ups between processes."""

    url: str = Field(default="", repr=False, description="redis://HOST for several processes; empty = inside this one")


class Stripe(Table):
    """Payments."""

    secret_key: SecretStr | None = Field(default=None, description="sk_ or rk_ key")
    webhook_secret: SecretStr | None = Field(default=None, description="whsec_ secret of the webhook")
    api_base: str = Field(default="https://api.stripe.com", description="address of the API")
