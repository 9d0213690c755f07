"""What a text is read as."""
# ruff: noqa: E501

import gc
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.text.clean import clean
from hub.text.inlines import Inliner
from hub.text.parse import parse, place, plain_paragraphs
from hub.text.tree import (
    Break,
    Code,
    CodeBlock,
    Emphasis,
    Heading,
    Item,
    Link,
    Listing,
    Math,
    MathBlock,
    Paragraph,
    Quote,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
)
from tests.unit.text.answers import ANSWERS, anything


def words(*inlines):
    return Paragraph(tuple(Text(i) if isinstance(i, str) else i for i in inlines))


@pytest.mark.parametrize(
    ("source", "blocks"),
    [
        ("", ()),
        ("hello", (words("hello"),)),
        ("a\nb", (words("a", Break(False), "b"),)),
        ("a  \nb", (words("a", Break(True), "b"),)),
        ("**a** *b* ~~c~~ `d`", (words(Strong((Text("a"),)), " ", Emphasis((Text("b"),)), " ", Strike((Text("c"),)), " ", Code("d")),)),
        ("snake_case_name", (words("snake_case_name"),)),
        ("## t", (Heading(2, (Text("t"),)),)),
        ("---", (Rule(),)),
        ("> q", (Quote((words("q"),)),)),
        ("```py x\n1\n```", (CodeBlock("1", "py", True),)),
        ("```\n1\n", (CodeBlock("1", "", False),)),
        ("    code", (CodeBlock("code", "", True),)),
        ("3. a\n4. b", (Listing(True, 3, True, (Item(None, (words("a"),)), Item(None, (words("b"),)))),)),
        ("- a\n\n- b", (Listing(False, 1, False, (Item(None, (words("a"),)), Item(None, (words("b"),)))),)),
        ("- [ ] a\n- [x] b", (Listing(False, 1, True, (Item(False, (words("a"),)), Item(True, (words("b"),)))),)),
        ("|a|b|\n|:-|-:|\n|1|", (Table(("left", "right"), ((Text("a"),), (Text("b"),)), (((Text("1"),), ()),)),)),
        ("$x$ and $$y$$", (words(Math("x"), " and ", Math("y")),)),
        ("$5 and $10", (words("$5 and $10"),)),
        ("$$\na\nb\n$$", (MathBlock("a\nb"),)),
        ("text\n$$ a $$\nmore", (words("text"), MathBlock("a"), words("more"))),
        ("$$\nopen", (words("$$", Break(False), "open"),)),
        ("<b>x</b>", (words("<b>x</b>"),)),
        ("<script>\nx\n</script>", (words("<script>", Break(False), "x", Break(False), "</script>"),)),
    ],
)  # fmt: skip
def test_reads(source, blocks):
    assert parse(source) == blocks


@pytest.mark.parametrize(
    ("source", "inlines"),
    [
        ("[a](https://x.y/z)", (Link("https://x.y/z", (Text("a"),)),)),
        ("[a](mailto:ann@x.y)", (Link("mailto:ann@x.y", (Text("a"),)),)),
        ("<https://x.y>", (Link("https://x.y", (Text("https://x.y"),)),)),
        ("![pic](https://x.y/i.png)", (Link("https://x.y/i.png", (Text("pic"),)),)),
        ("![](https://x.y/i.png)", (Link("https://x.y/i.png", (Text("https://x.y/i.png"),)),)),
        ("[![pic](https://a.b/i.png)](https://x.y)", (Link("https://x.y", (Text("pic"),)),)),
        ("[a](javascript:alert(1))", (Text("a (javascript:alert(1))"),)),
        ("[a](JaVaScRiPt:alert(1))", (Text("a (JaVaScRiPt:alert(1))"),)),
        ("[a](data:text/html;base64,xx)", (Text("a (data:text/html;base64,xx)"),)),
        ("[a](/local)", (Text("a (/local)"),)),
        ("[a](//host)", (Text("a (//host)"),)),
        ("[a](https:///x)", (Text("a (https:///x)"),)),
        ("[a]()", (Text("a"),)),
    ],
)
def test_links_lead_only_where_allowed(source, inlines):
    assert parse(source) == (Paragraph(inlines),)


def test_a_link_definition_is_used():
    assert parse("[a][b]\n\n[b]: https://x.y") == (Paragraph((Link("https://x.y", (Text("a"),)),)),)


