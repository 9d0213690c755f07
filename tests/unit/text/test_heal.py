"""Frames that look finished."""
# ruff: noqa: E501

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.text.heal import LONGEST, LONGEST_WORDS, heal
from hub.text.parse import parse
from hub.text.tree import Code, CodeBlock, Listing, Quote, Text
from tests.unit.text.answers import ANSWERS, anything
from tests.unit.text.test_parse import HOSTILE, cpu_seconds


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
        ("Text:\n\n| a | b |\n|--", "Text:\n\n"),
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


@settings(max_examples=200, deadline=None)
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
@settings(max_examples=150, deadline=None)
def test_no_frame_of_a_real_answer_shows_half_a_mark(text, data):
    frame = parse(heal(text[: data.draw(st.integers(0, len(text)))]))
    shown = "\n".join(texts(frame))
    assert "**" not in shown
    assert "~~" not in shown
    assert "](" not in shown
    assert "`" not in shown


@pytest.mark.parametrize(
    "before",
    [
        "```\n**a\n```\n",
        "```\n**a\n   ````\n",
        "```\n> ```\n    ```\n```\n",
        "1. a\n   ```sh\n   b **c\n\n   d\n   ```\n2. e\n\n",
        "- ```\n  a\n  ```\n\n",
        "> ```\n> a\n>\n> ```\n\n",
        "> ```\n> a\n\n",
        "- ```\n  a\n\n",
        "$$\n```\n$$\n\n",
        "14. ```\n\n",
        "a ``` b\n\n",
        "``` a ``` b\n\n",
        "$$\na\n- b\n$$\n",
    ],
)
def test_what_came_before_does_not_matter(before):
    assert heal(f"{before}- some **bold") == f"{before}- some **bold**"


@pytest.mark.parametrize("opening", ["```py\n", "  ```\n", "- a\n\n  ```\n  b\n  ```\n\n~~~\n", "```\n> ```\n\n"])
def test_inside_code_nothing_is_a_mark(opening):
    text = f"{opening}some **bold\n\n- it *is"
    healed = heal(text)
    assert healed.startswith(f"{text}\n")
    assert parse(healed)[-1].code.endswith("- it *is")


def open_code(blocks):
    match blocks[-1] if blocks else None:
        case CodeBlock(_, _, closed):
            return not closed
        case Quote(inner):
            return open_code(inner)
        case Listing(_, _, _, items):
            return open_code(items[-1].blocks)
    return False


_LINES = [
    "```", "```py", "  ```", "   ```sh", "    ```", "> ```", "- ```", "````", "~~~", "1. a", "2. ```", "14. x", "- b", "- **c", "$$",
    "", "   x", "  y", "text", "z **w", "> q", "| a |",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_LINES), max_size=14).map("\n".join))
def test_no_code_stays_open(text):
    healed = heal(text)
    assert not open_code(parse(healed))
    assert heal(healed) == healed


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_little(name):
    hostile = HOSTILE[name]
    assert cpu_seconds(heal, hostile) < 0.5
    assert cpu_seconds(heal, hostile[: LONGEST - 5]) < 0.5
    assert cpu_seconds(heal, hostile[: LONGEST_WORDS - 5]) < 0.5


def test_an_ordinary_frame_costs_next_to_nothing():
    text = ("\n".join(ANSWERS[:-1]) * 9)[:10_000]
    frames = [text[: 9_600 + cut] for cut in range(0, 400, 20)]
    assert min(cpu_seconds(lambda all_: [heal(frame) for frame in all_], frames) for _ in range(3)) < 0.002 * len(
        frames
    )
