"""A stand-in for OpenAI's chat completions. Knows the frames as OpenAI sends them; must not know our decoder."""

from __future__ import annotations

from collections.abc import Mapping

from providers.kit.stand_in import Fault, Frame, Script, StandIn, frame, serve, words_of

FINISHES = {"stop": "stop", "length": "length", "tool_calls": "tool_calls", "filtered": "content_filter"}


class OpenAISandbox(StandIn):
    """Serves `/v1/chat/completions`, `/v1/models` and `/v1/audio/transcriptions`.

    `said`: the words of every recording; `counts`: usage is reported with them, in `seconds` if there are any."""

    said = "Good morning, what is new?"
    counts = True
    seconds = 0.0

    def frames(self, body: Mapping[str, object], path: str, script: Script, text: str) -> list[Frame]:
        """Role, words, tool calls in fragments, finish, usage if it was asked for, `[DONE]`."""
        model = str(body.get("model"))

        def chunk(delta: object, finish: str | None = None, tokens: int = 0) -> Frame:
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
            return frame({**_head(model), "choices": [choice], "usage": None}, tokens)

        found = [chunk({"role": "assistant", "content": "", "refusal": None})]
        found += [chunk({"reasoning_content": "hm "}) for _ in range(min(1, script.reasoning))]
        found += [chunk({"content": word}, tokens=1) for word in words_of(text)]
        for index, call in enumerate(script.calls):
            name = {"name": call.name, "arguments": ""}
            found.append(chunk({"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": name}]}))
            found += [
                chunk({"tool_calls": [{"index": index, "function": {"arguments": call.arguments[at : at + 7]}}]})
                for at in range(0, len(call.arguments), 7)
            ]
        found.append(chunk({}, FINISHES["tool_calls" if script.calls else script.finish]))
        options = body.get("stream_options")
        if isinstance(options, dict) and options.get("include_usage") and script.fault is not Fault.NO_USAGE:
            found.append(frame({**_head(model), "choices": [], "usage": _usage(script, text)}))
        found.append(frame("[DONE]"))
        return found

    def error_frame(self, script: Script) -> Frame:
        """As vLLM, OpenRouter and OpenAI itself send it after a 200."""
        return frame(self.error_body(script))

    def error_body(self, script: Script) -> object:
        """`type` is always there and follows the status, `code` where it has one."""
        failing = script.fault is not Fault.STATUS or script.status >= 500
        kind = "server_error" if failing else "invalid_request_error"
        return {"error": {"message": script.message, "type": kind, "param": None, "code": script.code or None}}

    def question(self, body: Mapping[str, object]) -> str:
        """Content of the last message; of its text parts."""
        messages = body.get("messages")
        content = messages[-1].get("content") if isinstance(messages, list) and messages else ""
        if isinstance(content, list):
            return " ".join(part.get("text", "") for part in content if part.get("type") == "text")
        return str(content or "")

    def plain(self, method: str, path: str, body: Mapping[str, object]) -> object | None:
        """The model list, and what was said in a recording."""
        if path.endswith("/audio/transcriptions"):
            usage: dict[str, object] = {"type": "tokens", "input_tokens": 14, "output_tokens": 5, "total_tokens": 19}
            if self.seconds:
                usage = {"type": "duration", "seconds": self.seconds}
            return {"text": self.said, "usage": usage} if self.counts else {"text": self.said}
        if not path.endswith("/models"):
            return None
        names = ("small", "large")
        return {
            "object": "list",
            "data": [{"id": name, "object": "model", "created": 1, "owned_by": "us"} for name in names],
        }


def _head(model: str) -> dict[str, object]:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": f"{model}-2026"}


def _usage(script: Script, text: str) -> object:
    output = len(words_of(text)) + script.reasoning if script.output is None else script.output
    if script.fault is Fault.NONSENSE:
        return {"prompt_tokens": -5, "completion_tokens": "many", "total_tokens": 1e30, "prompt_tokens_details": 7}
    return {
        "prompt_tokens": script.input,
        "completion_tokens": output,
        "total_tokens": script.input + output,
        "prompt_tokens_details": {"cached_tokens": script.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": script.reasoning, "audio_tokens": 0},
    }


if __name__ == "__main__":
    serve(OpenAISandbox)
