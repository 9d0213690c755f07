"""What an operator does about payments, on the command line, against Stripe's stand-in."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from providers.payments.stripe.sandbox import StripeSandbox
from tests.kit.parley import Ended, parley

SETTINGS = """
[server]
public_url = "{url}"
[stripe]
api_base = "{stripe}"
{more}
"""


@pytest.fixture
async def stripe() -> AsyncIterator[StripeSandbox]:
    async with StripeSandbox() as sandbox:
        yield sandbox


def settle(home: Path, stripe: StripeSandbox, url: str = "https://chat.example.org", more: str = "") -> None:
    (home / "settings.toml").write_text(SETTINGS.format(url=url, stripe=stripe.url, more=more))
    if not (home / ".env").exists():
        (home / ".env").write_text(f"STRIPE_SECRET_KEY={stripe.secret_key}\nOTHER=1\n")


async def run(home: Path, *arguments: str) -> Ended:
    return await asyncio.to_thread(parley, home, *arguments)


async def found(home: Path) -> list[tuple[str, str]]:
    """What the doctor says of payments."""
    told = json.loads((await run(home, "doctor", "--json")).out)
    return [(one["level"], one["says"]) for one in told["findings"] if one["check"] == "stripe"]


async def test_set_up_once_and_again_and_the_doctor_is_content(tmp_path: Path, stripe: StripeSandbox) -> None:
    settle(tmp_path, stripe)
    before = await found(tmp_path)
    assert {level for level, _ in before} == {"well", "warning"}
    assert any("no webhook secret" in says for _, says in before)

    first = await run(tmp_path, "billing", "setup")
    assert first.code == 0, first.said
    assert "4242 4242 4242 4242" in first.out
    assert "price of pro: 20 USD a month, made" in first.out
    assert stripe.webhook_secret not in first.said
    assert stripe.secret_key not in first.said
    kept = (tmp_path / ".env").read_text()
    assert f"STRIPE_WEBHOOK_SECRET={stripe.webhook_secret}\n" in kept
    assert "OTHER=1" in kept
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600

    made = len(stripe.things)
    again = await run(tmp_path, "billing", "setup")
    assert again.code == 0
    assert "made" not in again.out.replace("made by", "")
    assert len(stripe.things) == made
    assert {level for level, _ in await found(tmp_path)} == {"well"}

    shown = json.loads((await run(tmp_path, "billing", "show", "--json")).out)
    assert shown["mode"] == "test"
    assert shown["webhook"] == "https://chat.example.org/hooks/stripe"
    assert len(shown["for sale"]) == 4
    assert shown["not as ordered"] == []


async def test_what_is_wrong_is_said_in_words(tmp_path: Path, stripe: StripeSandbox) -> None:
    settle(tmp_path, stripe)
    await run(tmp_path, "billing", "setup")
    (endpoint,) = stripe.all("webhook_endpoint")
    endpoint["enabled_events"] = ["invoice.paid"]
    settle(tmp_path, stripe, more="[plans.pro]\nprice = 25\n")
    told = [says for _, says in await found(tmp_path)]
    assert any("is not sent" in says and "charge.refunded" in says for says in told)
    assert any("costs 25 USD here and 20 USD at Stripe" in says for says in told)
    endpoint["status"] = "disabled"
    assert ("error", "the webhook is switched off at Stripe, which brings nothing again.") in await found(tmp_path)
    settle(tmp_path, stripe, url="")
    assert any("cannot reach the page" in says for _, says in await found(tmp_path))
    (tmp_path / ".env").write_text("STRIPE_SECRET_KEY=sk_test_somebody_elses\n")
    ((level, says),) = await found(tmp_path)
    assert level == "error"
    assert "refuses the key" in says


async def test_without_a_key_nothing_pretends(tmp_path: Path, stripe: StripeSandbox) -> None:
    settle(tmp_path, stripe)
    (tmp_path / ".env").write_text("")
    told = await run(tmp_path, "billing", "setup")
    assert told.code == 2
    assert "There is no key of Stripe" in told.said
    assert await found(tmp_path) == []
    (tmp_path / ".env").write_text(f"STRIPE_SECRET_KEY={stripe.secret_key}\n")
    settle(tmp_path, stripe, more='mode = "live"')
    told = await run(tmp_path, "billing", "show")
    assert told.code == 2
    assert "mode is live" in told.said
    assert stripe.secret_key not in told.said
    assert stripe.calls == []
