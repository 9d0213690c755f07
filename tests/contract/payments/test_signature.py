"""What a webhook has to prove: secret, time both ways, mode, shape. Everything else is refused, whatever it is."""

import json
import time
from typing import Any

import pytest
import stripe as sdk
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.errors import BadSignature
from hub.ports.gateway import Happening
from providers.payments.stripe.config import StripeConfig
from providers.payments.stripe.wire import KINDS, TOLERANCE, sign, verify

SECRET = "whsec_0123456789abcdefghij"
NOW = 1_800_000_000
CONFIG = StripeConfig("sk_test_0123456789", SECRET)


def event(**changes: Any) -> dict[str, Any]:
    return {
        "id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": NOW, "livemode": False,
        "data": {"object": {"id": "cs_1", "object": "checkout.session"}},
    } | changes  # fmt: skip


def body(**changes: Any) -> bytes:
    return json.dumps(event(**changes)).encode()


def test_what_stripe_signs_is_taken() -> None:
    assert verify(body(), sign(body(), SECRET, NOW), CONFIG, NOW) == Happening(
        "evt_1", "checkout.session.completed", "cs_1", NOW * 1000
    )


def test_the_sdk_signs_and_verifies_alike() -> None:
    now = int(time.time())
    theirs = sdk.WebhookSignature.generate_signature_header(body().decode(), SECRET, now)
    assert verify(body(), theirs, CONFIG, now) is not None
    assert sdk.Webhook.construct_event(body(), sign(body(), SECRET, now), SECRET).id == "evt_1"


def test_two_signatures_while_a_secret_is_changed() -> None:
    good = sign(body(), SECRET, NOW)
    assert verify(body(), good.replace("v1=", f"v1={'0' * 64},v1="), CONFIG, NOW) is not None


def test_what_concerns_us_not_is_genuine_and_nothing() -> None:
    other = body(type="customer.created")
    assert verify(other, sign(other, SECRET, NOW), CONFIG, NOW) is None
    assert len(KINDS) == len(set(KINDS)) <= 20


GOOD = sign(body(), SECRET, NOW)
FORGED = {
    "none": "",
    "empty parts": "t=,v1=",
    "wrong secret": sign(body(), "whsec_another0123456789abc", NOW),
    "empty secret": sign(body(), "", NOW),
    "other body": sign(body(id="evt_2"), SECRET, NOW),
    "v0 only": GOOD.replace("v1=", "v0="),
    "no signature": f"t={NOW}",
    "no time": GOOD.partition(",")[2],
    "301 s old": sign(body(), SECRET, NOW - TOLERANCE - 1),
    "301 s to come": sign(body(), SECRET, NOW + TOLERANCE + 1),
    "a year to come": sign(body(), SECRET, NOW + 31_536_000),
    "two times": f"t={NOW},{GOOD}",
    "another time in front": f"t={NOW - 1},{GOOD}",
    "time is no number": GOOD.replace(f"t={NOW}", "t=abc"),
    "time is negative": sign(body(), SECRET, -NOW),
    "time is a float": GOOD.replace(f"t={NOW}", f"t={NOW}.0"),
    "arabic digits": GOOD.replace(f"t={NOW}", "t=١٨٠٠٠٠٠٠٠٠"),
    "non-ASCII": GOOD[:-1] + "é",
    "cut": GOOD[:-1],
    "endless time": GOOD.replace(f"t={NOW}", "t=" + "9" * 5000),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_what_is_forged_stale_or_to_come_is_refused(forged: str) -> None:
    with pytest.raises(BadSignature):
        verify(body(), forged, CONFIG, NOW)


def test_the_edges_of_the_tolerance_are_in() -> None:
    for at in (NOW - TOLERANCE, NOW + TOLERANCE):
        assert verify(body(), sign(body(), SECRET, at), CONFIG, NOW) is not None


@pytest.mark.parametrize(
    "content",
    [
        body(livemode=True),
        body(livemode=None),
        body(livemode="false"),
        body(livemode=0),
        body(id=""),
        body(id=7),
        body(object="v2.core.event"),
        body(data={}),
        body(data=None),
        body(created="soon"),
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"{",
        b"[" * 100_000,
    ],
    ids=lambda content: str(content[:40]),
)
def test_a_signed_body_that_is_no_event_of_our_mode_is_refused(content: bytes) -> None:
    with pytest.raises(BadSignature):
        verify(content, sign(content, SECRET, NOW), CONFIG, NOW)


def test_a_live_key_takes_live_events_alone() -> None:
    live = StripeConfig("rk_live_0123456789", SECRET)
    assert verify(body(livemode=True), sign(body(livemode=True), SECRET, NOW), live, NOW) is not None
    with pytest.raises(BadSignature):
        verify(body(), sign(body(), SECRET, NOW), live, NOW)


@pytest.mark.parametrize("secret", ["", " ", "whsec_", "whsec_short", "0123456789abcdefghijklmnop"])
def test_without_a_real_secret_nothing_is_taken(secret: str) -> None:
    config = StripeConfig("sk_test_0123456789", secret)
    assert not config.listens
    with pytest.raises(BadSignature):
        verify(body(), sign(body(), secret, NOW), config, NOW)


@given(st.text(max_size=80), st.binary(max_size=80))
def test_whatever_comes_is_refused_and_nothing_else_happens(header: str, content: bytes) -> None:
    with pytest.raises(BadSignature):
        verify(content, header, CONFIG, NOW)
