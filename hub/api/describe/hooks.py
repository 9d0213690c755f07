"""Where platforms push what people do, described. Knows their words; must not know any platform's payloads."""

from __future__ import annotations

from hub.api.describe.words import CLOSED, Json, Table, answer, content, in_path, operation, problem

_TELEGRAM, _SLACK = "telegram", "slack"


def _hook(summary: str, says: str, security: str, *takes: Json, form: bool = False) -> dict[str, Json]:
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    body = {**content({"type": "object"}), **content({"type": "object"}, kind)}
    answers = {200: answer("Kept."), 401: problem("Not from the platform."), 503: CLOSED}
    return {"post": operation(summary, answers, says=says, asks=body, takes=takes, security=security)}


TABLE = Table(
    "Hooks",
    "For the platforms alone: each proves itself with its own secret or signature. Only with the platform's mode that "
    "wants them.",
    {
        "/hooks/telegram": _hook("Updates of Telegram", "What `setWebhook` names.", _TELEGRAM),
        "/hooks/telegram/{bot}": _hook(
            "Updates of one of several bots", "What `setWebhook` names.", _TELEGRAM, in_path("bot", "number of the bot")
        ),
        "/hooks/slack": _hook(
            "Events, slash commands and buttons of Slack", "As in the app's manifest.", _SLACK, form=True
        ),
    },
    security={
        _TELEGRAM: {
            "type": "apiKey", "in": "header", "name": "X-Telegram-Bot-Api-Secret-Token",
            "description": "The secret that was given to setWebhook.",
        },
        _SLACK: {
            "type": "apiKey", "in": "header", "name": "X-Slack-Signature",
            "description": "HMAC of time and body under the signing secret.",
        },
    },
)  # fmt: skip
