"""A reply cut to what a platform takes. Knows limits, notices and files that stand for long blocks.

Must not know what is on the screen already.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hub.core.house import join, labelled
from hub.core.notices import render, words
from hub.domain.capabilities import Capabilities
from hub.domain.reply import Button, Part, PartFile
from hub.domain.turn import FILE_ORDINAL, OutboxItem
from hub.text.lift import Lifted, lift
from hub.text.split import split

EXTENSIONS = {
    "python": "py", "javascript": "js", "typescript": "ts", "bash": "sh", "shell": "sh", "rust": "rs", "ruby": "rb",
    "kotlin": "kt", "csharp": "cs", "c++": "cpp", "markdown": "md", "yaml": "yml", "golang": "go", "plaintext": "txt",
}  # fmt: skip
"""Of languages whose files are called otherwise."""

KNOWN = frozenset(
    ("c", "cpp", "cs", "css", "csv", "diff", "go", "h", "html", "ini", "java", "js", "json", "jsx", "kt", "lua", "md",
     "php", "pl", "py", "r", "rb", "rs", "scala", "sh", "sql", "svg", "swift", "tex", "toml", "ts", "tsx", "txt",
     "xml", "yml")
)  # fmt: skip
"""Endings a file of ours may have."""

_CALL = re.compile(r"(?<=`)/(?=[a-z])")
"""The beginning of a command in words of ours."""


def part_key(key: str, ordinal: int) -> str:
    """Key of one part of a reply: the reply's own for the first, so that a frame and the final text are one message."""
    return key if ordinal == 0 else f"{key}.{ordinal}"


def texts_of(text: str, capabilities: Capabilities, language: str) -> tuple[list[str], list[PartFile]]:
    """`text` in parts, and the files that stand for code and tables too long for one of them."""
    limit, unit = capabilities.text_limit, capabilities.unit
    files: list[PartFile] = []
    if capabilities.files and len(text) * 3 > limit:

        def mention(lifted: Lifted) -> str:
            files.append(_file(lifted))
            return words("table_in_file" if lifted.table else "code_in_file", language, name=files[-1].name)

        text, _ = lift(text, limit, unit, mention)
    return split(text, limit, unit), files


def parts_of(item: OutboxItem, capabilities: Capabilities) -> tuple[list[Part], list[Part]]:
    """The parts of an item in words: notices rendered, labels translated, buttons under the last; then its files."""
    reply = item.reply
    notice = render(reply.notice) if reply.notice else ""
    if capabilities.calls != "/":
        notice = _CALL.sub(capabilities.calls, notice)
    whole = join(reply.text, notice)
    role = "assistant" if reply.text else "notice"
    buttons = tuple(labelled(button, item.language) for button in reply.buttons)
    if buttons and not capabilities.buttons:
        whole, buttons = "\n\n".join(filter(None, (whole, _links(buttons)))), ()
    texts, files = texts_of(whole, capabilities, item.language)
    parts = [
        Part(text, buttons if number == len(texts) else (), role, reply.failed) for number, text in enumerate(texts, 1)
    ]
    return parts, [Part("", role=role, file=file) for file in files]


def file_key(key: str, number: int) -> str:
    """Key of the file that is `number` (from 0) among a reply's: never that of a part, whose number may change."""
    return part_key(key, FILE_ORDINAL + number)


def _file(lifted: Lifted) -> PartFile:
    ending = EXTENSIONS.get(lifted.language.lower(), lifted.language.lower())
    ending = ending if ending in KNOWN else "txt"
    kind = "text/csv" if lifted.table else "text/plain"
    return PartFile(f"{'table' if lifted.table else 'code'}-{lifted.number}.{ending}", kind, lifted.content.encode())


def _links(buttons: Iterable[Button]) -> str:
    """The links among `buttons` as words, for where there are no buttons."""
    return "\n\n".join(f"{button.label}: <{button.url}>" for button in buttons if button.url)
