"""Fields of a JSON body, one at a time. Knows types, ranges and how to say what is wrong; must not know what any means.

A missing field and one that is null are the same, as OpenAI's clients send both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hub.api.v1.problem import Problem, invalid

Fields = Mapping[str, Any]

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What tools may be called, by OpenAI's rule."""

_KINDS = {str: "a string", bool: "true or false", int: "an integer", float: "a number", list: "an array",
          dict: "an object", type(None): "null"}  # fmt: skip


def wrong(param: str, wanted: str, given: object) -> Problem:
    """The problem of a field of the wrong type."""
    return invalid(
        f"Invalid type for '{param}': expected {wanted}, but got {_KINDS.get(type(given), 'something else')} instead.",
        param,
        "invalid_type",
    )


def an_object(given: object, param: str) -> Fields:
    """`given` if it is an object. Raises Problem, as all here do."""
    if not isinstance(given, dict):
        raise wrong(param, "an object", given)
    return given


def a_list(given: object, param: str, most: int) -> list[Any]:
    """`given` if it is an array of 1 to `most`."""
    if not isinstance(given, list):
        raise wrong(param, "an array", given)
    if not 0 < len(given) <= most:
        raise invalid(f"'{param}' must have 1 to {most} elements, not {len(given)}.", param, "invalid_value")
    return given


def text(fields: Fields, name: str, where: str = "", *, most: int = 0) -> str | None:
    """A string; None when there is none. `where`: the field's place, with a dot at its end."""
    given = fields.get(name)
    if given is None or (isinstance(given, str) and not 0 < most < len(given)):
        return given
    if isinstance(given, str):
        raise invalid(f"'{where}{name}' may have {most} characters, not {len(given)}.", where + name, "string_too_long")
    raise wrong(where + name, "a string", given)


def needed(fields: Fields, name: str, where: str = "", *, most: int = 0) -> str:
    """A string that must be there and say something."""
    given = text(fields, name, where, most=most)
    if not given:
        raise missing(where + name)
    return given


def missing(param: str) -> Problem:
    """The problem of a field that must be there."""
    return invalid(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")


def flag(fields: Fields, name: str, where: str = "") -> bool | None:
    """True or false; None when it is not said."""
    given = fields.get(name)
    if given is None or isinstance(given, bool):
        return given
    raise wrong(where + name, "true or false", given)


def whole(fields: Fields, name: str, lowest: int, highest: int) -> int | None:
    """An integer in a range; None when there is none."""
    given = fields.get(name)
    if given is None:
        return None
    if type(given) is not int:
        raise wrong(name, "an integer", given)
    return int(_within(given, name, lowest, highest))


def number(fields: Fields, name: str, lowest: float, highest: float) -> float | None:
    """A number in a range; None when there is none."""
    given = fields.get(name)
    if given is None:
        return None
    if type(given) not in (int, float):
        raise wrong(name, "a number", given)
    return float(_within(given, name, lowest, highest))


def _within(given: float, name: str, lowest: float, highest: float) -> float:
    if not lowest <= given <= highest:
        shown = str(given) if abs(given) < 10**15 else "the number given"
        raise invalid(f"'{name}' must be from {lowest:g} to {highest:g}, not {shown}.", name, "invalid_value")
    return given


def only(fields: Fields, known: frozenset[str], where: str = "") -> None:
    """Raises for a field that means something to others and nothing to us, rather than leave it out silently."""
    for name, given in fields.items():
        if name not in known and given is not None:
            place = where + name[:60]
            raise invalid(f"Unsupported parameter: '{place}'. Leave it out.", place, "unsupported_parameter")
