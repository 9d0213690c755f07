"""A stand-in for Stripe that the real SDK works with."""

from __future__ import annotations

from providers.payments.stripe.sandbox.server import StripeSandbox

__all__ = ["StripeSandbox"]
