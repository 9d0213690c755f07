"""Who is believed about who asks."""

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from hub.runtime.http_proxy import address_of, networks, tell

OURS = networks(["10.0.0.0/8", "::1"])
ANN, BOB, MADE_UP = "203.0.113.7", "2001:db8::7", "198.51.100.1"


def told(peer: str, **headers: str) -> tuple[str, str] | None:
    return tell(peer, CIMultiDictProxy(CIMultiDict({n.replace("_", "-"): v for n, v in headers.items()})), OURS)


@pytest.mark.parametrize(
    ("peer", "headers", "caller"),
    [
        ("203.0.113.9", {"X_Forwarded_For": ANN}, None),
        ("", {"X_Forwarded_For": ANN}, None),
        ("10.0.0.1", {}, ("10.0.0.1", "")),
        ("10.0.0.1", {"X_Forwarded_For": ANN}, (ANN, "")),
        ("::ffff:10.0.0.1", {"X_Forwarded_For": ANN}, (ANN, "")),
        ("::1", {"X_Forwarded_For": BOB, "X_Forwarded_Proto": "HTTPS"}, (BOB, "https")),
        ("10.0.0.1", {"X_Forwarded_For": f"{MADE_UP}, {ANN}"}, (ANN, "")),
        ("10.0.0.1", {"X_Forwarded_For": f"{MADE_UP}, {ANN}, 10.9.9.9"}, (ANN, "")),
        ("10.0.0.1", {"X_Forwarded_For": "10.1.1.1, 10.2.2.2"}, ("10.1.1.1", "")),
        ("10.0.0.1", {"X_Forwarded_For": f"{ANN}:4711, 10.2.2.2:80"}, (ANN, "")),
        ("10.0.0.1", {"X_Forwarded_For": f"{MADE_UP}, unknown"}, ("10.0.0.1", "")),
        ("10.0.0.1", {"X_Forwarded_For": ",".join([MADE_UP] + ["10.0.0.2"] * 5000)}, ("10.0.0.2", "")),
        ("10.0.0.1", {"X_Forwarded_For": ANN, "X_Forwarded_Proto": "javascript"}, (ANN, "")),
        ("10.0.0.1", {"X_Forwarded_For": ANN, "X_Forwarded_Proto": "https, http"}, (ANN, "http")),
        ("10.0.0.1", {"Forwarded": f'for="[{BOB}]:4711";proto=https;by=10.0.0.1'}, (BOB, "https")),
        ("10.0.0.1", {"Forwarded": f"for={MADE_UP}, For={ANN};Proto=http"}, (ANN, "http")),
        ("10.0.0.1", {"Forwarded": "for=_hidden"}, ("10.0.0.1", "")),
        ("10.0.0.1", {"X_Forwarded_For": ANN, "Forwarded": f"for={ANN};proto=https"}, (ANN, "https")),
        ("10.0.0.1", {"X_Forwarded_For": ANN, "Forwarded": f"for={MADE_UP};proto=https"}, None),
    ],
)
def test_the_list_is_read_from_our_own_end(peer: str, headers: dict[str, str], caller: tuple[str, str] | None) -> None:
    assert told(peer, **headers) == caller


def test_nobody_is_believed_unless_named() -> None:
    assert tell("127.0.0.1", CIMultiDictProxy(CIMultiDict({"X-Forwarded-For": ANN})), ()) is None
    with pytest.raises(ValueError, match="`proxy` is no address or network such as"):
        networks(["127.0.0.1", "proxy"])


@pytest.mark.parametrize("text", ["", ":", "[", "[]", "[::1", "1.2.3", "1.2.3.4.5", "a" * 9000, "::1:x:", "\x00"])
def test_nonsense_is_no_address(text: str) -> None:
    assert address_of(text) is None
