"""Which pages may talk to which site. Knows the Origin header; must not know tokens or answers."""

from __future__ import annotations

import re
from collections.abc import Iterable

from adapters.web.config import Site

_NETLOC = re.compile(r"https?://([^/?#@\s]+)", re.IGNORECASE)
_LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?")


class Origins:
    """Exact allow-lists. The hub's own pages may use every site; a request without Origin is no page's."""

    def __init__(self, sites: Iterable[Site], public_origin: str) -> None:
        self._by_site = {site.key: frozenset(site.origins) for site in sites}
        self._any = frozenset().union(*self._by_site.values())
        self._public = public_origin.rstrip("/").lower()

    def may(self, origin: str | None, host: str, site: str) -> bool:
        """Whether a page of `origin` may use `site` of a hub that was called as `host`."""
        return origin is None or origin in self._by_site.get(site, ()) or self.own(origin, host)

    def known(self, origin: str | None, host: str) -> bool:
        """Whether any site allows `origin`: all that can be said before a site is named."""
        return origin is None or origin in self._any or self.own(origin, host)

    def own(self, origin: str, host: str) -> bool:
        """Whether `origin` is the hub itself. With a public origin set, another host name counts only on loopback,
        so that a stranger's name pointed at our address is a stranger."""
        lowered = origin.lower()
        if self._public and lowered == self._public:
            return True
        match = _NETLOC.fullmatch(lowered)
        if match is None or match[1] != host.lower():
            return False
        return not self._public or _LOOPBACK.fullmatch(match[1]) is not None
