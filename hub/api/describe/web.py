"""The web channel and its pages, described. Knows their words; must not know how they are served."""

from __future__ import annotations

from hub.api.describe.words import (
    ANY,
    CLOSED,
    TEXT,
    WHOLE,
    Json,
    Table,
    a_list,
    an_object,
    answer,
    content,
    in_header,
    in_path,
    in_query,
    named,
    one_of,
    operation,
    problem,
    said,
)

_SESSION = "session"
_ONCE = in_header("Idempotency-Key", "1 to 128 visible ASCII characters; the same key is kept once")
_TAKEN = answer(
    "Kept; the answer comes on the stream.",
    an_object(["id", "seq"], id=TEXT, seq=said(WHOLE, "everything about it comes after this number")),
)
_WRONG = {
    400: problem("It cannot be used; the words say why."),
    401: problem("No token, or one that is no longer good."),
    403: problem("Not from this origin."),
    503: CLOSED,
}


def _page(summary: str, media_type: str) -> dict[str, Json]:
    return {"get": operation(summary, {200: answer("The file.", TEXT, media_type), 304: answer("Not changed.")})}


TABLE = Table(
    "Web",
    "The chat page and the widget: a session, messages, and a stream of what happens. Other origins must be listed in "
    "the site's settings.",
    {
        "/": _page("The chat page", "text/html"),
        "/widget.js": _page("The script to embed", "text/javascript"),
        "/page.js": _page("The script of the chat page", "text/javascript"),
        "/icon.svg": _page("The sign of the chat page", "image/svg+xml"),
        "/page.css": _page("How the chat page looks", "text/css"),
        "/web/v1/sessions": {
            "post": operation(
                "Begin",
                {200: answer("A session.", named("Session")), 400: _WRONG[400], 403: _WRONG[403], 503: CLOSED},
                asks=content(named("NewSession")),
            )
        },
        "/web/v1/messages": {
            "post": operation(
                "Say something",
                {202: _TAKEN, **_WRONG},
                says="Or press a button of an answer. What is sent twice with one Idempotency-Key is kept once.",
                asks=content(named("NewMessage")),
                takes=[_ONCE],
                security=_SESSION,
            )
        },
        "/web/v1/stop": {
            "post": operation("Stop the running answer", {202: _TAKEN, **_WRONG}, takes=[_ONCE], security=_SESSION)
        },
        "/web/v1/stream": {
            "get": operation(
                "What happens, as it happens",
                {
                    200: answer("Server-sent events, each with a number that grows.", TEXT, "text/event-stream"),
                    **_WRONG,
                },
                says="Each `data:` is JSON with `seq` and `type`: `message`, `frame`, `typing`, or `snapshot`, after "
                "which everything shown before is to be forgotten. With `wait`, a JSON list of events instead.",
                takes=[
                    in_query("since", "the number seen last; 0 or none: begin with a snapshot", WHOLE),
                    in_query("wait", "seconds to wait for events that then come as a list", WHOLE),
                    in_header("Last-Event-ID", "as `since`, from browsers that come back"),
                ],
                security=_SESSION,
            )
        },
        "/web/v1/history": {
            "get": operation(
                "What stands on the screen",
                {
                    200: answer("Oldest first.", an_object(messages=a_list(named("Message")), seq=WHOLE)),
                    **_WRONG,
                },
                takes=[in_query("limit", "most messages", WHOLE)],
                security=_SESSION,
            )
        },
        "/web/v1/files": {
            "post": operation(
                "Upload a file",
                {200: answer("Kept; name its id in a message.", named("File")), 413: problem("Too large."), **_WRONG},
                asks={
                    "multipart/form-data": {"schema": an_object(file={"type": "string", "format": "binary"})},
                    "application/octet-stream": {"schema": ANY},
                },
                takes=[in_query("name", "its name, where the file itself is the body", TEXT)],
                security=_SESSION,
            )
        },
        "/web/v1/files/{file}": {
            "get": operation(
                "Fetch a file",
                {200: answer("As a download.", TEXT, "application/octet-stream"), **_WRONG},
                takes=[in_path("file", "its id")],
                security=_SESSION,
            )
        },
        "/web/v1/{rest}": {
            "options": operation(
                "What a browser asks before it calls from another origin",
                {204: answer("Allowed from this origin."), 403: _WRONG[403]},
                takes=[in_path("rest", "any address of the channel")],
            )
        },
    },
    schemas={
        "NewSession": an_object(
            ["site"],
            site=said(TEXT, "key of the site, `default` for the hub's own page"),
            identity=said(TEXT, "who the visitor is, signed with the site's secret"),
            token=said(TEXT, "of an earlier session, to go on with"),
            language=TEXT,
        ),
        "Session": an_object(
            ["token", "visitor", "expires_at"],
            token=said(TEXT, "for `Authorization: Bearer`"),
            visitor=TEXT,
            expires_at=said(WHOLE, "milliseconds since 1970"),
            site=an_object(key=TEXT),
            limits=an_object(text=WHOLE, file=WHOLE, files=WHOLE),
        ),
        "NewMessage": an_object(text=TEXT, files=a_list(TEXT), command=an_object(["name"], name=TEXT, argument=TEXT)),
        "Message": an_object(
            ["id", "role", "text", "state", "at"],
            id=TEXT,
            role=one_of("person", "assistant", "notice"),
            text=said(TEXT, "Markdown"),
            nodes=a_list(ANY),
            state=one_of("streaming", "done", "failed"),
            at=said(WHOLE, "milliseconds since 1970"),
            files=a_list(named("File")),
        ),
        "File": an_object(["id"], id=TEXT, media_type=TEXT, name=TEXT, size=WHOLE),
    },
    security={_SESSION: {"type": "http", "scheme": "bearer", "description": "The token of a session."}},
)
