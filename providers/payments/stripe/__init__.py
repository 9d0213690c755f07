"""Stripe."""

from __future__ import annotations

from providers.payments.stripe.config import StripeConfig
from providers.payments.stripe.provider import StripeGateway


def create(config: StripeConfig) -> StripeGateway:
    """The gateway behind `config`; Stripe's SDK is imported now. Raises SettingsError."""
    return StripeGateway(config)
