"""A stand-in for Anthropic's messages. Knows the events as Anthropic sends them; must not know our decoder."""

from __future__ import annotations

from collections.abc import Mapping

from providers.kit.stand_in import Fault, Frame, Script, StandIn, frame, serve, words_of

FINISHES = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "filtered": "refusal"}


class AnthropicSandbox(StandIn):
    """Serves `/v1/messages`, `/v1/messages/count_tokens` and `/v1/models`."""

    def frames(self, body: Mapping[str, object], path: str, script: Script, text: str) -> list[Frame]:
        """Start with usage, blocks of thinking, text and tools, finish with cumulative usage, stop."""
        found = [_event("message_start", message=_message(str(body.get("model")), script))]
        index = 0
        if script.reasoning:
            thinking = {"type": "thinking_delta", "thinking": "hm"}
            found += _block(index, {"type": "thinking", "thinking": "", "signature": ""}, [(thinking, 0)])
            index += 1
        if text or not script.calls:
            words = [({"type": "text_delta", "text": word}, 1) for word in words_of(text)]
            found += _block(index, {"type": "text", "text": ""}, words)
            found.insert(len(found) - len(words) - 1, _event("ping"))
            index += 1
        for call in script.calls:
            pieces = [call.arguments[at : at + 7] for at in range(0, len(call.arguments), 7)]
            deltas = [({"type": "input_json_delta", "partial_json": piece}, 0) for piece in pieces]
            found += _block(index, {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}, deltas)
            index += 1
        stop = {
            "stop_reason": FINISHES["tool_calls" if script.calls else script.finish],
            "stop_sequence": None,
            "container": None,
        }
        output = len(words_of(text)) + script.reasoning if script.output is None else script.output
        usage: dict[str, object] = {
            "output_tokens": output,
            "output_tokens_details": {"thinking_tokens": script.reasoning},
        }
        if script.fault is Fault.NONSENSE:
            usage = {"output_tokens": -1, "cache_read_input_tokens": "x", "output_tokens_details": 5}
        elif script.fault is Fault.NO_USAGE:
            usage = {}
        found += [_event("message_delta", delta=stop, usage=usage), _event("message_stop")]
        return found

    def error_frame(self, script: Script) -> Frame:
        """An `error` event, which may follow a 200."""
        return _event("error", error={"type": script.code or "overloaded_error", "message": script.message})

    def error_body(self, script: Script) -> object:
        """The type follows the status."""
        kinds = {429: "rate_limit_error", 529: "overloaded_error", 400: "invalid_request_error"}
        kind = script.code or kinds.get(script.status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": script.message}, "request_id": "req_1"}

    def question(self, body: Mapping[str, object]) -> str:
        """Text blocks of the last message."""
        messages = body.get("messages")
        content = messages[-1].get("content") if isinstance(messages, list) and messages else ""
        if isinstance(content, list):
            return " ".join(part.get("text", "") for part in content if part.get("type") == "text")
        return str(content or "")

    def plain(self, method: str, path: str, body: Mapping[str, object]) -> object | None:
        """The model list, and counting: one token a word."""
        if path.endswith("/count_tokens"):
            return {"input_tokens": len(self.question(body).split())}
        if not path.endswith("/models"):
            return None
        names = ("small", "large")
        return {
            "data": [
                {"id": name, "type": "model", "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
                for name in names
            ],
            "has_more": False,
            "first_id": "small",
            "last_id": "large",
        }


def _event(kind: str, **fields: object) -> Frame:
    return frame({"type": kind, **fields}, event=kind)


def _block(index: int, block: object, deltas: list[tuple[dict[str, str], int]]) -> list[Frame]:
    return [
        _event("content_block_start", index=index, content_block=block),
        *(
            frame({"type": "content_block_delta", "index": index, "delta": delta}, tokens, "content_block_delta")
            for delta, tokens in deltas
        ),
        _event("content_block_stop", index=index),
    ]


def _message(model: str, script: Script) -> object:
    fresh = script.input - script.cached
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": f"{model}-2026",
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {
            "input_tokens": fresh,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": script.cached,
            "output_tokens": 1,
        },
    }


if __name__ == "__main__":
    serve(AnthropicSandbox)
