"""The description of what is served here and now. Knows how tables become one document; must not know their routes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from hub.api.describe.tables import TABLES
from hub.api.describe.words import PROBLEM, Table


def mounted(app: web.Application) -> set[tuple[str, str]]:
    """Method, in small letters, and address of every route; HEAD goes with its GET."""
    return {
        (route.method.lower(), route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }


def described(tables: Iterable[Table] = TABLES) -> set[tuple[str, str]]:
    """The same of every operation in the tables."""
    return {(method, path) for table in tables for path, methods in table.paths.items() for method in methods}


def document(here: set[tuple[str, str]], version: str, url: str, tables: Iterable[Table] = TABLES) -> dict[str, Any]:
    """An OpenAPI 3.1 document of those operations that are mounted. `url`: where people reach them."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Problem": PROBLEM}
    security: dict[str, Any] = {}
    tags = []
    for table in tables:
        mine = [(path, method) for path, methods in table.paths.items() for method in methods if (method, path) in here]
        if not mine:
            continue
        tags.append({"name": table.tag, "description": table.says})
        schemas |= table.schemas
        security |= table.security
        for path, method in mine:
            spec = {"tags": [table.tag], "operationId": _id(method, path), **table.paths[path][method]}
            paths.setdefault(path, {})[method] = spec
    return {
        "openapi": "3.1.0",
        "info": {"title": "Parley", "version": version, "description": "The HTTP API of this hub."},
        "servers": [{"url": url}],
        "tags": tags,
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": security},
    }


def _id(method: str, path: str) -> str:
    return "_".join([method, *re.findall(r"\w+", path)])
