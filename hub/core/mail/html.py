"""A mail's words as HTML that mail programs can show. Knows the tree and plain tags; must not know any template.

Styles stand in the tags, for many programs drop the rest; nothing is loaded from anywhere. Dark colours come by a media
query, and programs that turn colours round by themselves are told that we do it.
"""

from __future__ import annotations

from html import escape

from hub.text.parse import parse
from hub.text.plain import plain_blocks
from hub.text.tree import (
    Block,
    Break,
    Code,
    Emphasis,
    Heading,
    Inline,
    Link,
    Listing,
    Paragraph,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
)

FONT = "font-family:-apple-system,'Segoe UI',Roboto,'Noto Sans','Noto Sans Arabic',Helvetica,Arial,sans-serif"
CELL = "padding:6px 8px;border-bottom:1px solid #d6dae0;text-align:start;vertical-align:top"

DARK = """@media (prefers-color-scheme: dark) {
.page { background: #14171c !important; }
.card { background: #1e232b !important; border-color: #343b46 !important; }
.card, .card p, .card td, .card th, .card li, .card h1 { color: #e8ebf0 !important; }
.card td, .card th { border-color: #343b46 !important; }
.foot, .foot a { color: #a3acba !important; }
.link { color: #8ab4ff !important; }
.button { background: #8ab4ff !important; color: #10151d !important; }
}"""


def page(
    title: str, head: str, body: str, button: tuple[str, str] | None, foot: str, *, language: str, direction: str
) -> str:
    """The whole mail. `body` and `foot` are CommonMark; `button`: its label and where it leads."""
    pressed = _button(*button) if button else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}" dir="{direction}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="supported-color-schemes" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n:root {{ color-scheme: light dark; }}\n{DARK}\n</style>\n</head>\n"
        f'<body class="page" dir="{direction}" style="margin:0;padding:24px 12px;background:#f2f4f7;{FONT}">\n'
        '<div class="card" role="main" style="max-width:560px;margin:0 auto;padding:24px;background:#ffffff;'
        'border:1px solid #e1e5ea;border-radius:10px;color:#1b2027;font-size:16px;line-height:1.5">\n'
        f'<h1 style="margin:0 0 16px;font-size:20px;line-height:1.3;color:#1b2027">{escape(head)}</h1>\n'
        f"{_blocks(parse(body))}\n{pressed}</div>\n"
        '<div class="foot" style="max-width:560px;margin:16px auto 0;padding:0 24px;font-size:13px;line-height:1.5;'
        f'color:#5b6573">\n{_blocks(parse(foot), "inherit")}\n</div>\n</body>\n</html>\n'
    )


def _button(label: str, leads_to: str) -> str:
    return (
        f'<p style="margin:20px 0 4px"><a class="button" href="{escape(leads_to)}" style="display:inline-block;'
        "padding:10px 18px;border-radius:8px;background:#1a56c4;color:#ffffff;text-decoration:none;font-weight:600"
        f'">{escape(label)}</a></p>\n'
    )


def _blocks(blocks: tuple[Block, ...], colour: str = "#1b2027") -> str:
    return "\n".join(_block(block, colour) for block in blocks)


def _block(block: Block, colour: str) -> str:
    match block:
        case Paragraph(inlines):
            return f'<p style="margin:0 0 12px;color:{colour}">{_line(inlines)}</p>'
        case Heading(_, inlines):
            return f'<p style="margin:16px 0 8px;color:{colour};font-weight:600">{_line(inlines)}</p>'
        case Listing(ordered, _, _, items):
            tag = "ol" if ordered else "ul"
            lines = "".join(f'<li style="margin:0 0 4px">{_item(item.blocks, colour)}</li>' for item in items)
            return f'<{tag} style="margin:0 0 12px;padding-inline-start:22px;color:{colour}">{lines}</{tag}>'
        case Table(_, header, rows):
            head = "".join(f'<th scope="col" style="{CELL};font-weight:600">{_line(cell)}</th>' for cell in header)
            lines = "".join(map(_row, rows))
            style = "width:100%;border-collapse:collapse;margin:0 0 12px;font-size:14px"
            return f'<table style="{style}"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>'
        case Rule():
            return '<hr style="border:0;border-top:1px solid #d6dae0;margin:16px 0">'
        case _:
            return f'<p style="margin:0 0 12px;color:{colour}">{escape(plain_blocks((block,)))}</p>'


def _row(cells: tuple[tuple[Inline, ...], ...]) -> str:
    return "".join(["<tr>", *(f'<td style="{CELL}">{_cell(cell)}</td>' for cell in cells), "</tr>"])


def _cell(cell: tuple[Inline, ...]) -> str:
    """Amounts keep their sign before them among words from the right."""
    said = plain_blocks((Paragraph(cell),))
    return _line(cell) if any(map(str.isalpha, said)) else f'<bdi dir="ltr">{_line(cell)}</bdi>'


def _item(blocks: tuple[Block, ...], colour: str) -> str:
    if len(blocks) == 1 and isinstance(blocks[0], Paragraph):
        return _line(blocks[0].inlines)
    return _blocks(blocks, colour)


def _line(inlines: tuple[Inline, ...]) -> str:
    return "".join(map(_inline, inlines))


def _inline(inline: Inline) -> str:
    match inline:
        case Text(text):
            return escape(text)
        case Code(text):
            return f'<code style="font-family:ui-monospace,Menlo,Consolas,monospace" dir="ltr">{escape(text)}</code>'
        case Break():
            return "<br>"
        case Strong(inner):
            return f"<strong>{_line(inner)}</strong>"
        case Emphasis(inner):
            return f"<em>{_line(inner)}</em>"
        case Strike(inner):
            return f"<s>{_line(inner)}</s>"
        case Link(href, inner):
            return f'<a class="link" href="{escape(href)}" style="color:#1a56c4">{_line(inner)}</a>'
        case _:
            return escape(str(getattr(inline, "tex", "")))
