"""CommonMark as Telegram's text and entities: nothing lost, nothing refused, nobody pinged."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.telegram.markup import LIMIT, Drawn, draw
from adapters.telegram.markup.safe import JOINER, quiet
from adapters.telegram.markup.table import WIDEST
from adapters.telegram.sandbox.text import bound_faults, nesting_faults, piece, units, with_found
from hub.domain.reply import Button
from hub.text.measure import columns
from hub.text.parse import parse
from hub.text.split import split
from hub.text.tree import (
    Block,
    Break,
    Code,
    CodeBlock,
    Heading,
    Inline,
    Link,
    Listing,
    Math,
    MathBlock,
    Paragraph,
    Quote,
    Rule,
    Table,
    Text,
)

SOURCE = (
    "# ¦## ¦- ¦1. ¦- [x] ¦> ¦>> ¦```py\n¦```\n¦~~~¦`¦``¦**¦*¦_¦~~¦$¦$$\n¦[a](https://x.example/p?q=1&r)¦[b](¦)¦]¦["
    "¦\n| a | b |\n|---|--:|\n| 1 | 2 |\n¦| @ann | **x** |\n¦|¦\n¦\n\n¦    ¦\t¦word¦Wörter¦你好¦مرحبا¦👩‍👩‍👧¦🇩🇪¦😀¦é"
    "¦@ann¦@everyone¦/run¦/etc/passwd¦/a@ab¦/b@bot_bot¦https://medium.com/@user/x¦a@b.example¦<b>¦</b>¦<!channel>¦&amp;¦\\¦#tag"
    "¦---\n¦***\n¦![i](https://e.example/i.png)¦<https://a.example>¦http://localhost:80/¦(¦.¦!¦one two three¦  \n"
)
PIECES = st.sampled_from(SOURCE.split("¦"))
TEXTS = st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200)


def as_json(drawn: Drawn) -> list[dict[str, object]]:
    return [
        {"type": one.type, "offset": one.offset, "length": one.length} | ({"url": one.url} if one.url else {})
        for one in drawn.entities
    ]


def words(blocks: tuple[Block, ...]) -> list[str]:
    """Every leaf's text, in order."""
    found: list[str] = []

    def inline(inlines: tuple[Inline, ...]) -> None:
        for one in inlines:
            match one:
                case Text(text) | Code(text) | Math(text):
                    found.append(text)
                case Break():
                    pass
                case Link(href, inner):
                    inline(inner)
                    found.append(href.removeprefix("mailto:"))
                case _:
                    inline(one.inlines)

    for block in blocks:
        match block:
            case Paragraph(inlines) | Heading(_, inlines):
                inline(inlines)
            case Listing(items=items):
                for item in items:
                    found += words(item.blocks)
            case Quote(inner):
                found += words(inner)
            case CodeBlock(code) | MathBlock(code):
                found.append(code)
            case Table(header=header, rows=rows):
                for row in (header, *rows):
                    for cell in row:
                        inline(cell)
            case Rule():
                pass
    return found


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS)
def test_whatever_a_model_writes_is_taken_by_telegram(text: str) -> None:
    drawn = draw(text)
    entities = as_json(drawn)
    assert drawn.text.strip() == drawn.text != ""
    assert units(drawn.text) <= LIMIT
    assert bound_faults(drawn.text, entities) == []
    assert nesting_faults(entities) == []


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS)
def test_no_words_are_lost(text: str) -> None:
    drawn = draw(text)
    everything = drawn.text.replace(JOINER, "") + "".join(entity.url for entity in drawn.entities)
    everything = "".join(everything.split())
    for leaf in words(parse(text)):
        for line in leaf.split("\n"):
            assert "".join(line.split()) in everything


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS)
def test_nobody_is_mentioned_and_no_command_is_offered(text: str) -> None:
    drawn = draw(text)
    found = {entity["type"] for entity in with_found(drawn.text, as_json(drawn))}
    assert not found & {"mention", "bot_command", "text_mention"}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(PIECES, min_size=50, max_size=120), st.integers(20, 60))
def test_parts_of_a_long_text_fit_whatever_they_hold(pieces: list[str], times: int) -> None:
    for part in split("".join(pieces) * times, 4000, "utf16")[:4]:
        drawn = draw(part)
        assert units(drawn.text) <= LIMIT
        assert bound_faults(drawn.text, as_json(drawn)) == []
        assert nesting_faults(as_json(drawn)) == []


@pytest.mark.parametrize(
    "text",
    [
        "@a " * 1333,
        "/a " * 1333,
        "|a|\n|-|\n" + "|b|\n" * 990,
        "- a\n" * 1000,
        ">" * 3000 + "x",
        "x" * 4000,
        "😀" * 2000,
    ],
)
def test_texts_that_grow_when_they_are_dressed_still_fit(text: str) -> None:
    drawn = draw(text)
    assert units(drawn.text) <= LIMIT
    assert bound_faults(drawn.text, as_json(drawn)) == []
    assert not {e["type"] for e in with_found(drawn.text, as_json(drawn))} & {"mention", "bot_command"}


def test_a_caption_is_cut_rather_than_refused() -> None:
    drawn = draw("word " * 400, limit=1024)
    assert units(drawn.text) <= 1024
    assert drawn.text.endswith("…")


