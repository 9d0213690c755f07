"""What the demo says. Knows topics, languages and scoring, pure; must not know how words are paced or sent."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hub.domain.completion import CompletionRequest, Role

LANGUAGES = ("en", "de", "es", "ar")

ECHO = 200
"""Characters of a question that the fallback repeats."""

SUMMARY_WORDS = 80
"""Length of a summary: enough to recall what was talked about, little enough to keep the window free."""

_HINTS = {"de": "äöüß", "es": "¿¡ñáíóú"}
_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"(?<=[.!?؟。])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing the demo can talk about. `repeat` times its answer; small talk gives way to any other topic."""

    name: str
    keywords: tuple[str, ...]
    answers: Mapping[str, str]
    small_talk: bool = False
    directive: bool = False
    repeat: int = 1


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "topics.toml").read_text("utf-8"))


@cache
def _stopwords() -> Mapping[str, frozenset[str]]:
    return {language: frozenset(words.split()) for language, words in _file()["stopwords"].items()}


@cache
def topics() -> tuple[tuple[Topic, ...], Mapping[str, str]]:
    """Every topic, and the fallback by language."""
    found = _file()
    listed = tuple(
        Topic(
            one["name"],
            tuple(one["keywords"]),
            {language: one[language].strip("\n") for language in LANGUAGES},
            one.get("small_talk", False),
            one.get("directive", False),
            one.get("repeat", 1),
        )
        for one in found["topic"]
    )
    return listed, {language: found["fallback"][language].strip() for language in LANGUAGES}


def language_of(text: str) -> str:
    """The language a question is in, by script first, by stopwords then; English when nothing tells."""
    words = _WORD.findall(text.lower())
    # Words and not letters: names such as Parley are written in their own script, and are long.
    if sum("\u0600" <= word[0] <= "\u06ff" for word in words) * 2 > len(words):
        return "ar"
    scores = {language: sum(word in known for word in words) for language, known in _stopwords().items()}
    for language, hints in _HINTS.items():
        scores[language] += any(letter in hints for letter in text.lower())
    return max(scores, key=lambda language: scores[language])


def topic_of(text: str) -> Topic | None:
    """The topic a question is about, None when none fits. A directive beats a topic, a topic beats small talk."""
    lowered = " ".join(text.lower().split())
    words = set(_WORD.findall(lowered))
    best: tuple[int, int, int] = (0, 0, 0)
    found = None
    for topic in topics()[0]:
        score = sum(_points(keyword, lowered, words) for keyword in topic.keywords)
        rank = (score > 0 and topic.directive, 0 if topic.small_talk else 1, score)
        if score and rank > best:
            best, found = (int(rank[0]), rank[1], rank[2]), topic
    return found


def _points(keyword: str, lowered: str, words: set[str]) -> int:
    """A phrase tells more than a word; `parley` alone, which stands in most questions, least."""
    if " " in keyword:
        return 3 if keyword in lowered else 0
    if keyword.endswith("*"):
        return 2 if any(word.startswith(keyword[:-1]) for word in words) else 0
    return (1 if keyword == "parley" else 2) if keyword in words else 0


def until_stop(said: str, stop: Sequence[str]) -> str:
    """What stands before the first of the words that end an answer."""
    return said[: min([at for word in stop if (at := said.find(word)) >= 0], default=len(said))]


def answer(request: CompletionRequest) -> str:
    """The whole answer to the newest question, or a summary where the system prompt asks for one."""
    if "summarise" in request.system.lower():
        return summary(request)
    question = next((message.text for message in reversed(request.messages) if message.role is Role.USER), "")
    language, topic = language_of(question), topic_of(question)
    if topic is None:
        shown = " ".join(question.split())
        shown = shown if len(shown) <= ECHO else shown[: ECHO - 1] + "…"
        return topics()[1][language].replace("{question}", shown or "…")
    said = topic.answers[language]
    if topic.repeat == 1:
        return said
    return "\n\n".join(said.strip().replace("{number}", str(number)) for number in range(1, topic.repeat + 1))


def summary(request: CompletionRequest) -> str:
    """The first sentences of what was said, in order, up to SUMMARY_WORDS words: extracted, nothing invented."""
    kept: list[str] = []
    room = SUMMARY_WORDS
    for message in request.messages:
        for line in message.text.splitlines():
            first = next((part.strip() for part in _SENTENCE.split(line) if part.strip()), "")
            words = first.split()[: min(room, 20)]
            if words:
                kept.append(" ".join(words))
                room -= len(words)
            if room <= 0:
                return " ".join(kept)
    return " ".join(kept) or "Nothing was said."


def pieces(text: str, words: int = 2) -> list[str]:
    """`text` cut after every `words` words, spaces kept; together they are the text again."""
    found = re.findall(r"\S+\s*|^\s+", text)
    return ["".join(found[at : at + words]) for at in range(0, len(found), words)]
