"""Values as they may be shown. Knows which are secret; must not know where they are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel, SecretStr

MASK = "********"
_USERINFO = re.compile(r"(?<=://)([^\s/:@]*):([^\s/]*)(?=@)")


def masked(value: Any) -> Any:
    """`value` as JSON can carry it: secrets as stars (nothing where none is set), passwords in addresses as stars."""
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return _USERINFO.sub(rf"\1:{MASK}", value)
    if isinstance(value, BaseModel):
        return {name: masked(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {str(name): masked(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [masked(member) for member in value]
    return str(value) if isinstance(value, PurePath) or not isinstance(value, int | float | type(None)) else value
