"""Stripe's errors in our words. Knows its SDK's exceptions; must not repeat what a request or a key held."""

from __future__ import annotations

import asyncio

import aiohttp
import stripe

from hub.domain.errors import GatewayDown, KeyRefused, PaymentError

WORTH_ANOTHER_TRY = (stripe.APIConnectionError, stripe.RateLimitError)

VENDOR_ERRORS = (stripe.StripeError, aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError)
"""What a call of the SDK may raise for the vendor's or the network's sake."""


def from_sdk(error: Exception) -> PaymentError:
    """An exception of the stripe package, or of what it stands on, as ours."""
    if not isinstance(error, stripe.StripeError):
        return GatewayDown(f"Stripe cannot be reached ({type(error).__name__})")
    if isinstance(error, WORTH_ANOTHER_TRY) or (error.http_status or 0) >= 500:
        return GatewayDown(f"Stripe does not answer ({type(error).__name__}, {error.http_status or 'no status'})")
    if isinstance(error, stripe.AuthenticationError):
        return KeyRefused("Stripe refuses the key: is [stripe] secret_key whole and valid?")
    if isinstance(error, stripe.PermissionError):
        return KeyRefused("the key lacks a permission at Stripe: use a secret key, or give the restricted one more")
    said = error.error.message if error.error is not None and error.error.message else ""
    return PaymentError(f"Stripe refuses ({error.code or type(error).__name__}): {said[:200]}")


def is_missing(error: Exception) -> bool:
    """Whether Stripe says that there is no such object."""
    return isinstance(error, stripe.InvalidRequestError) and (error.code == "resource_missing")
