"""Where the server may connect to on a person's word. Pure: resolved addresses in, the ones to use out."""

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from ohmstead.domain.trust import Address, Network, parse_address

# What answers here is the computer's or the cloud's own machinery, or nobody.
NEVER: Final[tuple[tuple[Network, str], ...]] = tuple(
    (ipaddress.ip_network(network), why)
    for network, why in (
        ("0.0.0.0/8", "means no address"),
        ("::/128", "means no address"),
        ("169.254.0.0/16", "is link-local, where clouds keep their secrets"),
        ("fe80::/10", "is link-local"),
        ("fd00:ec2::/32", "is where a cloud keeps its secrets"),
        ("224.0.0.0/4", "is a multicast address"),
        ("ff00::/8", "is a multicast address"),
        ("240.0.0.0/4", "is no address of a single computer"),
    )
)
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


class NotAllowed(Exception):
    """This server does not connect there; the message says why, for people."""


class OutgoingRules:
    """What notifications may reach: anything but this server itself and what is never a receiver.

    `networks` narrows that to the given ones (None: everywhere). `own_ports` are the ports this server listens on now;
    `is_local` tells whether an address belongs to this computer. A port of ours is refused on every address that does:
    a webhook must not be a way to the server's own administration. Names are not looked at here: whoever connects
    must connect to an address that came out of `allowed`, and not resolve the name again. `published`: name and port
    under which people reach this server, perhaps through a proxy; it is refused by name.
    """

    def __init__(
        self,
        networks: Sequence[Network] | None,
        own_ports: Callable[[], Iterable[int]],
        is_local: Callable[[str], bool],
        published: tuple[str, int] | None = None,
    ) -> None:
        self._networks = networks
        self._own_ports = own_ports
        self._is_local = is_local
        self._published = published

    def allowed(self, host: str, port: int, addresses: Sequence[str]) -> list[str]:
        """Those of the host's addresses one may connect to, in their order. Raises NotAllowed when none is left."""
        if (host.lower().rstrip("."), port) == self._published:
            raise NotAllowed(f"{host} port {port} is this server itself")
        refused = NotAllowed("the name has no address")
        legal = []
        for text in addresses:
            try:
                legal.append(self._checked(text, port))
            except NotAllowed as error:
                refused = error
        if not legal:
            raise refused
        return legal

    def _checked(self, text: str, port: int) -> str:
        address = _plain(parse_address(text))
        if address is None:
            raise NotAllowed(f"{text!r:.80} is not an address")
        for network, why in NEVER:
            if address.version == network.version and address in network:
                raise NotAllowed(f"{address} {why}")
        if port in set(self._own_ports()) and (address.is_loopback or self._is_local(str(address))):
            raise NotAllowed(f"{address} port {port} is this server itself")
        if self._networks is not None and not any(
            address.version == network.version and address in network for network in self._networks
        ):
            raise NotAllowed(f"{address} is outside of OHMSTEAD_NOTIFY_NETWORKS")
        return str(address)


def _plain(address: Address | None) -> Address | None:
    """An IPv4 address that travels inside an IPv6 one counts as what it is."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.sixtofour or address
    return address
