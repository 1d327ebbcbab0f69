"""Where notifications may connect to."""

import ipaddress

import pytest

from ohmstead.domain.outgoing import NotAllowed, OutgoingRules

OWN_LAN = "192.168.1.2"
RULES = OutgoingRules(None, lambda: {8000, 1883}, lambda a: a == OWN_LAN, ("home.example", 443))
NARROW = OutgoingRules([ipaddress.ip_network("192.168.1.0/24")], lambda: {8000}, lambda a: False)


@pytest.mark.parametrize(
    ("address", "port"),
    [("192.168.1.9", 8000), (OWN_LAN, 8080), ("127.0.0.1", 25), ("::1", 25), ("203.0.113.7", 443), ("fd12::9", 80)],
)
def test_the_network_at_home_the_internet_and_other_programs_here_are_reached(address: str, port: int) -> None:
    assert RULES.allowed("name", port, [address]) == [address]


@pytest.mark.parametrize(
    ("address", "port", "why"),
    [
        ("127.0.0.1", 8000, "this server itself"),
        ("127.9.9.9", 1883, "this server itself"),
        ("::1", 8000, "this server itself"),
        ("::ffff:127.0.0.1", 8000, "this server itself"),
        ("64:ff9b::7f00:1", 8000, "this server itself"),
        ("2002:7f00:1::", 8000, "this server itself"),
        (OWN_LAN, 8000, "this server itself"),
        ("169.254.169.254", 80, "link-local"),
        ("::ffff:169.254.169.254", 80, "link-local"),
        ("fe80::1%eth0", 80, "link-local"),
        ("fd00:ec2::254", 80, "secrets"),
        ("0.0.0.0", 8000, "no address"),
        ("0.0.0.0", 80, "no address"),
        ("::", 80, "no address"),
        ("224.0.0.1", 80, "multicast"),
        ("ff02::1", 80, "multicast"),
        ("255.255.255.255", 80, "single computer"),
        ("not an address", 80, "not an address"),
    ],
)
def test_the_server_itself_and_what_is_no_receiver_are_refused(address: str, port: int, why: str) -> None:
    with pytest.raises(NotAllowed, match=why):
        RULES.allowed("name", port, [address])


def test_of_several_addresses_the_legal_ones_are_left() -> None:
    assert RULES.allowed("nas", 80, ["fe80::9", "192.168.1.9", "169.254.3.4"]) == ["192.168.1.9"]
    with pytest.raises(NotAllowed, match="no address"):
        RULES.allowed("nas", 80, [])


def test_the_public_name_of_this_server_is_refused_wherever_it_points() -> None:
    for name in ("home.example", "HOME.example."):
        with pytest.raises(NotAllowed, match="this server itself"):
            RULES.allowed(name, 443, ["203.0.113.7"])
    assert RULES.allowed("home.example", 8443, ["203.0.113.7"])


def test_an_operator_may_narrow_it() -> None:
    assert NARROW.allowed("nas", 80, ["192.168.1.9"]) == ["192.168.1.9"]
    for address in ("203.0.113.7", "127.0.0.1", "192.168.2.1", "fd12::9"):
        with pytest.raises(NotAllowed, match="OHMSTEAD_NOTIFY_NETWORKS"):
            NARROW.allowed("name", 80, [address])
