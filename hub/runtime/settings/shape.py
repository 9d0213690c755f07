"""The tree of keys, read from the models. Knows how to walk them; must not know any single key."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from hub.runtime.settings.root import Settings

Path = tuple[str, ...]
"""Where a key stands: `("server", "port")`."""


def plain(annotation: Any) -> Any:
    """`annotation` without its `| None`; a union of more keeps its first model, else its first member."""
    if get_origin(annotation) in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        models = [member for member in members if is_model(member)]
        return (models or members)[0]
    return annotation


def is_model(annotation: Any) -> bool:
    """Whether this is a table's class."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def children(annotation: Any) -> dict[str, FieldInfo]:
    """The known keys of a table, or of the members of a list of tables; nothing for other types."""
    annotation = plain(annotation)
    if get_origin(annotation) in (list, tuple):
        return children(get_args(annotation)[0])
    return dict(annotation.model_fields) if is_model(annotation) else {}


def annotation_at(path: Path, root: Any = Settings) -> Any:
    """The type of the key at `path`, None where there is no such key. Parts that are list positions are skipped."""
    annotation: Any = root
    for part in path:
        annotation = plain(annotation)
        origin = get_origin(annotation)
        if origin in (list, tuple):
            annotation = get_args(annotation)[0]
            if part.isdigit():
                continue
        if origin is dict:
            annotation = get_args(annotation)[1]
            continue
        known = children(annotation)
        if part not in known:
            return None
        annotation = known[part].annotation
    return annotation


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every key of validated settings with its value; tables are entered, members of lists get their position."""
    if isinstance(value, BaseModel):
        for name in (*type(value).model_fields, *(value.model_extra or ())):
            yield from leaves(getattr(value, name), (*path, name))
    elif isinstance(value, dict) and any(isinstance(member, BaseModel) for member in value.values()):
        for name, member in value.items():
            yield from leaves(member, (*path, name))
    elif isinstance(value, list | tuple) and any(isinstance(member, BaseModel) for member in value):
        for position, member in enumerate(value):
            yield from leaves(member, (*path, str(position)))
    else:
        yield path, value


def every_key(annotation: Any = Settings, path: Path = ()) -> Iterator[Path]:
    """Every key that exists, with `<name>` where an operator chooses the name."""
    annotation = plain(annotation)
    if get_origin(annotation) is dict and is_model(get_args(annotation)[1]):
        yield from every_key(get_args(annotation)[1], (*path, "<name>"))
    elif children(annotation):
        for name, field in children(annotation).items():
            yield from every_key(field.annotation, (*path, name))
    else:
        yield path


def is_secret(annotation: Any) -> bool:
    """Whether the key's value must never be shown."""
    return plain(annotation) is SecretStr
