"""The mailer over real sockets, to a server that this project did not write."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import replace

import pytest

from hub.domain.mail import CLAIM_SECONDS, Letter, Verdict
from providers.mail.config import SmtpConfig
from providers.mail.smtp import ANSWER_SECONDS, SAYING_SECONDS, SmtpMailer
from tests.kit.post import PASSWORD, USER, Post, client_context, part, post

LETTER = Letter(
    "ann@example.org",
    "Grüße — مرحبًا",
    "Plain words, größer.\n",
    f"<p>{'long ' * 400}</p>",
    "de",
    "1234@parley.test",
    1_795_000_000_000,
    f"https://parley.test/mail/unsubscribe?word={'w' * 120}",
)


def mailer(box: Post, **changes: object) -> SmtpMailer:
    limits = {name: changes.pop(name) for name in ("saying", "answer") if name in changes}
    config = SmtpConfig("127.0.0.1", box.port, sender="Parley <parley@example.org>", tls="off", timeout=2.0)
    return SmtpMailer(replace(config, **changes), client_context(), **limits)  # type: ignore[arg-type]


async def test_what_arrives_says_what_was_sent() -> None:
    async with post() as box:
        line = mailer(box)
        assert [(await line.send(LETTER)).verdict for _ in range(3)] == [Verdict.TAKEN] * 3
        await line.close()
        message = box.arrived[0]
        assert (message["From"], message["To"], message["Subject"]) == (
            "Parley <parley@example.org>",
            "ann@example.org",
            LETTER.subject,
        )
        assert message["Message-ID"] == "<1234@parley.test>"
        assert message["Date"].datetime.timestamp() == 1_795_000_000
        assert message["List-Unsubscribe"] == f"<{LETTER.unsubscribe}>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message.get_content_type() == "multipart/alternative"
        assert [one.get_content_type() for one in message.iter_parts()] == ["text/plain", "text/html"]
        assert part(message, "plain") == LETTER.plain
        assert part(message, "html").strip() == LETTER.html
        assert box.envelopes[0] == ("parley@example.org", ["ann@example.org"])
        assert box.connections == 1, "letters in a row go over one connection"


@pytest.mark.parametrize(("served", "asked"), [("tls", "tls"), ("starttls", "starttls"), ("starttls", "auto")])
async def test_tls_and_login(served: str, asked: str) -> None:
    async with post(tls=served, login=True) as box:
        line = mailer(box, tls=asked, user=USER, password=PASSWORD)
        assert (await line.greet()).verdict is Verdict.TAKEN
        assert (await line.send(LETTER)).verdict is Verdict.TAKEN
        await line.close()
        assert box.seen_over_tls == [True]
        wrong = mailer(box, tls=asked, user=USER, password="wrong")
        posted = await wrong.send(LETTER)
        assert posted.verdict is Verdict.LATER
        assert "user or password were refused" in posted.says
        assert "wrong" not in posted.says.replace("refused", "")


# aiosmtpd leaves its end of a handshake that failed to the garbage collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_nothing_secret_goes_where_tls_is_missing_or_not_trusted() -> None:
    async with post() as box:
        for changes in ({"tls": "starttls"}, {"tls": "auto", "user": USER, "password": PASSWORD}):
            posted = await mailer(box, **changes).send(LETTER)
            assert posted.verdict is Verdict.LATER
            assert "STARTTLS" in posted.says
        assert box.logins == 0
        assert (await mailer(box, tls="auto").send(LETTER)).verdict is Verdict.TAKEN, "no password, none offered"
    async with post(tls="starttls") as box:
        stranger = SmtpMailer(SmtpConfig("127.0.0.1", box.port, sender=USER, tls="starttls", timeout=2.0))
        posted = await stranger.send(LETTER)
        assert (posted.verdict, posted.says) == (Verdict.LATER, "no safe connection: CERTIFICATE_VERIFY_FAILED")
        assert box.arrived == []


@pytest.mark.parametrize(
    ("answer", "verdict"), [("550 no such mailbox", Verdict.NEVER), ("451 try later", Verdict.LATER)]
)
async def test_refusals_are_for_good_or_for_now(answer: str, verdict: Verdict) -> None:
    async with post() as box:
        line = mailer(box)
        box.refuses["ann@example.org"] = answer
        posted = await line.send(LETTER)
        assert (posted.verdict, posted.says) == (verdict, f"the recipient was refused: {answer}")
        box.refuses.clear()
        box.says_after = answer
        posted = await line.send(LETTER)
        assert (posted.verdict, posted.says) == (verdict, f"the mail was refused: {answer}")
        box.says_after = "250 taken"
        assert (await line.send(LETTER)).verdict is Verdict.TAKEN
        await line.close()


async def test_a_server_that_is_down_slow_or_gone(unused_port: int) -> None:
    box = Post(port=unused_port)
    posted = await mailer(box).send(LETTER)
    assert (posted.verdict, posted.says) == (Verdict.LATER, "the server cannot be reached: Connection refused")
    async with post() as box:
        box.slow = 3.0
        began = time.monotonic()
        posted = await mailer(box, timeout=0.3, answer=0.3).send(LETTER)
        assert posted.verdict is Verdict.LATER
        assert time.monotonic() - began < 2
        box.slow, line = 3.0, mailer(box, timeout=30.0)
        sending = asyncio.create_task(line.send(LETTER))
        await asyncio.sleep(0.2)
        await line.close()
        assert (await asyncio.wait_for(sending, 2)).verdict is Verdict.LATER, "a stop does not wait for a slow server"
        box.slow = 0.0


async def test_a_server_that_stalls_at_any_step_gets_a_letter_once() -> None:
    """The limit passes while the thread waits, whatever it waits for; afterwards nothing more is said."""
    assert SAYING_SECONDS + ANSWER_SECONDS < CLAIM_SECONDS

    async def stalling(step: int) -> tuple[Verdict, int]:
        async with post() as box:
            box.stalls, box.slow = step, 0.9
            line = mailer(box, saying=0.6, answer=9.0, timeout=30.0)
            posted = await line.send(LETTER)
            await line.close()
            await asyncio.sleep(0.9)
            return posted.verdict, len(box.arrived)

    steps = {"greeting": 1, "EHLO": 2, "MAIL": -4, "RCPT": -3, "DATA": -2, "the letter": -1}
    async with post() as box:
        line = mailer(box)
        assert (await line.send(LETTER)).verdict is Verdict.TAKEN
        said = box.said
        await line.close()
    told = await asyncio.gather(*(stalling(step if step > 0 else said + 1 + step) for step in steps.values()))
    assert told[:-1] == [(Verdict.LATER, 0)] * 5
    assert told[-1] == (Verdict.TAKEN, 1), "its answer is waited for"
    async with post() as box:
        box.slow = 0.6
        assert (await mailer(box, saying=0.3, answer=0.2, timeout=30.0).send(LETTER)).verdict is Verdict.LATER
        await asyncio.sleep(0.6)


@pytest.mark.parametrize(
    "changes",
    [
        {"to": "ann@example.org\r\nBcc: eve@example.org"},
        {"to": "ann@example.org, eve@example.org"},
        {"to": "nobody"},
        {"subject": "Hi\r\nBcc: eve@example.org"},
        {"message_id": "1@x>\r\nBcc: eve@example.org"},
        {"unsubscribe": "https://x\r\nBcc: eve@example.org"},
        {"language": "en\r\nBcc: eve@example.org"},
    ],
)
async def test_no_header_is_smuggled_in(changes: dict[str, str]) -> None:
    async with post() as box:
        posted = await mailer(box).send(replace(LETTER, **changes))  # type: ignore[arg-type]
        assert posted.verdict is Verdict.NEVER
        assert "Bcc" not in posted.says
        assert box.arrived == []


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
