"""Stripe as a gateway. Knows how to make it; must not do anything at import: the SDK costs a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from providers.payments.stripe.config import StripeConfig
    from providers.payments.stripe.provider import StripeGateway


def create(config: StripeConfig) -> StripeGateway:
    """The gateway behind `config`; the SDK is imported now. Raises SettingsError."""
    from providers.payments.stripe.provider import StripeGateway

    return StripeGateway(config)
