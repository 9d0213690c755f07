"""What a person may fetch of their own, described. Knows the word in a link; must not know what is held."""

from __future__ import annotations

from hub.api.describe.words import TEXT, Table, answer, in_query, operation

TABLE = Table(
    "Person",
    "What a person may fetch of their own.",
    {
        "/export": {
            "get": operation(
                "Everything that is held of one person",
                {
                    200: answer("A file.", {"type": "object"}, "application/json"),
                    404: answer("The link leads nowhere, or is too old.", {"type": "object"}, "application/json"),
                },
                says="`/export` in a chat gives the link.",
                takes=[in_query("word", "what the link carries", TEXT)],
            ),
        },
    },
)