@pytest.mark.parametrize(
    ("dirty", "cleaned"),
    [
        ("a\u200bb\u202ec\u2066d\ufeff", "abcd"),
        ("tag\U000e0041\U000e0042", "tag"),
        ("nul\x00 lone\ud800", "nul\ufffd lone\ufffd"),
        ("esc\x1b[31m bell\x07 c1\x9b", "esc[31m bell c1"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("👨‍👩‍👧‍👦 ❤️‍🔥 🏳️‍🌈", "👨‍👩‍👧‍👦 ❤️‍🔥 🏳️‍🌈"),
        ("می‌خواهم क्‍ष क्‌ष", "می‌خواهم क्‍ष क्‌ष"),
        ("a\u200db a\u200cb", "ab ab"),
        ("שלום مرحبا", "שלום مرحبا"),
    ],
)
def test_clean(dirty, cleaned):
    assert clean(dirty) == cleaned


def test_an_entity_brings_nothing_hidden_back():
    assert parse("a&#8238;b&#x200b;c&#173;d") == (words("abcd"),)


def leaves(blocks):
    for node in blocks:
        for name in node.__slots__:
            value = getattr(node, name)
            if isinstance(value, str):
                yield value
            elif isinstance(value, tuple):
                yield from leaves_of(value)


def leaves_of(values):
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            yield from leaves_of(value)
        else:
            yield from leaves([value])


@settings(max_examples=200, deadline=None)
@given(anything)
def test_never_raises_and_nothing_hidden_comes_through(text):
    blocks = parse(text)
    assert hash(blocks) == hash(parse(text))
    for leaf in leaves(blocks):
        assert leaf == clean(leaf)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(st.sampled_from("ab .,!?:;()\n-#>+=1é日'\"/%")), anything))
def test_the_short_way_for_plain_words_equals_the_long_one(text):
    text = clean(text)
    plain = plain_paragraphs(text)
    if plain is not None:
        assert plain == tuple(placed.block for placed in place(text, Inliner({})))


def test_plain_words_take_the_short_way():
    assert plain_paragraphs("Well-known words: one, two (three)!\nA line.\n\nA paragraph.") is not None


def test_deep_nesting_loses_no_words():
    text = "".join(f"{'> ' * depth}w{depth}\n\n" for depth in range(1, 60)) + "* ** " * 40 + "end"
    found = "".join(leaves(parse(text)))
    assert all(f"w{depth}" in found for depth in range(1, 60))
    assert "end" in found


HOSTILE = {
    name: (piece * 65536)[:65536]
    for name, piece in {
        "brackets": "[", "stars": "*", "quotes": ">", "backticks": "`", "underscores": "_ a", "images": "![", "half links": "[a](",
        "dollars": "$a ", "math lines": "$$x\n", "angles": "<", "entities": "&", "bolds": "**a **", "lists": "- ",
        "nested styles": "* a **b *", "references": "[a][b]", "pipes": "|-|\n", "backslashes": "\\", "pairs": "*a_",
        "strikes": "~~a ", "definitions": "[a]: b\n", "quote lines": "> a\n", "bracket pairs": "[[]", "items": "1. a\n",
        "uneven ticks": "``a`", "titles": '[a](b "', "angle links": "[a](<b ", "open links": "[[](x)", "doubled brackets": "[[]](",
    }.items()
}  # fmt: skip
HOSTILE["ladders"] = "\n".join(" " * (n % 50) + "- a" for n in range(2000))
HOSTILE["closing brackets"] = "[" * 32000 + "]" * 32000
HOSTILE["late target"] = "[[]" * 20000 + "]("
HOSTILE["growing ticks"] = "".join("`" * n + "a" for n in range(360))


def cpu_seconds(read, text):
    """What `read` takes, without looking through what other tests left in memory."""
    gc.disable()
    start = time.process_time()
    read(text)
    took = time.process_time() - start
    gc.enable()
    return took


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_little(name):
    assert cpu_seconds(parse, HOSTILE[name]) < 1  # the slow ways take minutes


def test_time_grows_with_length_not_faster():
    text = "\n".join(ANSWERS[:-1])

    def cost(times):
        best = 9.0
        for _ in range(3):
            start = time.process_time()
            parse(text * times)
            best = min(best, time.process_time() - start)
        return best

    cost(1)
    assert cost(40) < 10 * cost(8)