@pytest.mark.parametrize("text", ["", "  \n", "[a]: https://x.example", "```\n```", "\u200b"])
def test_a_text_without_words_is_something_all_the_same(text: str) -> None:
    assert draw(text).text


def kinds(text: str) -> list[tuple[str, str]]:
    drawn = draw(text)
    return [(entity["type"], piece(drawn.text, entity)) for entity in as_json(drawn)]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "plain", "marked"),
    [
        ("**b *i*** ~~s~~ `c`", "b i s c", [("bold", "b i"), ("italic", "i"), ("strikethrough", "s"), ("code", "c")]),
        ("**a `c` b**", "a c b", [("bold", "a "), ("code", "c"), ("bold", " b")]),
        ("😀 **b**", "😀 b", [("bold", "b")]),
        ("[`x` **y**](https://a.example)", "x y", [("text_link", "x y")]),
        ("[x](http://localhost/a)", "x (http://localhost/a)", []),
        ("[write](mailto:a@b.example)", "write (a@b.example)", []),
        ("<a@b.example>", "a@b.example", []),
        ("## H `c`", "H c", [("bold", "H "), ("code", "c")]),
        ("```py\nx = 1\n```", "x = 1", [("pre", "x = 1")]),
        ("> a\n>\n> > b", "a\n\n» b", [("blockquote", "a\n\n» b")]),
        ("- a\n- b\n  1. c\n     - d", "• a\n• b\n   1. c\n      ▪ d", []),
        ("3. a\n4. b", "3. a\n4. b", []),
        ("- [x] a\n- [ ] b", "• ☑ a\n• ☐ b", []),
        ("a\n\n---\n\nb", "a\n\n————————\n\nb", []),
        ("$x^2$ and\n\n$$\ny\n$$", "x^2 and\n\ny", [("code", "x^2"), ("pre", "y")]),
        ("a  \nb\nc", "a\nb\nc", []),
        ("|a|b|\n|-|-:|\n|你好|1|", "a    │ b\n─────┼──\n你好 │ 1", [("pre", "a    │ b\n─────┼──\n你好 │ 1")]),
    ],
)
def test_each_block_has_its_look(text: str, plain: str, marked: list[tuple[str, str]]) -> None:
    assert draw(text).text == plain
    assert kinds(text) == marked


def test_a_wide_table_is_a_list_of_records() -> None:
    text = f"| Name | What |\n|--|--|\n| [one](https://x.example) | {'long ' * 12}|\n| two | short |"
    assert draw(text).text == f"Name: one\nWhat: {('long ' * 12).strip()}\n\nName: two\nWhat: short"
    assert ("bold", "Name") in kinds(text)
    assert ("text_link", "one") in kinds(text)


@given(st.lists(st.lists(st.sampled_from(["a", "你好", "é", "wide cell"]), min_size=3, max_size=3), max_size=6))
def test_columns_are_aligned(rows: list[list[str]]) -> None:
    text = "|x|y|z|\n|-|:-:|-:|\n" + "".join(f"|{'|'.join(row)}|\n" for row in rows)
    lines = draw(text).text.split("\n")
    borders = {tuple(columns(part) for part in line.replace("┼", "│").split("│")[:-1]) for line in lines}
    assert len(borders) == 1
    assert all(columns(line) <= WIDEST for line in lines)


@pytest.mark.parametrize(
    "text",
    [
        "@*durov*",
        "@**du**rov",
        "@d**urov**",
        "**/**stop",
        "/[stop](http://h)",
        "http://h/@durov",
        "[x](http://h/@durov)",
        "<http://h?@durov>",
        "[x](http://h:/stop)",
        "[x](mailto:a?cc=@durov)",
        "[x](tg://h?@durov)",
    ],
)
def test_what_telegram_finds_across_marks_and_in_odd_addresses_is_kept_quiet(text: str) -> None:
    """Telegram reads the whole text, whatever marks lie between, and takes a host without a dot for no address."""
    for drawn in (draw(text), draw(f"a {text} b"), draw(text, ours=True)):
        found = {entity["type"] for entity in with_found(drawn.text, as_json(drawn))}
        assert not found & {"mention", "bot_command"}


def stilled(text: str) -> list[str]:
    return [before[-1] for before in quiet(text).split(JOINER)[:-1]]


def test_only_what_telegram_finds_is_kept_quiet() -> None:
    assert stilled("@ann a@b.example https://x.example/@u /run a/b //c <a/b>") == ["@", "/"]
    assert stilled("https://x.example,@ann") == ["@"]
    assert stilled("/etc/hosts @ü and/or 1/2 /a@ab /b@bot_bot /" + "x" * 65) == ["/", "/"]


def test_buttons_stand_in_rows_that_fit() -> None:
    from adapters.telegram.markup.buttons import keyboard

    buttons = [Button(label, "do", label, translate=False) for label in ("Retry", "Shorter", "Longer", "x" * 40, "")]
    drawn = keyboard(buttons)
    assert drawn is not None
    assert [[button["text"] for button in row] for row in drawn["inline_keyboard"]] == [
        ["Retry", "Shorter", "Longer"],
        ["x" * 40],
    ]
    assert keyboard([]) is None
