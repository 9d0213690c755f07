"""Payments. Knows the keys of its table; must not know what is sold or how."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from hub.runtime.settings.table import Table

_KEY = re.compile(r"[sr]k_(test|live)_[\w-]{8,}")
_SECRET = re.compile(r"whsec_.{20,}")


class Stripe(Table):
    """Payments. On when the secret key is there; people need [server] public_url to reach the page before paying."""

    secret_key: SecretStr | None = Field(default=None, description="sk_ or rk_ key; better kept in .env")
    webhook_secret: SecretStr | None = Field(
        default=None, description="whsec_ secret of the webhook; without it nothing is mounted at /hooks/stripe"
    )
    api_base: str = Field(default="https://api.stripe.com", description="address of the API")
    mode: Literal["auto", "test", "live"] = Field(
        default="auto", description="test or live refuses a key of the other kind; auto takes what the key is"
    )
    topups: list[Decimal] = Field(
        default=[Decimal(5), Decimal(20), Decimal(50)],
        description="credit people can buy at once, in the currency; [] = none",
    )
    currency: str = Field(default="usd", pattern=r"^[a-z]{3}$", description="currency of the credit's price")
    credit_per_unit: Decimal = Field(
        default=Decimal(1), gt=0, le=1000, description="dollars of credit for each unit of that currency"
    )
    automatic_tax: bool = Field(default=False, description="let Stripe reckon and collect tax")
    managed_payments: bool = Field(
        default=False, description="let Stripe be the seller: tax, disputes, support (takes the place of automatic_tax)"
    )
    allow_promotion_codes: bool = Field(default=False, description="let people enter promotion codes")

    @field_validator("api_base")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc:
            raise ValueError("must begin with https:// (or http://) and name a host")
        return value.rstrip("/")

    @field_validator("secret_key")
    @classmethod
    def _is_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value and value.get_secret_value() and not _KEY.fullmatch(value.get_secret_value()):
            raise ValueError(
                "must be a secret key of Stripe, which begins with sk_test_, sk_live_, rk_test_ or rk_live_"
            )
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _is_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value and value.get_secret_value() and not _SECRET.fullmatch(value.get_secret_value()):
            raise ValueError("must be a webhook's signing secret, which begins with whsec_ and is longer than this")
        return value

    @field_validator("topups")
    @classmethod
    def _are_amounts(cls, values: list[Decimal]) -> list[Decimal]:
        if len(values) > 10 or any(not 0 < value <= 100_000 or value * 100 != int(value * 100) for value in values):
            raise ValueError("must be up to ten amounts above 0, such as [5, 20, 50]")
        return sorted(set(values))
