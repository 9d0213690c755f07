"""What went wrong with a mail server, in our words. Knows smtplib's errors; must not know letters."""

from __future__ import annotations

import smtplib
import ssl

from hub.domain.mail import Posted, Verdict

MOST_WORDS = 200
"""Characters of a server's answer that are kept."""


def verdict(error: BaseException) -> Posted:
    """What `error` means for the letter: later, or never."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        return Posted(_by(code), f"the recipient was refused: {_answer(code, said)}")
    if isinstance(error, smtplib.SMTPDataError):
        return Posted(_by(error.smtp_code), f"the mail was refused: {_answer(error.smtp_code, error.smtp_error)}")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Posted(Verdict.LATER, f"user or password were refused: {_answer(error.smtp_code, error.smtp_error)}")
    if isinstance(error, smtplib.SMTPSenderRefused):
        return Posted(Verdict.LATER, f"our sender was refused: {_answer(error.smtp_code, error.smtp_error)}")
    if isinstance(error, smtplib.SMTPResponseException):
        return Posted(Verdict.LATER, f"the server answered {_answer(error.smtp_code, error.smtp_error)}")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Posted(Verdict.LATER, str(error))
    if isinstance(error, ssl.SSLError):
        return Posted(Verdict.LATER, f"no safe connection: {error.reason or 'TLS failed'}")
    if isinstance(error, TimeoutError):
        return Posted(Verdict.LATER, "the server did not answer in time")
    if isinstance(error, ValueError):
        return Posted(Verdict.NEVER, f"it cannot be written: {error}")
    if isinstance(error, OSError):
        return Posted(Verdict.LATER, f"the server cannot be reached: {error.strerror or type(error).__name__}")
    return Posted(Verdict.LATER, f"the connection broke: {type(error).__name__}")


KNOWN = (smtplib.SMTPException, OSError, ValueError)
"""Whatever `verdict` has words for; SMTPException is an OSError, and named for the reader."""


def _by(code: int) -> Verdict:
    return Verdict.NEVER if 500 <= code < 600 else Verdict.LATER


def _answer(code: int, said: bytes | str) -> str:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(f"{code} {words}".split())[:MOST_WORDS]
