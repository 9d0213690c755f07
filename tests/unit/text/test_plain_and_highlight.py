"""Words without dress, and code in colours."""
# ruff: noqa: E501

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.text.highlight import LARGEST, highlight
from hub.text.plain import plain
from tests.unit.text.answers import ANSWERS, anything


def test_plain_keeps_the_words():
    source = "# Hi **you**\n\n1. a `b`\n   - [x] c\n2. [d](https://e.f)\n\n> q\n\n---\n\n```py\nx\n```\n\n|a|b|\n|-|-|\n|1|2|"
    assert plain(source) == "Hi you\n\n1. a b\n   - [x] c\n2. d (https://e.f)\n\nq\n\nx\n\na\tb\n1\t2"


@settings(max_examples=100, deadline=None)
@given(anything)
def test_plain_never_raises(text):
    assert isinstance(plain(text), str)


def test_highlight_names_kinds():
    pieces = highlight('def f(x):\n    return "a" + 1  # why\n', "python")
    assert ("k", "def") in pieces
    assert ("f", "f") in pieces
    assert ("s", '"a"') in pieces
    assert ("m", "1") in pieces
    assert ("c", "# why") in pieces


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(anything, st.sampled_from(ANSWERS)),
    st.sampled_from(["python", "js", "c", "html", "nonsense", "", "JSON"]),
)
def test_pieces_put_together_are_the_code(code, language):
    assert "".join(text for _, text in highlight(code, language)) == code


def test_unknown_languages_and_long_code_are_one_piece():
    assert highlight("x = 1", "klingon") == (("", "x = 1"),)
    long = "x = 1\n" * LARGEST
    assert highlight(long, "python") == (("", long),)
