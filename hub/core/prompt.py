"""What a model is sent. Knows history, summary, files and budgets; must not know vendors' formats."""

from __future__ import annotations

from dataclasses import dataclass

from hub.core.rules import Rules
from hub.domain.completion import CompletionRequest, ImageInput, PromptMessage, Role
from hub.domain.conversation import StoredMessage
from hub.domain.images import image_tokens
from hub.domain.inbound import Attachment, Said
from hub.domain.model import Model
from hub.domain.tokens import IMAGE_TOKENS, MESSAGE_OVERHEAD, estimate_tokens
from hub.domain.turn import Turn
from hub.ports.house import Shelf

INLINE_TEXT_LIMIT = 40_000
"""Characters of a text file that are put into the prompt; what is beyond is said to be missing."""

IMAGE_MESSAGES = 2
"""How many earlier messages keep their images in the prompt, so that a second question about one can be answered."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The question of a turn; `replaces` are ids of stored messages that it asks anew."""

    text: str
    attachments: tuple[Attachment, ...] = ()
    replaces: tuple[int, ...] = ()

    @property
    def tokens(self) -> int:
        """Our estimate of the question alone."""
        return estimate_tokens(self.text) + MESSAGE_OVERHEAD + IMAGE_TOKENS * sum(map(_is_image, self.attachments))


def asked_by(turn: Turn) -> Asked:
    """The question of a turn: its message and those that were merged into it."""
    said = [one.content for one in (*turn.merged, turn.inbound) if isinstance(one.content, Said)]
    return Asked("\n\n".join(one.text for one in said if one.text), tuple(a for one in said for a in one.attachments))


async def build(
    turn: Turn, asked: Asked, model: Model, rules: Rules, shelf: Shelf, *, skip: int = 0
) -> tuple[CompletionRequest, int]:
    """The request for `model` and our estimate of its tokens.

    `skip` leaves out that many of the oldest messages of the window."""
    system = rules.prompt_for(turn.inbound.address.platform)
    if turn.conversation.summary:
        system += f"\n\nEarlier in this conversation:\n{turn.conversation.summary}"
    tokens, asked_tokens = estimate_tokens(system), asked.tokens
    history = turn.history
    if asked.replaces:
        history = tuple([message for message in history if message.id not in asked.replaces])
    question = StoredMessage(0, PromptMessage(Role.USER, asked.text), asked_tokens, asked.attachments)
    history, spent = _fitting(history[skip:], model.context - model.max_output - tokens - asked_tokens)
    kept = (*history, question)
    messages = [message.said for message in kept]
    tokens += spent + asked_tokens
    having_files = [place for place, message in enumerate(kept) if message.attachments]
    for place in having_files:
        opened = place in having_files[-IMAGE_MESSAGES:]
        messages[place] = await _with_files(kept[place], model, turn.conversation.tenant, shelf, opened=opened)
        tokens += _tokens(messages[place], model) - kept[place].tokens
    return CompletionRequest(model.id, tuple(messages), system, model.max_output), tokens


def _fitting(history: tuple[StoredMessage, ...], budget: int) -> tuple[tuple[StoredMessage, ...], int]:
    """The newest messages that fit into `budget` tokens, beginning with a question, and their tokens."""
    begins, spent = 0, sum([message.tokens for message in history])
    while begins < len(history) and (spent > budget or history[begins].role is not Role.USER):
        spent -= history[begins].tokens
        begins += 1
    return history[begins:], spent


async def _with_files(
    message: StoredMessage, model: Model, tenant: int, shelf: Shelf, *, opened: bool
) -> PromptMessage:
    """A message with what is in its files, or with their names alone."""
    if not opened:
        names = [f"[file: {one.name}, {one.media_type}]" for one in message.attachments]
        return PromptMessage(message.role, "\n".join([message.text, *names]))
    lines, images = [message.text] if message.text else [], []
    for attachment in message.attachments:
        found = await shelf.get_file(tenant, attachment.file)
        if found is None:
            lines.append(f"[file: {attachment.name}, no longer kept]")
        elif _is_image(attachment) and model.images:
            images.append(ImageInput(attachment.media_type, found[1]))
        elif attachment.media_type.startswith("text/"):
            text = found[1].decode("utf-8", "replace")
            cut = "\n[cut here: the file is longer]" if len(text) > INLINE_TEXT_LIMIT else ""
            lines.append(f"[file: {attachment.name}]\n{text[:INLINE_TEXT_LIMIT]}{cut}")
        else:
            lines.append(f"[file: {attachment.name}, {attachment.media_type}, which you cannot open; say so]")
    return PromptMessage(message.role, "\n\n".join(lines), tuple(images))


def _is_image(attachment: Attachment) -> bool:
    return attachment.media_type.startswith("image/")


def _tokens(message: PromptMessage, model: Model) -> int:
    seen = sum(image_tokens(model.id, image.content) for image in message.images)
    return estimate_tokens(message.text) + MESSAGE_OVERHEAD + seen
