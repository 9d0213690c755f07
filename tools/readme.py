"""Writes tables of commands, platforms and settings into our pages. Knows where they are declared; must not know one.

python tools/readme.py            rewrite what stands between the markers
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "README.md": ("platforms",),
    "docs/settings.md": ("variables", "settings"),
    "docs/commands.md": ("commands",),
}
"""Which tables stand on which page."""

BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def cell(text: object) -> str:
    """`text` inside a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def commands() -> str:
    """Every command of `parley`, one row each, with its arguments and options."""
    import typer.main

    from hub.runtime.cli.app import app

    rows = ["| command | does |", "|---|---|"]
    rows += [f"| `{cell(call)}` | {cell(does)} |" for call, does in walk(typer.main.get_command(app), "parley")]
    return "\n".join(rows) + "\n"


def walk(command: Any, name: str) -> Iterator[tuple[str, str]]:
    """Call and first line of help of `command` and whatever is under it."""
    inner = getattr(command, "commands", {})
    if not inner or getattr(command, "invoke_without_command", False):
        words = [wording(parameter) for parameter in command.params]
        says = (command.help or "").strip().split("\n\n")[0]
        yield " ".join([name, *(word for word in words if word)]), says
    for key in command.list_commands(None) if inner else ():
        if not inner[key].hidden:
            yield from walk(inner[key], f"{name} {key}")


def wording(parameter: Any) -> str:
    """One argument or option as people type it; empty for those every command has."""
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    flag = max(parameter.opts, key=len)
    if flag in {"--help", "--install-completion", "--show-completion"} or parameter.hidden:
        return ""
    if parameter.required:
        return f"{flag} {parameter.name.upper()}"
    return f"[{flag}]" if parameter.is_flag else f"[{flag} {parameter.name.upper()}]"


def settings() -> str:
    """Every table of settings with every key, its default and its line."""
    from hub.runtime.settings.root import UNSERVED, Settings

    served = [name for name in Settings.model_fields if name not in UNSERVED]
    parts = [table for name in served for table in tables(Settings.model_fields[name].annotation, name)]
    parts.append(
        "Read and checked already, for versions to come, and without effect in this one: "
        + ", ".join(f"`[{name}]`" for name in UNSERVED)
        + "."
    )
    later = [table for name in UNSERVED for table in tables(Settings.model_fields[name].annotation, name)]
    parts.append("<details><summary>Their keys</summary>")
    return "\n\n".join([*parts, *later, "</details>"]) + "\n"


def table_of(annotation: Any) -> tuple[type[Any] | None, str, str]:
    """The class of a table behind `annotation`, and how its heading begins and ends around the name."""
    origin, members = get_origin(annotation), [one for one in get_args(annotation) if one is not Ellipsis]
    if hasattr(annotation, "model_fields"):
        return annotation, "[", "]"
    if origin in (list, tuple) and hasattr(members[0], "model_fields"):
        return members[0], "[[", "]]"
    if origin is dict and hasattr(members[1], "model_fields"):
        return members[1], "[", ".<name>]"
    return None, "", ""


def tables(annotation: Any, name: str) -> list[str]:
    """The table called `name` as Markdown, then those inside it."""
    from hub.runtime.settings.reference import describe

    model, begin, end = table_of(annotation)
    if model is None:
        return []
    says = (model.__doc__ or "").strip().split("\n\n")[0]
    rows, inner = [], []
    for key, field in model.model_fields.items():
        below = tables(field.annotation, f"{name}.{key}")
        inner += below
        if not below:
            rows.append(
                f"| `{key}` | {default(field)} | {cell(describe(name, key, field) + either(field.annotation))} |"
            )
    head = f"**`{begin}{name}{end}`** {' '.join(says.split())}"
    body = [f"{head}\n\n| key | default | what |\n|---|---|---|\n" + "\n".join(rows)] if rows else []
    return body + inner


def either(annotation: Any) -> str:
    """What to add for a key that takes a value or a table: the table's keys."""
    from hub.runtime.settings.shape import children

    inner = children(annotation)
    return f"; or a table of {', '.join(f'`{key}`' for key in inner)}" if inner else ""


def default(field: Any) -> str:
    """A default as one would write it in TOML; nothing for none, and for an empty one."""
    if field.is_required():
        return "(needed)"
    value = field.get_default(call_default_factory=True)
    if hasattr(value, "get_secret_value"):
        value = value.get_secret_value()
    if value is None or value == "" or value == () or value == [] or value == {}:
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, list | tuple) and value:
        value = f"[{', '.join(map(str, value))}]"
    return f"`{cell(value)}`"


def variables() -> str:
    """Well-known environment variables and the setting each one stands for."""
    from hub.runtime.settings.wellknown import well_known

    places: dict[str, list[str]] = {}
    for name, path in well_known().items():
        places.setdefault(".".join(path[:-1]), []).append(f"`{name}`")
    rows = ["| variables | settings of |", "|---|---|"]
    rows += [f"| {', '.join(names)} | `[{place}]` |" for place, names in places.items()]
    return "\n".join(rows) + "\n"


def platforms() -> str:
    """What each platform can do."""
    from tools.platforms import table

    return table()


GENERATORS = {"commands": commands, "platforms": platforms, "settings": settings, "variables": variables}


def generated(text: str) -> str:
    """`text` with every block between markers written anew."""
    return BLOCK.sub(lambda found: f"{found[1]}\n{GENERATORS[found[2]]()}\n{found[3]}", text)


def main() -> None:
    """Rewrite every page; a table that stands on the wrong one is taken out."""
    sys.path.insert(0, str(ROOT))
    for name, kinds in PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        kept = BLOCK.sub(lambda found, kinds=kinds: found[0] if found[2] in kinds else "", text)  # type: ignore[misc]
        (ROOT / name).write_text(generated(kept), encoding="utf-8")


if __name__ == "__main__":
    main()
