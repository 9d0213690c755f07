"""Our text in Slack's dialects: markdown blocks for messages, mrkdwn where those do not exist."""

from adapters.slack.markup.blocks import home_view, message_blocks, response_blocks
from adapters.slack.markup.markdown import MARKDOWN_LIMIT, markdown, settled
from adapters.slack.markup.mrkdwn import escaped, mrkdwn

__all__ = [
    "MARKDOWN_LIMIT",
    "escaped",
    "home_view",
    "markdown",
    "message_blocks",
    "mrkdwn",
    "response_blocks",
    "settled",
]
