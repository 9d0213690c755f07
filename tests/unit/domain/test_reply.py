"""Links that people may be shown, and buttons that open them."""

from __future__ import annotations

import pytest

from hub.core.parts import parts_of
from hub.domain.address import Address
from hub.domain.capabilities import Capabilities
from hub.domain.reply import LONGEST_URL, Button, Notice, Reply, is_link
from hub.domain.turn import OutboxItem

GOOD = (
    "https://example.org",
    "https://example.org/pay/a_b-c?x=1&y=%20z#top",
    "https://xn--bcher-kva.example:8443/",
    "https://[2001:db8::1]/",
    "http://localhost:8080/pay/x",
    "http://127.0.0.1/",
    "http://[::1]:80/",
)

BAD = (
    "",
    "example.org",
    "javascript:alert(1)",
    "data:text/html,x",
    "http://example.org/",
    "http://localhost.evil.example/",
    "http://127.0.0.1.evil.example/",
    "https://bank.example@evil.example/",
    "https://user:word@evil.example/",
    "https://evil.example\\@bank.example/",
    "https://example.org/a b",
    "https://example.org/\n",
    "https://example.org/\u202egpj.exe",
    "https://еxample.org/",
    "https:///x",
    "https://example.org/" + "x" * LONGEST_URL,
)


@pytest.mark.parametrize("url", GOOD)
def test_a_page_may_be_opened(url: str) -> None:
    assert is_link(url)
    assert Button("Pay", url=url).url == url


@pytest.mark.parametrize("url", BAD)
def test_anything_else_may_not(url: str) -> None:
    assert not is_link(url)
    if url:
        with pytest.raises(ValueError, match="https page"):
            Button("Pay", url=url)


def test_a_button_does_one_thing() -> None:
    with pytest.raises(ValueError, match="https page"):
        Button("Pay", "plan", url="https://example.org")


def test_commands_in_words_of_ours_are_called_as_the_platform_has_them_called() -> None:
    reply = Reply("The model says `/help`.", Notice("settings_free", {"model": "a/b `a/b`", "speaks": "`/link` it"}))
    item = OutboxItem(1, "t1", 1, Address(1, "x", "b", "c"), reply, "en")
    (part,), _ = parts_of(item, Capabilities(text_limit=900, calls="/parley "))
    assert "The model says `/help`." in part.text
    assert "**a/b `a/b`** answers you (`/parley model`)." in part.text
    assert "`/parley link` it" in part.text


@pytest.mark.parametrize("buttons", [True, False])
def test_where_there_are_no_buttons_a_link_stands_in_words(*, buttons: bool) -> None:
    both = (Button("button_retry", "retry"), Button("Pay", translate=False, url="https://x.y/a_b_c"))
    item = OutboxItem(1, "t1", 1, Address(1, "x", "b", "c"), Reply("Hello.", Notice("stopped"), both), "en", 0)
    (part,), _ = parts_of(item, Capabilities(text_limit=400, buttons=buttons))
    assert part.text.endswith("\n\nPay: <https://x.y/a_b_c>") is not buttons
    assert [button.label for button in part.buttons] == (["Retry", "Pay"] if buttons else [])
