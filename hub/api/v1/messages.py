"""The messages of a call. Knows OpenAI's roles and content parts; must not know which model will read them."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from hub.api.v1.fields import Fields, a_list, an_object, needed, only, text, wrong
from hub.api.v1.problem import invalid
from hub.domain.completion import ImageInput, PromptMessage, Role, ToolCall
from hub.domain.media import sniffed

MOST_MESSAGES = 4_096
MOST_PARTS = 256
MOST_IMAGES = 50
IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

_SPOKEN = frozenset({"role", "content", "name"})
"""`name` is taken and left out: most vendors have none."""

_ASSISTANT = _SPOKEN | {"tool_calls", "refusal", "annotations"}
_TOOL = frozenset({"role", "content", "tool_call_id", "name"})
_CALL = frozenset({"id", "type", "function", "index"})


def messages(given: object) -> tuple[str, tuple[PromptMessage, ...]]:
    """System text, wherever its messages stand, and the others. Raises Problem.

    An answer without words says nothing to a model, and some vendors refuse one: it is left out."""
    system: list[str] = []
    found: list[PromptMessage] = []
    calls: set[str] = set()
    images = 0
    for at, one in enumerate(a_list(given, "messages", MOST_MESSAGES)):
        where = f"messages[{at}]"
        message = an_object(one, where)
        role = needed(message, "role", f"{where}.")
        text(message, "name", f"{where}.")
        if role in ("system", "developer"):
            only(message, _SPOKEN, f"{where}.")
            system.append(_words(message.get("content"), f"{where}.content"))
        elif role == "user":
            found.append(_user(message, where))
            images += len(found[-1].images)
        elif role == "assistant":
            answer = _assistant(message, where)
            if answer.text or answer.tool_calls:
                found.append(answer)
            calls.update(call.id for call in answer.tool_calls)
        elif role == "tool":
            found.append(_result(message, where, calls))
        else:
            raise invalid(
                f"Invalid value for '{where}.role': it must be system, developer, user, assistant or tool.",
                f"{where}.role", "invalid_value",
            )  # fmt: skip
    if not found:
        raise invalid("'messages' holds no message but the system's.", "messages", "invalid_value")
    if images > MOST_IMAGES:
        raise invalid(f"'messages' holds {images} images; {MOST_IMAGES} may be sent at once.", "messages")
    return "\n\n".join(one for one in system if one), tuple(found)


def _user(message: Fields, where: str) -> PromptMessage:
    content = message.get("content")
    only(message, _SPOKEN, f"{where}.")
    if isinstance(content, str) and content:
        return PromptMessage(Role.USER, content)
    said: list[str] = []
    images: list[ImageInput] = []
    for at, part in enumerate(_parts(content, f"{where}.content")):
        place = f"{where}.content[{at}]"
        kind = needed(part, "type", f"{place}.")
        if kind == "text":
            said.append(text(part, "text", f"{place}.") or "")
        elif kind == "image_url":
            images.append(_image(part, place))
        else:
            raise invalid(
                f"'{place}': parts of the type {kind[:40]!r} are not supported; text and image_url are.",
                f"{place}.type", "unsupported_value",
            )  # fmt: skip
    if not images and not any(said):
        raise invalid(f"'{where}.content' is empty.", f"{where}.content", "invalid_value")
    return PromptMessage(Role.USER, "\n\n".join(one for one in said if one), tuple(images))


def _assistant(message: Fields, where: str) -> PromptMessage:
    only(message, _ASSISTANT, f"{where}.")
    content = message.get("content")
    said = "" if content is None else _words(content, f"{where}.content", ("text", "refusal"))
    said = said or text(message, "refusal", f"{where}.") or ""
    calls = message.get("tool_calls")
    found = () if calls in (None, []) else tuple(_calls(calls, f"{where}.tool_calls"))
    if content is None and not said and not found:
        raise invalid(f"'{where}' has neither content nor tool_calls.", f"{where}.content", "invalid_value")
    return PromptMessage(Role.ASSISTANT, said, tool_calls=found)


def _calls(given: object, where: str) -> list[ToolCall]:
    found = []
    for at, one in enumerate(a_list(given, where, MOST_PARTS)):
        place = f"{where}[{at}]"
        call = an_object(one, place)
        only(call, _CALL, f"{place}.")
        if call.get("type", "function") != "function":
            raise invalid(f"'{place}.type' must be function.", f"{place}.type", "unsupported_value")
        function = an_object(call.get("function"), f"{place}.function")
        arguments = text(function, "arguments", f"{place}.function.") or "{}"
        try:
            whole = msgspec.json.decode(arguments)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            whole = None
        if not isinstance(whole, dict):
            raise invalid(
                f"'{place}.function.arguments' is not a JSON object.", f"{place}.function.arguments", "invalid_value"
            )
        name = needed(function, "name", f"{place}.function.", most=128)
        found.append(ToolCall(needed(call, "id", f"{place}.", most=2_048), name, arguments))
    return found


def _result(message: Fields, where: str, calls: set[str]) -> PromptMessage:
    only(message, _TOOL, f"{where}.")
    called = needed(message, "tool_call_id", f"{where}.")
    if called not in calls:
        raise invalid(
            f"'{where}.tool_call_id' answers no call: no assistant message before it has a tool call of that id.",
            f"{where}.tool_call_id", "invalid_value",
        )  # fmt: skip
    return PromptMessage(Role.TOOL, _words(message.get("content"), f"{where}.content"), tool_call_id=called)


def _words(content: object, where: str, kinds: tuple[str, ...] = ("text",)) -> str:
    """Content that is text, in one piece or several."""
    if isinstance(content, str):
        return content
    said = []
    for at, part in enumerate(_parts(content, where)):
        kind = needed(part, "type", f"{where}[{at}].")
        if kind not in kinds:
            raise invalid(f"'{where}[{at}]' must be text here.", f"{where}[{at}].type", "unsupported_value")
        said.append(text(part, kind, f"{where}[{at}].") or "")
    return "\n\n".join(one for one in said if one)


def _parts(content: object, where: str) -> list[Any]:
    if not isinstance(content, list):
        if content == "":
            raise invalid(f"'{where}' is empty.", where, "invalid_value")
        raise wrong(where, "a string or an array of parts", content)
    return [an_object(part, f"{where}[{at}]") for at, part in enumerate(a_list(content, where, MOST_PARTS))]


def _image(part: Fields, where: str) -> ImageInput:
    """An image in a data: URL. Its bytes say what it is, and nothing is ever fetched."""
    place = f"{where}.image_url.url"
    url = needed(an_object(part.get("image_url"), f"{where}.image_url"), "url", f"{where}.image_url.")
    if not url[:5].lower() == "data:":
        raise invalid(
            "Images at an address are not fetched. Send the image itself, as 'data:image/png;base64,...'.",
            place, "unsupported_value",
        )  # fmt: skip
    head, comma, body = url[5:].partition(",")
    if not comma or not head.lower().endswith(";base64"):
        raise invalid("The data: URL of an image must look like 'data:image/png;base64,...'.", place, "invalid_value")
    try:
        content = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("The image is no valid base64.", place, "invalid_base64") from None
    found = sniffed(content)
    if found not in IMAGE_TYPES:
        raise invalid(
            "The image must be a whole PNG, JPEG, GIF or WebP of at most 25 megapixels.", place, "invalid_image"
        )
    return ImageInput(found, content)
