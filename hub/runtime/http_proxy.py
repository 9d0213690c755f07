"""Who really asks, where a proxy stands in front. Knows forwarding headers; must not believe one from anybody else.

Every hop writes down whom it heard, so the list is read from its right end: the first address that is not a proxy of
ours is the caller, and what stands further left may be made up by them.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from aiohttp import web
from multidict import CIMultiDictProxy

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MOST_HOPS = 10
"""Of a longer list the left end is not read."""

_PAIR = re.compile(r'(?:^|[;,])\s*(for|proto)\s*=\s*(?:"([^"]*)"|([^;,\s]*))', re.IGNORECASE)
_PORT = re.compile(r"^(?:\[([^\]]+)\]|([^:]+))(?::\w+)?$")


def networks(names: Sequence[str]) -> tuple[Network, ...]:
    """Addresses and networks by name. Raises ValueError with words for people."""
    found = []
    for name in names:
        try:
            found.append(ipaddress.ip_network(name.strip(), strict=False))
        except ValueError:
            raise ValueError(f"`{name}` is no address or network such as 127.0.0.1 or 10.0.0.0/8") from None
    return tuple(found)


def behind(make: Callable[..., web.Request], trusted: Sequence[Network]) -> Callable[..., web.Request]:
    """`make`, a factory of requests, with caller and scheme as proxies in `trusted` tell them."""
    if not trusted:
        return make

    def made(*parts: Any) -> web.Request:
        request = make(*parts)
        told = tell(request.remote or "", request.headers, trusted)
        if told is None:
            return request
        remote, scheme = told
        return request.clone(remote=remote, scheme=scheme or request.scheme)

    return made


def tell(peer: str, headers: CIMultiDictProxy[str], trusted: Sequence[Network]) -> tuple[str, str] | None:
    """Who called and over which scheme (empty: not said); None: `peer` itself, for it is no proxy of ours.

    Where both kinds of header stand and do not agree, one was sent by the caller, and neither is believed."""
    near = address_of(peer)
    if near is None or not _among(near, trusted):
        return None
    plain = list(_items(headers.getall("X-Forwarded-For", ())))
    pairs = list(_pairs(",".join(headers.getall("Forwarded", ()))))
    standard = [value for name, value in pairs if name == "for"]
    if plain and standard and _caller(plain, near, trusted) != _caller(standard, near, trusted):
        return None
    schemes = list(_items(headers.getall("X-Forwarded-Proto", ()))) or [
        value for name, value in pairs if name == "proto"
    ]
    scheme = schemes[-1].lower() if schemes else ""
    caller = _caller(plain or standard, near, trusted)
    return str(caller), scheme if scheme in ("http", "https") else ""


def _caller(hops: Sequence[str], near: Address, trusted: Sequence[Network]) -> Address:
    for hop in list(reversed(hops))[:MOST_HOPS]:
        address = address_of(hop)
        if address is None:
            break
        near = address
        if not _among(address, trusted):
            break
    return near


def address_of(text: str) -> Address | None:
    """An address, with or without port; None for anything else. IPv4 inside IPv6 is IPv4."""
    match = _PORT.match(text.strip())
    try:
        found = ipaddress.ip_address(text.strip() if match is None else match[1] or match[2])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if found.version == 6 else None
    return mapped or found


def _among(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)


def _items(values: Sequence[str]) -> Iterator[str]:
    return (item.strip() for value in values for item in value.split(",") if item.strip())


def _pairs(value: str) -> Iterator[tuple[str, str]]:
    return ((match[1].lower(), match[2] or match[3] or "") for match in _PAIR.finditer(value))
