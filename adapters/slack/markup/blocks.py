"""Parts as Slack's blocks. Knows Block Kit and its limits; must not know addresses or calls."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.slack.markup.markdown import markdown
from adapters.slack.markup.mrkdwn import escaped, mrkdwn
from hub.domain.reply import Button, Part
from hub.text.plain import plain
from hub.text.split import split

Block = dict[str, object]

FALLBACK = 3_000
"""Characters of the words beside the blocks: for notifications and screen readers (Slack advises at most 4,000)."""

SECTION = 2_900
"""Characters of one section; Slack takes 3,000, and escapes need some."""

LABEL, VALUE, IN_A_ROW = 75, 2_000, 25
"""Slack's limits of a button's label and value, and of one row of buttons."""

HOME_BLOCKS = 100


def message_blocks(part: Part, feedback: tuple[str, str] | None) -> tuple[str, list[Block]]:
    """Fallback text and blocks of a message. `feedback`: labels of the two buttons that judge an answer."""
    blocks: list[Block] = [{"type": "markdown", "text": markdown(part.text)}] if part.text.strip() else []
    blocks += _rows(part.buttons)
    if feedback is not None:
        blocks.append(_feedback(*feedback))
    return fallback(part.text), blocks


def fallback(text: str) -> str:
    """The words alone, harmless in mrkdwn; never empty."""
    return escaped(plain(text[: 2 * FALLBACK])[:FALLBACK]) or "…"


def response_blocks(part: Part) -> tuple[str, list[Block]]:
    """The same for where markdown blocks are not taken."""
    sections = list(_sections(part.text))
    return fallback(part.text), [*sections, *_rows(part.buttons)][:50]


def home_view(part: Part) -> Block:
    """A Home tab."""
    blocks = [*_sections(part.text)][: HOME_BLOCKS - 2]
    return {"type": "home", "blocks": [*blocks, *_rows(part.buttons)][:HOME_BLOCKS]}


def _sections(text: str) -> Iterable[Block]:
    for piece in split(text, SECTION // 2, "characters"):
        drawn = mrkdwn(piece)
        for start in range(0, len(drawn), SECTION):
            words = drawn[start : start + SECTION]
            if words.strip():
                yield {"type": "section", "text": {"type": "mrkdwn", "text": words}, "expand": True}


def _rows(buttons: tuple[Button, ...]) -> Iterable[Block]:
    fitting = [button for button in buttons if len(_value(button)) <= VALUE and button.label.strip()]
    for start in range(0, len(fitting), IN_A_ROW):
        row = fitting[start : start + IN_A_ROW]
        yield {"type": "actions", "elements": [_button(button, start + at) for at, button in enumerate(row)]}


def _value(button: Button) -> str:
    return f"{button.command} {button.argument}".rstrip()


def _button(button: Button, number: int) -> Block:
    label = button.label if len(button.label) <= LABEL else button.label[: LABEL - 1] + "…"
    does = {"url": button.url} if button.url else {"value": _value(button)}
    text = {"type": "plain_text", "text": label, "emoji": True}
    return {"type": "button", "action_id": f"call:{number}", "text": text, **does}


def _feedback(good: str, bad: str) -> Block:
    def side(label: str, value: str) -> Block:
        return {"text": {"type": "plain_text", "text": label}, "value": value}

    element = {"type": "feedback_buttons", "action_id": "rate"}
    return {
        "type": "context_actions",
        "elements": [{**element, "positive_button": side(good, "good"), "negative_button": side(bad, "bad")}],
    }
