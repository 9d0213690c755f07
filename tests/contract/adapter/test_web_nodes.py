"""The nodes a widget is given, and that a growing answer always arrives at the nodes of the whole."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web.markup import TAGS, Drawing, nodes, plain
from adapters.web.sandbox import apply, words_of

SAMPLE = """# Title with `code`

A paragraph with **bold, *both* and ~~gone~~** words, a [link](https://example.com/a_(b)) and $x^2$.
Second line\\
third.

1. one
2. two
   - nested *item*
   - [x] done
   - [ ] open

> quoted
> > twice

| a | b |
|:--|--:|
| 1 | **2** |

```python
def f(x):
    return x + 1  # why
```

$$
E = mc^2
$$

---

snake_case_name and <script>alert(1)</script> ![img](https://evil.example/x.png) end.
"""


PIECES = [
    "a",
    "word ",
    "**",
    "*",
    "`",
    "```\n",
    "```py\n",
    "\n",
    "\n\n",
    "- ",
    "1. ",
    "> ",
    "| a |",
    "|-|\n",
    "# ",
    "$",
]
PIECES += ["$", "$$\n", "[x](", "https://e.example)", "<b>", "[ ] ", "    ", "\\", "~~", "---\n", "é", "😀", "\u202e"]


def tags(found: list[Any]) -> set[str]:
    return {node[0] for node in found if not isinstance(node, str)} | {
        tag for node in found if not isinstance(node, str) for tag in tags(node[2:])
    }


def test_every_tag_is_of_the_closed_list() -> None:
    used = tags(nodes(SAMPLE))
    assert used <= TAGS
    assert used >= TAGS - {"h2", "h3", "h4", "h5", "h6"}


def test_the_shapes() -> None:
    assert nodes("a **b** c") == [["p", 0, "a ", ["strong", 0, "b"], " c"]]
    assert nodes("## H") == [["h2", 0, "H"]]
    assert nodes("[x](https://a.example)") == [["p", 0, ["a", {"href": "https://a.example"}, "x"]]]
    assert nodes("3. a\n4. b") == [["ol", {"start": 3}, ["li", 0, "a"], ["li", 0, "b"]]]
    assert nodes("- [x] a") == [["ul", 0, ["li", 0, ["task", {"done": True}], "a"]]]
    assert nodes("```\na < b\n```") == [["pre", 0, "a < b"]]
    assert nodes("```python\nreturn 1\n```")[0][:2] == ["pre", {"lang": "python"}]
    assert nodes("```python\nreturn 1\n```")[0][2] == ["tk", {"c": "k"}, "return"]
    assert nodes("|a|b|\n|-|:-:|\n|1|2|") == [
        [
            "table",
            0,
            ["thead", 0, ["tr", 0, ["th", 0, "a"], ["th", {"align": "center"}, "b"]]],
            ["tbody", 0, ["tr", 0, ["td", 0, "1"], ["td", {"align": "center"}, "2"]]],
        ]
    ]
    assert nodes("a\nb") == [["p", 0, "a\nb"]]
    assert nodes("$$\nx\n$$") == [["math", {"block": True}, "x"]]
    assert plain("") == []


@pytest.mark.parametrize("href", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd"])
def test_no_link_leads_anywhere_but_the_web_and_mail(href: str) -> None:
    assert "a" not in tags(nodes(f"[x]({href}) <{href}>"))


def grown(text: str, cuts: list[int]) -> tuple[list[Any], list[Any]]:
    """What a browser shows after frames at `cuts`, and what it should."""
    drawing = Drawing()
    shown: list[Any] = []
    for cut in [*sorted(cuts), len(text)]:
        ops = copy.deepcopy(drawing.grow(text[:cut]))
        apply(shown, ops)
        assert shown == drawing.nodes
    return shown, drawing.finish(text)


def test_a_sample_grows_letter_by_letter() -> None:
    shown, finished = grown(SAMPLE, list(range(len(SAMPLE))))
    assert shown == finished == nodes(SAMPLE)


@given(st.data())
def test_frames_lead_to_the_whole(data: st.DataObject) -> None:
    pieces = st.sampled_from(PIECES)
    text = "".join(data.draw(st.lists(pieces, max_size=40)))
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=10))
    shown, finished = grown(text, cuts)
    assert shown == finished == nodes(text)


def test_words_that_only_get_longer_are_only_appended() -> None:
    drawing = Drawing()
    drawing.grow("one two")
    assert drawing.grow("one two three") == [["+", 0, " three"]]
    assert drawing.grow("one two three\n\n- a") == [["=", 1, ["ul", 0, ["li", 0, "a"]]]]
    assert drawing.grow("one two three\n\n- ab") == [["+", 1, "b"]]
    assert drawing.grow("one") == [["=", 0, ["p", 0, "one"]], ["-", 1]]


def test_a_late_link_definition_is_seen_at_the_end() -> None:
    text = "See [the page][1].\n\nMore.\n\n[1]: https://e.example"
    _, finished = grown(text, [10, 20, 30])
    assert finished == nodes(text)
    assert "a" in tags(finished)


def test_the_bare_words_of_a_long_answer_are_kept() -> None:
    rng = random.Random(1)
    text = " ".join(f"word{rng.randrange(1000)}" for _ in range(2_000))
    shown, _ = grown(text, sorted(rng.randrange(len(text)) for _ in range(100)))
    assert words_of(shown) == text
