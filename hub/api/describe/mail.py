"""Where a mail's links lead, described. Knows their words; must not know who gets mail."""

from __future__ import annotations

from hub.api.describe.words import CLOSED, TEXT, Json, Table, answer, in_query, operation

_TOKEN = in_query("word", "what the link in the mail carries", TEXT)


def _page(says: str) -> Json:
    return answer(says, TEXT, "text/html")


TABLE = Table(
    "Mail",
    "Where links in mails lead.",
    {
        "/mail/unsubscribe": {
            "get": operation(
                "Asks whether such mails shall end",
                {200: _page("A page with one button."), 404: _page("The link leads nowhere.")},
                takes=[_TOKEN],
            ),
            "post": operation(
                "Ends such mails",
                {200: _page("Done."), 404: _page("The link leads nowhere."), 503: CLOSED},
                says="Also what a mail program's own button calls (RFC 8058).",
                takes=[_TOKEN],
            ),
        },
    },
)
