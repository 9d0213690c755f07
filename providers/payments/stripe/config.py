"""What the operator decided about Stripe. Knows keys and options; must not know settings files or the wire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.domain.errors import SettingsError

API_BASE = "https://api.stripe.com"

_KEY = re.compile(r"[sr]k_(?:(test|live)_)[\w-]{8,}")
_SECRET = re.compile(r"whsec_.{20,}")
"""Shorter ones are placeholders; an empty one would verify whatever anybody signs with nothing."""


@dataclass(frozen=True, slots=True)
class StripeConfig:
    """`plans`: our plan's name by the id of a price the operator named in the settings. `house`: by which what we make
    is known, should another Parley sell by the same account of Stripe's. `timeout` in seconds."""

    secret_key: str = field(repr=False)
    webhook_secret: str = field(default="", repr=False)
    api_base: str = API_BASE
    automatic_tax: bool = False
    managed_payments: bool = False
    allow_promotion_codes: bool = False
    plans: Mapping[str, str] = field(default_factory=dict)
    house: str = ""
    timeout: float = 20.0

    @property
    def live(self) -> bool:
        """Whether the key moves real money. Raises SettingsError for what is no secret key."""
        found = _KEY.fullmatch(self.secret_key)
        if found is None:
            raise SettingsError("[stripe] secret_key is no secret key of Stripe: it begins with sk_ or rk_.")
        return found[1] == "live"

    @property
    def listens(self) -> bool:
        """Whether the webhook's secret is one."""
        return _SECRET.fullmatch(self.webhook_secret) is not None
