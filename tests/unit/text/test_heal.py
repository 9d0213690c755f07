"""Frames that look finished."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.text.heal import heal
from hub.text.parse import parse
from hub.text.tree import Code, CodeBlock, Text
from tests.unit.text.answers import ANSWERS, anything
from tests.unit.text.test_parse import HOSTILE


@pytest.mark.parametrize(
    ("unfinished", "healed"),
    [
        ("", ""),
        ("plain words", "plain words"),
        ("some **bold", "some **bold**"),
        ("some **bold ", "some **bold**"),
        ("some **bold*", "some **bold**"),
        ("some **", "some"),
        ("some *it", "some *it*"),
        ("***both", "***both***"),
        ("**a *b", "**a *b***"),
        ("~~gone", "~~gone~~"),
        ("use `code", "use `code`"),
        ("use ``co`de", "use ``co`de``"),
        ("use `", "use"),
        ("see [docs](https://exa", "see docs"),
        ("see ![pic](https://exa", "see pic"),
        ("see [docs](https://example.com) and", "see [docs](https://example.com) and"),
        ("```py\nx = 1", "```py\nx = 1\n```"),
        ("```py\nx = 1\n``", "```py\nx = 1\n```"),
        ("```py\nx = 1\n```", "```py\nx = 1\n```"),
        ("- a\n  ```py\n  x", "- a\n  ```py\n  x\n  ```"),
        ("> ```\n> x", "> ```\n> x\n> ```"),
        ("| a | b |", ""),
        ("Text:\n\n| a | b |\n|--", "Text:"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3", "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("Title\n-", "Title"),
        ("$$\nx^2", "$$\nx^2\n$$"),
        ("2*3 is 6", "2*3 is 6"),
        ("snake_case", "snake_case"),
    ],
)
def test_heals(unfinished, healed):
    assert heal(unfinished) == healed


@pytest.mark.parametrize("text", ANSWERS)
def test_a_finished_answer_needs_no_healing(text):
    assert parse(heal(text)) == parse(text)


@settings(max_examples=400, deadline=None)
@given(anything)
def test_healing_twice_is_healing_once(text):
    once = heal(text)
    assert heal(once) == once


def texts(blocks):
    for node in blocks:
        if isinstance(node, Text):
            yield node.text
        elif not isinstance(node, Code | CodeBlock | str):
            for name in node.__slots__:
                value = getattr(node, name)
                if isinstance(value, tuple):
                    yield from nested(value)


def nested(values):
    for value in values:
        if isinstance(value, tuple):
            yield from nested(value)
        elif not isinstance(value, str):
            yield from texts([value])


@given(st.sampled_from(ANSWERS[:-1]), st.data())
@settings(max_examples=300, deadline=None)
def test_no_frame_of_a_real_answer_shows_half_a_mark(text, data):
    frame = parse(heal(text[: data.draw(st.integers(0, len(text)))]))
    shown = "\n".join(texts(frame))
    assert "**" not in shown
    assert "~~" not in shown
    assert "](" not in shown
    assert "`" not in shown


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_little(name):
    heal(HOSTILE[name])
