"""Writing a .env file. Knows its lines and its mode; must not know what the names mean."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path


def write_env(file: Path, variables: Mapping[str, str]) -> None:
    """Set `variables` in `file`, every other line as it was. Others can never read the file."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    for name, value in variables.items():
        line = f"{name}={_quoted(value)}"
        places = [at for at, old in enumerate(lines) if re.match(rf"(?:export\s+)?{re.escape(name)}\s*=", old)]
        if places:
            lines[places[-1]] = line
        else:
            lines.append(line)
    fresh = file.with_name(file.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
    fresh.replace(file)


def _quoted(value: str) -> str:
    if re.fullmatch(r"[\w.:/+=@,-]*", value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
