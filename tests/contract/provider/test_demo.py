"""The demo: useful about Parley, honest about itself, in four languages."""

import asyncio
import subprocess
import sys
import time

import pytest

from hub.domain.completion import Completed, Finish, PromptMessage, Role
from hub.domain.errors import Refused
from hub.domain.model import Endpoint
from providers.llm.demo import create, provider, wire
from tests.contract.provider.conftest import asking, hear


@pytest.mark.parametrize(
    ("question", "language", "topic"),
    [
        ("hi", "en", "hello"),
        ("Hallo!", "de", "hello"),
        ("Thanks a lot", "en", "thanks"),
        ("thanks, and what is parley?", "en", "what"),
        ("What should I do next?", "en", "next"),
        ("Was nun?", "de", "next"),
        ("¿Cuál es el siguiente paso?", "es", "next"),
        ("ماذا أفعل الآن؟", "ar", "next"),
        ("How do I connect a real model?", "en", "model"),
        ("¿Cómo conecto un modelo?", "es", "model"),
        ("كيف أربط نموذجًا؟", "ar", "model"),
        ("ما هو Parley؟", "ar", "what"),
        ("What does مرحبا mean?", "en", "hello"),
        ("How do I connect Telegram?", "en", "telegram"),
        ("Wie verbinde ich Slack?", "de", "slack"),
        ("can I add it to discord", "en", "discord"),
        ("Wie baue ich das auf meiner Webseite ein?", "de", "website"),
        ("Which commands are there?", "en", "commands"),
        ("Wo sind die Einstellungen?", "de", "settings"),
        ("¿Qué pasa con mis datos?", "es", "privacy"),
        ("was kostet das?", "de", "costs"),
        ("كم التكلفة؟", "ar", "costs"),
        ("give me a long answer about Telegram", "en", "long"),
        ("show markdown", "en", "markdown"),
        ("can you work offline without a key", "en", "local"),
        ("What is the capital of France?", "en", None),
        ("¿Cuál es la capital de Francia?", "es", None),
    ],
)
def test_topics_and_languages(question, language, topic):
    found = wire.topic_of(question)
    assert (wire.language_of(question), found and found.name) == (language, topic)


def test_every_topic_speaks_every_language_and_names_no_placeholder():
    listed, fallback = wire.topics()
    assert set(fallback) == set(wire.LANGUAGES)
    for topic in listed:
        assert set(topic.answers) == set(wire.LANGUAGES)
        assert len(set(topic.answers.values())) == len(wire.LANGUAGES)
        for question in topic.keywords[:1]:
            assert "{" not in wire.answer(asking(question)).replace("{name}", "")


def test_the_fallback_repeats_what_it_understood_and_says_what_it_is():
    said = wire.answer(asking("What is\n\nthe *capital* of {number} France? " + "x" * 500))
    assert "> What is the *capital* of {number} France?" in said
    assert "not a language model" in said
    assert "x" * 201 not in said


async def test_summaries_are_extracted():
    messages = (
        PromptMessage(Role.USER, "My name is Ann. I like boats."),
        PromptMessage(Role.ASSISTANT, "Nice to meet you, Ann. Boats are fine."),
        PromptMessage(Role.USER, "word " * 500),
    )
    request = asking(messages=messages, system="Summarise the conversation so far.")
    said = wire.answer(request)
    assert said.startswith("My name is Ann. Nice to meet you, Ann.")
    assert len(said.split()) <= wire.SUMMARY_WORDS


async def test_it_types_at_its_pace_and_stops_at_the_limit(monkeypatch):
    monkeypatch.setattr(provider, "WORDS_PER_SECOND", 200.0)
    demo = create(Endpoint("demo", "demo"))
    started = time.monotonic()
    events = await hear(demo, asking("long answer", max_output=60))
    assert 0.05 < time.monotonic() - started < 3
    completed = events[-1]
    assert isinstance(completed, Completed)
    assert completed.finish is Finish.LENGTH
    assert completed.usage.estimated
    assert completed.usage.output <= 60
    assert len(events) > 5


async def test_nothing_asked_is_refused():
    with pytest.raises(Refused):
        await hear(create(Endpoint("demo", "demo")), asking(messages=()))


def test_streaming_imports_no_sdk_and_the_demo_no_network():
    code = (
        "import sys; from providers.table import create; from hub.domain.model import Endpoint\n"
        "create(Endpoint('d', 'demo')); assert 'aiohttp' not in sys.modules\n"
        "import asyncio; from hub.domain.completion import *; from hub.domain.errors import Down\n"
        "async def main():\n"
        "    for kind in ('openai', 'anthropic', 'gemini'):\n"
        "        one = create(Endpoint('x', kind, 'k', 'http://127.0.0.1:9'))\n"
        "        try:\n"
        "            async for _ in one.stream(CompletionRequest('m', (PromptMessage(Role.USER, 'hi'),))): pass\n"
        "        except Down: pass\n"
        "        await one.close()\n"
        "asyncio.run(main())\n"
        "assert not {'openai', 'anthropic', 'google.genai', 'httpx2', 'pydantic'} & set(sys.modules), 'SDK imported'\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr


async def test_two_people_are_answered_side_by_side(monkeypatch):
    monkeypatch.setattr(provider, "WORDS_PER_SECOND", 100.0)
    demo = create(Endpoint("demo", "demo"))
    started = time.monotonic()
    await asyncio.gather(*(hear(demo, asking("hi")) for _ in range(20)))
    assert time.monotonic() - started < 2
