"""From where a device without credentials is believed. Pure: addresses and headers in, verdict out."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from ohmstead.domain.access import Role

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
FORWARDING_HEADERS = (
    b"forwarded",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-proto",
    b"x-real-ip",
)


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address | None:
    """The address, with IPv4-mapped IPv6 folded to IPv4 and a scope or port removed; None if it is none."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _forwarded_for(headers: Sequence[tuple[bytes, bytes]]) -> Address | None:
    """The nearest forwarded address: what the trusted proxy itself appended, not what the client claimed.

    None when several headers name different ones: a proxy writes one of them and hands the others on as the client
    wrote them, and nothing tells which is which.
    """
    nearest: dict[bytes, Address | None] = {}  # the last of each name is the proxy's
    for name, value in headers:
        text = value.decode("latin-1")
        if name == b"x-forwarded-for":
            nearest[name] = parse_address(text.rpartition(",")[2])
        elif name == b"x-real-ip":
            nearest[name] = parse_address(text)
        elif name == b"forwarded":
            pairs = [part.strip().partition("=") for part in text.rpartition(",")[2].split(";")]
            nearest[name] = next((parse_address(told) for key, _, told in pairs if key.lower() == "for"), None)
    named = set(nearest.values())
    return named.pop() if len(named) == 1 else None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from. `anonymous` says whether it may speak without credentials."""

    address: str
    anonymous: bool
    direct: bool  # no forwarding header: the peer itself is speaking


class TrustRules:
    """Networks whose devices may speak without credentials, and proxies whose word about addresses counts."""

    def __init__(self, allowed: Iterable[Network], proxies: Iterable[Network]) -> None:
        self._allowed = tuple(allowed)
        self._proxies = tuple(proxies)
        self._cache: dict[str, Origin] = {}

    def allows(self, address: str) -> bool:
        return _within(parse_address(address), self._allowed)

    def origin(self, peer: str, headers: Sequence[tuple[bytes, bytes]]) -> Origin:
        """Raises nothing. A forwarded request is anonymous only through a trusted proxy, from an allowed address."""
        for name, _ in headers:
            if name in FORWARDING_HEADERS:
                break
        else:
            known = self._cache.get(peer)
            if known is None:
                address = parse_address(peer)
                known = Origin(str(address or peer), _within(address, self._allowed), direct=True)
                if len(self._cache) < 10_000:
                    self._cache[peer] = known
            return known
        if not _within(parse_address(peer), self._proxies):
            return Origin(peer, anonymous=False, direct=False)
        client = _forwarded_for(headers)
        return Origin(str(client or peer), _within(client, self._allowed), direct=False)

    def encrypted(self, peer: str, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        """Whether a trusted proxy says that the person's browser speaks HTTPS with it."""
        if not _within(parse_address(peer), self._proxies):
            return False
        told = [value for name, value in headers if name == b"x-forwarded-proto"]
        return len(told) == 1 and told[0].rpartition(b",")[2].strip().lower() == b"https"


def neighbourhood(address: str) -> str:
    """What one party can pick its addresses from: an IPv4 address alone, of IPv6 the /64."""
    parsed = parse_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed or address)


def same_site(origin: str | None, host: str) -> bool:
    """Whether the page that asks is the asked server's own; what is no browser tells no origin."""
    return origin is None or urlsplit(origin).netloc.lower() == host.lower()


class OpenDoors:
    """Networks for which the read and command side of an older system's door is open, each with a role."""

    def __init__(self, rules: Iterable[tuple[str, Network, Role]]) -> None:
        self._rules = tuple(rules)

    def role(self, system: str, origin: Origin) -> Role | None:
        """The role of a request without credentials; None where the door is shut.

        The first rule that fits counts. A forwarded request must come through a trusted proxy from an allowed
        address, as for devices.
        """
        if not (origin.direct or origin.anonymous):
            return None
        address = parse_address(origin.address)
        for name, network, role in self._rules:
            if name == system and _within(address, (network,)):
                return role
        return None


def _within(address: Address | None, networks: Sequence[Network]) -> bool:
    return address is not None and any(
        address.version == network.version and address in network for network in networks
    )
