"""How Stripe's wire spells things. Knows nested forms, expansion, pages of lists, errors; must not know any object."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

_PART = re.compile(r"\[([^\]]*)\]")

Thing = dict[str, Any]


class Refusal(Exception):
    """An answer of the 4xx kind, in Stripe's shape."""

    def __init__(self, status: int, message: str, code: str = "", param: str = "", kind: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.error = {"type": kind or "invalid_request_error", "message": message}
        if code:
            self.error["code"] = code
        if param:
            self.error["param"] = param

    def answer(self) -> web.Response:
        """As sent."""
        return web.json_response({"error": self.error}, status=self.status, headers={"Request-Id": "req_refused"})


def missing(kind: str, number: str) -> Refusal:
    """There is no such object."""
    return Refusal(404, f"No such {kind}: '{number}'", "resource_missing", "id")


def nested(pairs: Iterable[tuple[str, str]]) -> Thing:
    """`a[b][0]=c` as `{"a": {"b": ["c"]}}`."""
    tree: Thing = {}
    for name, value in pairs:
        head, *rest = [name.partition("[")[0], *_PART.findall(name)]
        here = tree
        for part, following in zip([head, *rest], rest, strict=False):
            here = here.setdefault(part, {})
            if following == "":
                break
        last = rest[-1] if rest else head
        here[str(len(here)) if last == "" else last] = value
    return {name: _lists(value) for name, value in tree.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _lists(one) for name, one in value.items()}
    if inner and all(name.isdecimal() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def truth(value: Any) -> bool:
    """`true` as forms spell it."""
    return value in (True, "true", "1")


def number(value: Any, param: str) -> int:
    """A whole number. Raises Refusal."""
    try:
        return int(value)
    except (TypeError, ValueError):
        raise Refusal(400, f"Invalid integer: {value}", "parameter_invalid_integer", param) from None


def shown(things: Mapping[str, Thing], thing: Thing, paths: Iterable[str] = ()) -> Thing:
    """An object as sent: what begins with an underscore only where it is expanded, ids as objects where asked."""
    copy = {name: value for name, value in thing.items() if not name.startswith("_")}
    for path in paths:
        head, _, rest = path.partition(".")
        if f"_{head}" in thing:
            copy[head] = {
                "object": "list",
                "has_more": False,
                "data": [shown(things, one) for one in thing[f"_{head}"]],
            }
        elif isinstance(found := thing.get(head), str) and found in things:
            earlier = [one.partition(".")[2] for one in paths if one.startswith(f"{head}.")]
            copy[head] = shown(things, things[found], [one for one in earlier if one] or ([rest] if rest else []))
        elif head not in thing:
            raise Refusal(400, f"This property cannot be expanded ({path}).", "", "expand")
    return copy


def page(things: Mapping[str, Thing], rows: list[Thing], asked: Mapping[str, Any], url: str) -> Thing:
    """One page of `rows` (newest first), as `limit`, `starting_after` and `created` ask."""
    created = asked.get("created")
    if isinstance(created, dict):
        rows = [row for row in rows if row["created"] >= int(created.get("gte") or 0)]
        rows = [row for row in rows if row["created"] <= int(created.get("lte") or 1 << 60)]
    after = asked.get("starting_after")
    if after:
        places = [at for at, row in enumerate(rows) if row["id"] == after]
        if not places:
            raise missing("object", str(after))
        rows = rows[places[0] + 1 :]
    limit = number(asked.get("limit", 10), "limit")
    if not 1 <= limit <= 100:
        raise Refusal(400, "limit must be between 1 and 100", "parameter_invalid_integer", "limit")
    paths = [one.removeprefix("data.") for one in asked.get("expand", [])]
    data = [shown(things, row, paths) for row in rows[:limit]]
    return {"object": "list", "url": url, "has_more": len(rows) > limit, "data": data}
