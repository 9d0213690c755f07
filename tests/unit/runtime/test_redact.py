"""No secret passes the scrubber, whatever it stands in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.runtime.redact import HIDDEN, Scrubber

SHAPES = [
    "1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0",
    "bot1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0",
    "xoxb-123456789012-abcdefABCDEF",
    "xapp-1-A0123-456-abcdef",
    "sk-proj-abcdefghijklmnop1234",
    "sk-ant-api03-abcdefghijklmnop",
    "sk_live_abcdefghijklmnop",
    "rk_test_abcdefghijklmnop",
    "whsec_abcdefghijklmnop",
    "AIzaSyA-abcdefghijklmnopqrstuvwxyz12345",
    "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcDE.abcdefghijklmnopqrstuvwxyz0123456789",
]


@pytest.mark.parametrize("token", SHAPES)
@pytest.mark.parametrize("around", ["{}", "key={}", '"{}"', "https://h/x?k={}&y=1", "Bearer {}", "({})", "a {}, b"])
def test_what_looks_like_a_token_is_hidden(token: str, around: str) -> None:
    scrubbed = Scrubber()(around.format(token))
    assert token not in scrubbed
    assert HIDDEN in scrubbed


def test_a_telegram_address_keeps_its_host() -> None:
    text = "POST https://api.telegram.org/bot1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0/sendMessage"
    assert Scrubber()(text) == f"POST https://api.telegram.org/{HIDDEN}/sendMessage"


def test_a_link_to_pay_keeps_its_place() -> None:
    assert Scrubber()("GET /pay/0fSkZ3n9Qw-_1xTqPbLmRA/done 200") == f"GET /pay/{HIDDEN}/done 200"


def test_a_password_in_an_address_is_hidden() -> None:
    assert Scrubber()("at postgresql://ann:pw@db/x") == f"at postgresql://{HIDDEN}@db/x"


@pytest.mark.parametrize(
    "text", ["task-switching is slow", "ask-me-anything-today-please", "12:30 and 1234:5",
     "risk-averse-people-only", "http://127.0.0.1:8080/"]
)  # fmt: skip
def test_ordinary_words_stay(text: str) -> None:
    assert Scrubber()(text) == text


@given(st.sets(st.text(min_size=4, max_size=30), min_size=1, max_size=5), st.text(max_size=20), st.text(max_size=20))
def test_a_learned_value_never_passes(secrets: set[str], before: str, after: str) -> None:
    scrub = Scrubber()
    scrub.learn(secrets)
    for secret in secrets:
        scrubbed = scrub(f"{before} {secret} {after}")
        left = scrubbed.replace(HIDDEN, "")
        assert secret not in left or secret in f"{before}{after}  {HIDDEN}"


def test_a_secret_that_begins_another_hides_both() -> None:
    scrub = Scrubber()
    scrub.learn({"abcdef", "abcdefgh"})
    assert scrub("abcdefgh abcdef") == f"{HIDDEN} {HIDDEN}"
