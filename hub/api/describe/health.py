"""The routes for whoever runs the hub, described. Knows their words; must not know what they look at."""

from __future__ import annotations

from hub.api.describe.words import FLAG, TEXT, Table, an_object, answer, operation

_READY = an_object(
    ["ready", "intake", "database", "schema", "channels"],
    ready=FLAG,
    intake=TEXT,
    database=TEXT,
    schema=TEXT,
    revision=an_object(["found", "expected"], found=TEXT, expected=TEXT),
    channels={"type": "object", "additionalProperties": TEXT},
)

TABLE = Table(
    "Operating",
    "Whether the hub lives and works.",
    {
        "/healthz": {
            "get": operation(
                "The process is alive", {200: answer("It turns its loop.", an_object(["alive"], alive=FLAG))}
            )
        },
        "/readyz": {
            "get": operation(
                "Database, schema and platforms are ready",
                {200: answer("Ready.", _READY), 503: answer("Not ready; the fields say what is amiss.", _READY)},
            )
        },
        "/metrics": {
            "get": operation("Figures for Prometheus", {200: answer("The exposition format.", TEXT, "text/plain")})
        },
        "/openapi.json": {
            "get": operation("This description", {200: answer("An OpenAPI 3.1 document.", {"type": "object"})})
        },
        "/docs": {"get": operation("This description for people", {200: answer("A page.", TEXT, "text/html")})},
        "/docs.css": {"get": operation("How that page looks", {200: answer("A stylesheet.", TEXT, "text/css")})},
    },
)
