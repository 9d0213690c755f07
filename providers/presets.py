"""Well-known endpoints that need only a key or an address. Knows names, addresses and suggested models; must not know
prices (they change weekly: another place keeps them) nor settings.

Names are those of the installed SDKs, contexts those of the genai-prices 0.2.3 data, rounded down; a model not listed
here is added with a `[[models]]` table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.domain.model import Endpoint, Model, ProviderKind

LONGEST = 16_384
"""Tokens of an answer at most, thinking included. Models can do more, but vendors count the cap against rate limits."""


@dataclass(frozen=True, slots=True)
class Preset:
    """`key_env`: environment variable of the key, `url_env`: of another address; both empty where there is none.

    `local`: runs on the operator's own machine, so it needs no key and its models are free; `models`: what to suggest
    (for local servers, only what people commonly have)."""

    name: str
    kind: ProviderKind
    base_url: str = ""
    key_env: str = ""
    url_env: str = ""
    local: bool = False
    models: tuple[Model, ...] = ()

    @property
    def needs_key(self) -> bool:
        """Whether it is of no use without a key."""
        return bool(self.key_env) and not self.local

    def endpoint(self, environment: Mapping[str, str]) -> Endpoint | None:
        """The endpoint as an environment has it; None when its key is not there, or nothing asks for a local one."""
        key = environment.get(self.key_env, "") if self.key_env else ""
        url = environment.get(self.url_env, "") if self.url_env else ""
        if (self.needs_key and not key) or (self.local and not url):
            return None
        return Endpoint(self.name, self.kind.value, key, url or self.base_url)


def _model(provider: str, id: str, context: int, output: int, *, images: bool = False, tools: bool = True) -> Model:
    return Model(id.rpartition("/")[2], provider, id, context, output, images=images, tools=tools)


def _own(provider: str, id: str, context: int) -> Model:
    return Model(id.partition(":")[0], provider, id, context, 4096, tools=True, free=True)


_COMPATIBLE = ProviderKind.OPENAI_COMPATIBLE

_LISTED = (
    Preset(
        "openai",
        ProviderKind.OPENAI,
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        models=(
            _model("openai", "gpt-5.4-mini", 400_000, LONGEST, images=True),
            _model("openai", "gpt-6-luna", 1_000_000, LONGEST, images=True),
            _model("openai", "gpt-6.1-sol", 1_000_000, LONGEST, images=True),
        ),
    ),
    Preset(
        "anthropic",
        ProviderKind.ANTHROPIC,
        "https://api.anthropic.com",
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_BASE_URL",
        models=(
            _model("anthropic", "claude-sonnet-5-5", 1_000_000, LONGEST, images=True),
            _model("anthropic", "claude-haiku-5-5", 1_000_000, LONGEST, images=True),
            _model("anthropic", "claude-opus-5-5", 1_000_000, LONGEST, images=True),
        ),
    ),
    Preset(
        "gemini",
        ProviderKind.GEMINI,
        "https://generativelanguage.googleapis.com",
        "GEMINI_API_KEY",
        models=(
            _model("gemini", "gemini-3.8-flash", 1_000_000, LONGEST, images=True),
            _model("gemini", "gemini-3.5-flash-lite", 1_000_000, LONGEST, images=True),
            _model("gemini", "gemini-2.5-pro", 1_000_000, LONGEST, images=True),
        ),
    ),
    Preset(
        "deepseek",
        _COMPATIBLE,
        "https://api.deepseek.com/v1",
        "DEEPSEEK_API_KEY",
        models=(
            _model("deepseek", "deepseek-chat", 64_000, 8_192),
            _model("deepseek", "deepseek-reasoner", 64_000, LONGEST),
        ),
    ),
    Preset(
        "qwen",
        _COMPATIBLE,
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        "DASHSCOPE_API_KEY",
        models=(
            _model("qwen", "qwen-plus", 128_000, 8_192),
            _model("qwen", "qwen-turbo", 128_000, 8_192),
            _model("qwen", "qwen-max", 32_000, 8_192),
        ),
    ),
    Preset(
        "mistral",
        _COMPATIBLE,
        "https://api.mistral.ai/v1",
        "MISTRAL_API_KEY",
        models=(
            _model("mistral", "mistral-small-latest", 128_000, 8_192, images=True),
            _model("mistral", "mistral-large-latest", 128_000, 8_192),
        ),
    ),
    Preset(
        "groq",
        _COMPATIBLE,
        "https://api.groq.com/openai/v1",
        "GROQ_API_KEY",
        models=(_model("groq", "llama-3.3-70b-versatile", 128_000, LONGEST),),
    ),
    Preset(
        "openrouter",
        _COMPATIBLE,
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        models=(
            _model("openrouter", "z-ai/glm-5.3", 128_000, 8_192),
            _model("openrouter", "moonshotai/kimi-k3", 128_000, 8_192),
        ),
    ),
    Preset(
        "together",
        _COMPATIBLE,
        "https://api.together.xyz/v1",
        "TOGETHER_API_KEY",
        models=(_model("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", 128_000, 8_192),),
    ),
    Preset(
        "xai",
        _COMPATIBLE,
        "https://api.x.ai/v1",
        "XAI_API_KEY",
        models=(_model("xai", "grok-4.7", 500_000, LONGEST, images=True),),
    ),
    Preset(
        "ollama",
        _COMPATIBLE,
        "http://127.0.0.1:11434/v1",
        "",
        "OLLAMA_BASE_URL",
        local=True,
        models=(_own("ollama", "llama3.2", 8_192), _own("ollama", "qwen3:8b", 8_192)),
    ),
    Preset("vllm", _COMPATIBLE, "http://127.0.0.1:8000/v1", "VLLM_API_KEY", "VLLM_BASE_URL", local=True),
    Preset("lmstudio", _COMPATIBLE, "http://127.0.0.1:1234/v1", "", "LMSTUDIO_BASE_URL", local=True),
)

PRESETS: Mapping[str, Preset] = {preset.name: preset for preset in _LISTED}
"""By name; `[providers.<name>]` with such a name needs no `kind` and no `base_url`."""

DEMO = Preset(
    "demo",
    ProviderKind.DEMO,
    models=(Model("demo", "demo", "demo", 8_192, 4_096, free=True),),
)
"""The built-in demo."""

LOCAL = Preset(
    "local",
    _COMPATIBLE,
    local=True,
    models=(Model("local", "local", "smollm2", 4_096, 1_024, free=True),),
)
"""The small model of `make local`; its address is known once `providers.local.start_local_model` has started it."""
