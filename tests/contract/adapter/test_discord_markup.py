"""Text as Discord's markdown: what a reader sees is what was written, nothing comes alive, everything fits."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.discord.adapter.shown import shown
from adapters.discord.markup import LIMIT, render
from adapters.discord.sandbox.words import bare, live, outside_code
from hub.domain.reply import Part
from hub.text.measure import measure
from hub.text.split import split

LIVE = re.compile(r"<(?:@[!&]?|#)\d+>|<a?:\w+:\d+>|<t:-?\d+(?::\w)?>|</[\w -]+:\d+>|<id:\w+>|@everyone|@here")

TOKENS = (
    "<@1>",
    "<@!1>",
    "<@&1>",
    "<#1>",
    "@everyone",
    "@here",
    "<:a:1>",
    "<a:b:1>",
    "<t:1:R>",
    "</x:1>",
    "<id:guide>",
)
MARKS = ("**", "*", "_", "__", "~~", "`", "``", "```", "||", ">", "> ", "# ", "- ", "1. ", "\n", "\n\n", "    ", "\\")
LINKS = (
    "[a](https://example.com/)",
    "https://example.com/a_b_c",
    "![i](https://e.example/p.png)",
    "a | b\n--|--\n1 | 2\n",
)
SCRIPTS = ("<b>", "</b>", "$x$", "$$\ny\n$$", "word", "wörter", "日本語", "👩‍👩‍👧", "مرحبا", " ")
ALONE = ("|", "(", ")", "[", "]", "<", "@", "&", "\u200b")
PIECES = st.sampled_from((*TOKENS, *MARKS, *LINKS, *SCRIPTS, *ALONE))
HOSTILE = st.lists(PIECES | st.text(max_size=8), max_size=40).map("".join)


@given(HOSTILE)
@settings(max_examples=400, deadline=None)
@example("\\<@1>")
@example("<@\\1>")
@example("@\\everyone")
@example("`<@1>` <@1>")
@example("<`@1>`")
@example("`<@1>``<@1>``")
@example("@*everyone*")
def test_nothing_ever_comes_alive(text: str) -> None:
    drawn = render(text)
    assert live(drawn) == []
    assert not LIVE.search(outside_code(drawn))


@given(HOSTILE)
@settings(max_examples=300, deadline=None)
def test_every_part_of_any_text_fits(text: str) -> None:
    for part in split(text * 30, 1_900, "utf16"):
        drawn = render(part)
        assert measure(drawn, "utf16") <= LIMIT
        assert shown(Part(part))["content"].strip()


@pytest.mark.parametrize("character", ["*", "_", "|", "`", "\\", "<", "#", "~", "[", "👩", "|a", "@everyone ", "<@1> "])
def test_the_worst_of_texts_fits(character: str) -> None:
    for part in split(character * 2_000, 1_900, "utf16"):
        assert measure(render(part), "utf16") <= LIMIT


@given(st.lists(st.sampled_from(["plain", "words", "and", "numbers", "12", "über", "日本"]), min_size=1, max_size=30))
def test_plain_words_are_left_alone(words: list[str]) -> None:
    assert render(" ".join(words)) == " ".join(words)


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="\u3000"), max_size=60))
@settings(max_examples=300, deadline=None)
def test_code_is_read_as_it_was_written(code: str) -> None:
    code = " ".join(code.split())
    if not code or "```" in code or code.endswith("`"):
        return
    from hub.text.clean import clean

    assert bare(render(f"~~~~\n{code}\n~~~~")) == clean(code).strip("\n")


@pytest.mark.parametrize(
    ("written", "drawn"),
    [
        ("**bold** *lean* ***both*** ~~gone~~ `code`", "**bold** *lean* _**both**_ ~~gone~~ `code`"),
        ("# One\n\n### Three\n\n#### Four", "# One\n\n### Three\n\n**Four**"),
        ("- a\n- b\n  - c\n\n3. x\n4. y", "- a\n- b\n  - c\n\u200b\n3. x\n4. y"),
        ("- [x] done\n- [ ] open", "- ☑ done\n- ☐ open"),
        ("> one\n> > two", "> one\n> \n> two"),
        ("![alt](https://example.com/p.png)", "[alt](<https://example.com/p.png>)"),
        ("[text](https://example.com/a_(b))", "[text](<https://example.com/a_(b)>)"),
        ("[bank.example](https://evil.example/)", "bank.example (<https://evil.example/>)"),
        ("<https://example.com/>", "<https://example.com/>"),
        ("[me](mailto:me@example.com)", "me (me@example.com)"),
        ("$x^2$ and\n\n$$\n\\frac12\n$$", "`x^2` and\n\n```tex\n\\frac12\n```"),
        ("```python\nprint(1)\n```", "```python\nprint(1)\n```"),
        ("```\na\n``` b", "```\na\n``\u200b` b\n```"),
        ("2 \\* 3 \\_x\\_ \\# y", "2 \\* 3 \\_x\\_ # y"),
        ("\\# no heading\n\n\\- no list\n\n1\\. none", "\\# no heading\n\n\\- no list\n\n1\\. none"),
        ("a\n\n---\n\nb", "a\n\n────────────\n\nb"),
        ("snake_case_name and ||no spoiler||", "snake\\_case\\_name and \\|\\|no spoiler\\|\\|"),
        ("-# not small", "\\-# not small"),
    ],
)
def test_each_mark_in_discords_own(written: str, drawn: str) -> None:
    assert render(written) == drawn


def test_small_tables_are_columns_and_wide_ones_records() -> None:
    small = render("| name | count |\n|---|--:|\n| one | 1 |\n| zwölf | 12 |")
    assert small == "```\nname   count\n─────  ─────\none        1\nzwölf     12\n```"
    cell = "a rather long cell with **bold** words in it, and then some more"
    wide = render(f"| name | text |\n|---|---|\n| one | {cell} |\n| two | {cell} |")
    assert wide == f"**name:** one\n**text:** {cell}\n\n**name:** two\n**text:** {cell}"


def test_a_reader_sees_the_words() -> None:
    text = '# Title\n\nFirst *words* with `a_b*c` and a [link](https://example.com/).\n\n```\nx = "**y**"\n```'
    assert bare(render(text)) == 'Title\n\nFirst words with a_b*c and a link.\n\nx = "**y**"'


def test_an_unfinished_answer_can_be_drawn_at_every_length() -> None:
    text = "# A\n\n- one **two\n\n```python\nprint('<@1>')\n```\n\n| a | b |\n|---|---|\n| 1 | @everyone |\n\nend"
    for end in range(len(text)):
        assert live(render(text[:end])) == []
