"""Rich messages, where the settings want them: as Telegram takes them, and plain wherever it does not."""

from __future__ import annotations

import html.parser
import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings

from adapters.telegram.markup.rich import rich
from adapters.telegram.sandbox import TelegramSandbox
from hub.domain.reply import Part
from hub.text.parse import parse

from .telegram_kit import TelegramKit
from .telegram_spec import call_faults
from .test_telegram_markup import TEXTS, words

NAMES = "p h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code b i s a br hr table tr th td tg-math tg-math-block"
TAGS = set(NAMES.split())
EMPTY = {"br", "hr"}


class Reader(html.parser.HTMLParser):
    """Follows tags; what is not closed, not ours or carries more than it may is a fault."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS or any(name not in {"href", "class", "start", "align"} for name, _ in attrs):
            self.faults.append(tag)
        for name, value in attrs:
            if name == "href":
                self.text += value or ""
                if not (value or "").startswith(("https://", "http://", "mailto:")):
                    self.faults.append(f"{tag} {value}")
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text += data


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS)
def test_only_our_tags_and_all_the_words(text: str) -> None:
    message = rich(text)
    if message is None:
        assert not parse(text)
        return
    reader = Reader()
    reader.feed(str(message["html"]))
    reader.close()
    assert reader.faults == []
    assert reader.open == []
    seen = "".join(reader.text.split())
    for leaf in words(parse(text)):
        assert "".join(leaf.split()) in seen


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# A *b*", "<h1>A <i>b</i></h1>"),
        ("a & <b>", "<p>a &amp; &lt;b&gt;</p>"),
        ("3. x\n4. y", '<ol start="3"><li>x</li><li>y</li></ol>'),
        ("- [x] x\n  - y", "<ul><li>☑ x<ul><li>y</li></ul></li></ul>"),
        ("|a|\n|-:|\n|1|", '<table><tr><th align="right">a</th></tr><tr><td align="right">1</td></tr></table>'),
        ('```py"x\n<\n```', '<pre><code class="language-py&quot;x">&lt;</code></pre>'),
        ("$x<y$", "<p><tg-math>x&lt;y</tg-math></p>"),
        ("> a\n\n---", "<blockquote><p>a</p></blockquote><hr/>"),
        ("[x](https://a.example/?a=1&b=%22)", '<p><a href="https://a.example/?a=1&amp;b=%22">x</a></p>'),
    ],
)  # fmt: skip
def test_each_block_has_its_tag(text: str, html: str) -> None:
    assert rich(text) == {"html": html, "skip_entity_detection": True}


@pytest.fixture
async def kit() -> AsyncIterator[TelegramKit]:
    platform = await TelegramSandbox(rich=True, speed=100).start()
    kit = TelegramKit(platform, rich=True)
    yield kit
    await kit.stop()


async def test_answers_are_rich_and_notices_are_not(kit: TelegramKit) -> None:
    ref = await kit.adapter.send(kit.address, Part("# Title\n\n@ann"), "t1")
    await kit.adapter.send(kit.address, Part("a **notice**", role="notice"), "t2")
    (call,) = kit.platform.called("sendRichMessage")
    assert json.loads(call.fields["rich_message"])["skip_entity_detection"] is True
    assert call_faults(call.method, call.fields, call.files) == []
    await kit.adapter.edit(kit.address, ref, Part("other **words**"))
    await kit.adapter.edit(kit.address, ref, Part("other **words**"))
    assert kit.person.screen() == ["<p>other <b>words</b></p>", "a notice"]
    assert kit.person.shown()[1].rich is None


async def test_what_is_refused_goes_plain(kit: TelegramKit) -> None:
    kit.platform.misbehave("status", method="sendRichMessage", status=400)
    await kit.adapter.send(kit.address, Part("**plain** then"), "t1")
    await kit.adapter.send(kit.address, Part("**rich** again"), "t2")
    assert kit.person.screen() == ["plain then", "<p><b>rich</b> again</p>"]


async def test_a_server_without_them_is_asked_once() -> None:
    platform = await TelegramSandbox(speed=100).start()
    kit = TelegramKit(platform, rich=True)
    ref = await kit.adapter.send(kit.address, Part("**one**"), "t1")
    await kit.adapter.send(kit.address, Part("**two**"), "t2")
    await kit.adapter.edit(kit.address, ref, Part("**three**"))
    assert kit.person.screen() == ["three", "two"]
    assert len(platform.called("sendRichMessage")) == 1
    await kit.stop()
