"""A stand-in for Gemini's streamGenerateContent. Knows the chunks as Google sends them; must not know our decoder."""

from __future__ import annotations

import json
from collections.abc import Mapping

from providers.kit.stand_in import Fault, Frame, Script, StandIn, frame, serve, words_of

FINISHES = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP", "filtered": "SAFETY"}


class GeminiSandbox(StandIn):
    """Serves `/v1beta/models/…:streamGenerateContent`, `:countTokens` and `/v1beta/models`."""

    def frames(self, body: Mapping[str, object], path: str, script: Script, text: str) -> list[Frame]:
        """Words with usage on every chunk; calls whole; no `[DONE]`."""
        model = path.rpartition("/")[2].partition(":")[0]
        words = words_of(text)
        hidden: list[dict[str, object]] = [{"text": "hm", "thought": True}] if script.reasoning else []
        found = [_chunk(model, [part], script, 0) for part in hidden]
        found += [_chunk(model, [{"text": word}], script, at + 1, tokens=1) for at, word in enumerate(words)]
        calls: list[dict[str, object]] = [
            {"functionCall": {"id": call.id, "name": call.name, "args": json.loads(call.arguments)}}
            for call in script.calls
        ]
        finish = FINISHES["tool_calls" if script.calls else script.finish]
        found.append(_chunk(model, calls or [{"text": ""}], script, len(words), finish))
        return found

    def error_frame(self, script: Script) -> Frame:
        """The error body, as an event."""
        return frame({"error": {"code": 503, "message": script.message, "status": script.code or "UNAVAILABLE"}})

    def error_body(self, script: Script) -> object:
        """The name of the status follows its number."""
        names = {429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE", 400: "INVALID_ARGUMENT", 500: "INTERNAL"}
        status = script.code or names.get(script.status, "UNKNOWN")
        return {"error": {"code": script.status, "message": script.message, "status": status}}

    def question(self, body: Mapping[str, object]) -> str:
        """Text parts of the last content."""
        contents = body.get("contents")
        parts = contents[-1].get("parts", []) if isinstance(contents, list) and contents else []
        return " ".join(part.get("text", "") for part in parts if "text" in part)

    def plain(self, method: str, path: str, body: Mapping[str, object]) -> object | None:
        """The model list, and counting: one token a word of the last content."""
        if path.endswith(":countTokens"):
            return {"totalTokens": len(self.question(body).split())}
        if not path.endswith("/models"):
            return None
        actions = {"small": ["generateContent"], "large": ["generateContent"], "vectors": ["embedContent"]}
        return {
            "models": [
                {"name": f"models/{name}", "supportedGenerationMethods": found} for name, found in actions.items()
            ]
        }


def _chunk(
    model: str, parts: list[dict[str, object]], script: Script, said: int, finish: str = "", tokens: int = 0
) -> Frame:
    candidate: dict[str, object] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    output = script.output if finish and script.output is not None else said + script.reasoning
    usage: object = {
        "promptTokenCount": script.input,
        "candidatesTokenCount": max(0, output - script.reasoning),
        "thoughtsTokenCount": script.reasoning,
        "cachedContentTokenCount": script.cached,
        "totalTokenCount": script.input + output,
    }
    if script.fault is Fault.NONSENSE:
        usage = {"promptTokenCount": -3, "totalTokenCount": "x", "thoughtsTokenCount": 1.5}
    chunk = {"candidates": [candidate], "modelVersion": f"{model}-2026", "responseId": "r1"}
    return frame(chunk if script.fault is Fault.NO_USAGE else {**chunk, "usageMetadata": usage}, tokens)


if __name__ == "__main__":
    serve(GeminiSandbox)
