"""Bearer tokens and signed identities. Knows HMAC and claims; must not know requests or sessions' use.

A token is `base64url(JSON)` + `.` + `base64url(HMAC-SHA256)`. Its key is derived per site, and for a signed visitor
also from the site's identity secret, so that changing that secret ends every session it ever vouched for.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from typing import Literal

import msgspec

from hub.domain.errors import NotAllowed

LONGEST_IDENTITY = 3_600
"""Furthest `exp` of an identity, seconds ahead."""
IDENTIFIED_SESSION = 12 * 3_600
"""Life of a signed visitor's session in seconds; the page signs again for the next."""
_SKEW = 60


class Session(msgspec.Struct, frozen=True, array_like=True):
    """What a token says. `expires` in seconds since 1970; `name` only for a signed visitor who gave one."""

    site: str
    visitor: str
    identified: bool
    expires: int
    language: str
    name: str = ""


class _Header(msgspec.Struct):
    alg: Literal["HS256"]


class _Claims(msgspec.Struct):
    sub: str
    aud: str | list[str]
    exp: float
    nbf: float = 0
    name: str = ""


_session = msgspec.json.Decoder(Session)
_header = msgspec.json.Decoder(_Header)
_claims = msgspec.json.Decoder(_Claims)


class Identity(msgspec.Struct, frozen=True):
    """Who the customer's server says the visitor is."""

    subject: str
    name: str


def pack(content: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unpack(text: str) -> bytes:
    """Base64url without padding; raises ValueError for anything else."""
    if not text.isascii() or "=" in text or "+" in text or "/" in text:
        raise ValueError("not base64url")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error


class Seal:
    """Signs and opens the tokens of one site."""

    __slots__ = ("_anonymous", "_files", "_identified", "_secret", "_site", "_visitors")

    def __init__(self, house_key: bytes, site: str, identity_secret: str) -> None:
        self._site = site
        self._secret = identity_secret.encode()
        self._anonymous = _derive(house_key, b"anonymous", site.encode())
        self._identified = _derive(house_key, b"identified", site.encode(), hashlib.sha256(self._secret).digest())
        self._visitors = _derive(house_key, b"visitor", site.encode())
        self._files = _derive(house_key, b"file", site.encode())

    def issue(self, session: Session) -> str:
        """The token that says `session`."""
        body = pack(msgspec.json.encode(session))
        return f"{body}.{pack(self._mac(session.identified, body))}"

    def genuine(self, token: str, session: Session) -> bool:
        """Whether `token`, which claims to be `session`, was issued by us for this site; it may have expired."""
        body, _, mac = token.rpartition(".")
        try:
            given = unpack(mac)
        except ValueError:
            return False
        return hmac.compare_digest(given, self._mac(session.identified, body))

    def visitor(self, subject: str) -> str:
        """The visitor id of a signed person: always the same, never an anonymous one's, not to be guessed."""
        return "s" + pack(hmac.digest(self._visitors, subject.encode("utf-8", "surrogatepass"), "sha256")[:16])

    def file_mark(self, visitor: str, file: str) -> str:
        """What proves that `file` was shown to `visitor`."""
        return pack(hmac.digest(self._files, f"{visitor}\0{file}".encode(), "sha256")[:16])

    def _mac(self, identified: bool, body: str) -> bytes:
        return hmac.digest(self._identified if identified else self._anonymous, body.encode(), "sha256")

    def identify(self, jwt: str) -> Identity:
        """Who a JWT made by the customer's server says this is. Raises NotAllowed."""
        try:
            head, body, mac = jwt.split(".")
            _header.decode(unpack(head))
            if not self._secret or not hmac.compare_digest(
                unpack(mac), hmac.digest(self._secret, f"{head}.{body}".encode(), "sha256")
            ):
                raise NotAllowed("bad_identity", why="its signature does not match")
        except (ValueError, RecursionError) as error:
            raise NotAllowed("bad_identity", why="it is not a JWT signed with HS256") from error
        try:
            claims = _claims.decode(unpack(body))
            claims.sub.encode()
        except (ValueError, RecursionError) as error:
            raise NotAllowed("bad_identity", why="it needs sub and aud as text and exp as a number") from error
        now = time.time()
        if self._site not in ([claims.aud] if isinstance(claims.aud, str) else claims.aud):
            raise NotAllowed("bad_identity", why="its audience is not this site's key")
        if not now < claims.exp <= now + LONGEST_IDENTITY + _SKEW or claims.nbf > now + _SKEW:
            raise NotAllowed("bad_identity", why="it has expired, or is good for more than an hour")
        if not 0 < len(claims.sub) <= 512:
            raise NotAllowed("bad_identity", why="its subject is empty or too long")
        return Identity(claims.sub, claims.name[:120])


def claimed(token: str) -> Session | None:
    """What `token` claims, unproven: only to find the seal that can tell."""
    if len(token) > 2_000:
        return None
    try:
        return _session.decode(unpack(token.rpartition(".")[0]))
    except (ValueError, RecursionError):
        return None


def _derive(key: bytes, *labels: bytes) -> bytes:
    return hmac.digest(key, b"\0".join(labels), "sha256")
