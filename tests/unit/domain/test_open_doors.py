"""Doors of older systems that are opened to a network."""

import ipaddress

import pytest

from ohmstead.domain.access import Role
from ohmstead.domain.trust import OpenDoors, TrustRules, same_site

DOORS = OpenDoors(
    [
        ("002", ipaddress.ip_network("192.168.1.0/24"), Role.OPERATOR),
        ("002", ipaddress.ip_network("192.168.0.0/16"), Role.VIEWER),
        ("003", ipaddress.ip_network("203.0.113.0/24"), Role.VIEWER),
    ]
)
TRUST = TrustRules([ipaddress.ip_network("192.168.0.0/16")], [ipaddress.ip_network("10.0.0.5/32")])


def role(system: str, peer: str, forwarded: str | None = None) -> Role | None:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    return DOORS.role(system, TRUST.origin(peer, headers))


def test_the_first_network_that_fits_gives_the_role() -> None:
    assert role("002", "192.168.1.9") is Role.OPERATOR
    assert role("002", "::ffff:192.168.1.9") is Role.OPERATOR
    assert role("002", "192.168.2.9") is Role.VIEWER


def test_a_door_is_open_for_its_own_system_only() -> None:
    assert role("001", "192.168.1.9") is None
    assert role("003", "192.168.1.9") is None


def test_a_network_may_be_opened_that_no_device_may_speak_from() -> None:
    assert role("003", "203.0.113.7") is Role.VIEWER


def test_a_forwarded_request_counts_through_a_trusted_proxy_only() -> None:
    assert role("002", "192.168.1.9", forwarded="192.168.1.10") is None
    assert role("002", "10.0.0.5", forwarded="192.168.1.10") is Role.OPERATOR
    assert role("002", "10.0.0.5", forwarded="198.51.100.1, 198.51.100.2") is None
    assert role("002", "10.0.0.5", forwarded="nonsense") is None


@pytest.mark.parametrize("address", ["", "unknown", "192.168.1"])
def test_what_is_no_address_opens_nothing(address: str) -> None:
    assert role("002", address) is None


def test_a_page_is_our_own_when_host_and_port_are() -> None:
    assert same_site(None, "box:8000")
    assert same_site("http://Box:8000", "box:8000")
    for origin in ("http://box:3001", "http://evil.example", "null", "file://", ""):
        assert not same_site(origin, "box:8000")
