"""What the playground's panes read of each dialect: the same words as the platform's own reader, and their marks."""

from __future__ import annotations

import msgspec
import pytest

from adapters.discord.markup import render
from adapters.discord.sandbox.words import bare as bare_discord
from adapters.slack.markup import mrkdwn as to_mrkdwn
from adapters.telegram.markup import draw
from hub.runtime.playground.dialects import discord, entities, mrkdwn
from hub.text.split import split
from tests.kit.playground import bare
from tests.unit.text.answers import ANSWERS


def squeezed(text: str) -> str:
    """Words alone: blocks stand apart without line breaks on the page."""
    return "".join(text.replace("\u200b", "").replace("\u2060", "").split())


@pytest.mark.parametrize("answer", ANSWERS)
def test_discord_shows_the_words_that_its_own_reader_reads(answer: str) -> None:
    for part in split(answer, 1900, "utf16"):
        content = render(part)
        shown = squeezed(bare(discord.read(content, {})))
        plain = squeezed(bare_discord(content))
        # a list's own marks and numbers are drawn by the page
        marks = str.maketrans("", "", "-.0123456789")
        assert shown.translate(marks) == plain.translate(marks)


@pytest.mark.parametrize("answer", ANSWERS)
def test_telegram_shows_every_word_of_a_text_once(answer: str) -> None:
    drawn = draw(answer)
    found = msgspec.json.decode(msgspec.json.encode(drawn.entities))
    assert bare(entities.read(drawn.text, found)) == drawn.text


@pytest.mark.parametrize("answer", ANSWERS)
def test_mrkdwn_shows_words_without_marks(answer: str) -> None:
    shown = bare(mrkdwn.read(to_mrkdwn(answer), {}))
    assert "&amp;" not in shown
    assert "&lt;" not in shown
    assert "```" not in shown.replace("`\u2060``", "")


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("**a** *b* _c_ __d__ ~~e~~ ||f||", "strong em em u s spoiler"),
        ("***a***", "strong"),
        ("`*a*` ``b`c``", "code code"),
        (r"\*a\* \_b\_ 1\. snake_case_name 2 * 3 * 4", ""),
        ("<https://example.org/a_b_c> https://example.org/x.", "a a"),
        ("[words **in** it](<https://example.org/(x)>) [b](https://example.org)", "a a"),
        ("[no](javascript:alert(1))", ""),
        ("<@42> <@!42>", "mention mention"),
    ],
)
def test_discords_marks(text: str, nodes: str) -> None:
    (paragraph,) = discord.read(text, {"42": "Parley"})
    assert [one[0] for one in paragraph[2:] if isinstance(one, list)] == nodes.split()


def test_discords_blocks() -> None:
    text = "# T\n-# small\n> a\n> b\n- one\n  - deeper\n- two\n1. x\n```py\nif a:\n    b\n```\nend\nline"
    found = discord.read(text, {})
    assert [one[0] for one in found] == ["h1", "small", "blockquote", "ul", "pre", "p"]
    assert found[3][2:] == [
        ["li", 0, "one", ["ul", 0, ["li", 0, "deeper"]]],
        ["li", 0, "two"],
        ["li", 0, "x"],
    ]
    assert found[4] == ["pre", {"lang": "py"}, "if a:\n    b"]
    assert found[5] == ["p", 0, "end", ["br", 0], "line"]


def test_slacks_marks_and_mentions() -> None:
    text = "*a* _b_ ~c~ `d` <https://e.org|e> <@U1> &lt;x&gt;\n&gt; quoted\n```\ncode *x*\n```"
    paragraph, quote, code = mrkdwn.read(text, {"U1": "Ann"})
    assert [one[0] for one in paragraph[2:] if isinstance(one, list)] == ["strong", "em", "s", "code", "a", "mention"]
    assert bare(paragraph).endswith("@Ann <x>")
    assert quote == ["blockquote", 0, "quoted"]
    assert code == ["pre", 0, "code *x*"]


def test_telegrams_ranges_count_utf16_and_lie_in_each_other() -> None:
    text = "👍 bold italic x"
    found = entities.read(
        text,
        [
            {"type": "italic", "offset": 8, "length": 6},
            {"type": "bold", "offset": 3, "length": 11},
            {"type": "text_link", "offset": 15, "length": 1, "url": "https://example.org"},
        ],
    )
    assert found == [
        "👍 ",
        ["strong", 0, "bold ", ["em", 0, "italic"]],
        " ",
        ["a", {"href": "https://example.org"}, "x"],
    ]
