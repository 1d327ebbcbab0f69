"""From where a device without credentials is believed."""

import ipaddress

import pytest

from ohmstead.domain.trust import TrustRules, neighbourhood, parse_address

PRIVATE = [ipaddress.ip_network(n) for n in ("127.0.0.0/8", "::1/128", "192.168.0.0/16", "fe80::/10")]
PROXY = [ipaddress.ip_network("10.0.0.5/32")]


@pytest.fixture
def rules() -> TrustRules:
    return TrustRules(PRIVATE, PROXY)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.168.1.7", "192.168.1.7"),
        ("::ffff:192.168.1.7", "192.168.1.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("203.0.113.9:80", "203.0.113.9"),
        ('"[2001:db8::1]"', "2001:db8::1"),
    ],
)
def test_addresses_are_read_in_every_form_that_headers_use(text: str, address: str) -> None:
    assert str(parse_address(text)) == address


@pytest.mark.parametrize("text", ["", "unknown", "_hidden", "1.2.3", "300.1.1.1"])
def test_what_is_no_address_is_none(text: str) -> None:
    assert parse_address(text) is None


def test_a_private_peer_may_be_anonymous(rules: TrustRules) -> None:
    assert rules.origin("::ffff:192.168.1.7", []).anonymous
    assert rules.origin("192.168.1.7", []).direct


def test_a_public_peer_may_not(rules: TrustRules) -> None:
    assert not rules.origin("203.0.113.9", []).anonymous


@pytest.mark.parametrize(
    "header",
    [
        (b"x-forwarded-for", b"192.168.1.7"),
        (b"forwarded", b"for=192.168.1.7"),
        (b"x-real-ip", b"192.168.1.7"),
        (b"x-forwarded-proto", b"https"),
    ],
)
def test_a_forwarded_request_of_an_untrusted_peer_is_never_anonymous(
    rules: TrustRules, header: tuple[bytes, bytes]
) -> None:
    origin = rules.origin("127.0.0.1", [header])
    assert not origin.anonymous
    assert not origin.direct


def test_a_trusted_proxy_vouches_for_an_allowed_address(rules: TrustRules) -> None:
    origin = rules.origin("10.0.0.5", [(b"x-forwarded-for", b"192.168.1.7")])
    assert origin.anonymous
    assert origin.address == "192.168.1.7"


def test_only_the_address_the_proxy_appended_counts(rules: TrustRules) -> None:
    lie = (b"x-forwarded-for", b"192.168.1.7, 203.0.113.9")
    assert not rules.origin("10.0.0.5", [lie]).anonymous
    assert not rules.origin("10.0.0.5", [(b"forwarded", b"for=192.168.1.7, for=203.0.113.9;proto=http")]).anonymous


def test_a_trusted_proxy_that_hides_the_address_is_not_believed(rules: TrustRules) -> None:
    assert not rules.origin("10.0.0.5", [(b"forwarded", b"for=unknown")]).anonymous
    assert not rules.origin("10.0.0.5", [(b"x-forwarded-proto", b"https")]).anonymous


@pytest.mark.parametrize(
    "forged",
    [(b"forwarded", b"for=192.168.1.7"), (b"x-real-ip", b"192.168.1.7"), (b"x-forwarded-for", b"192.168.1.7")],
)
def test_a_second_header_that_the_proxy_handed_on_unread_convinces_nobody(
    rules: TrustRules, forged: tuple[bytes, bytes]
) -> None:
    written = (
        (b"x-forwarded-for", b"203.0.113.9") if forged[0] != b"x-forwarded-for" else (b"x-real-ip", b"203.0.113.9")
    )
    for headers in ([written, forged], [forged, written]):
        origin = rules.origin("10.0.0.5", headers)
        assert not origin.anonymous
        assert origin.address == "10.0.0.5"


def test_headers_that_agree_are_believed(rules: TrustRules) -> None:
    origin = rules.origin("10.0.0.5", [(b"x-real-ip", b"192.168.1.7"), (b"x-forwarded-for", b"1.2.3.4, 192.168.1.7")])
    assert origin.anonymous


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        ("192.168.1.7", "192.168.1.7"),
        ("::ffff:192.168.1.7", "192.168.1.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_whoever_has_a_network_of_addresses_is_one_party(address: str, whose: str) -> None:
    assert neighbourhood(address) == whose


@pytest.mark.parametrize(
    ("peer", "told", "encrypted"),
    [
        ("10.0.0.5", [b"https"], True),
        ("10.0.0.5", [b"http, HTTPS"], True),
        ("10.0.0.5", [b"https, http"], False),
        ("10.0.0.5", [b"https", b"http"], False),
        ("10.0.0.5", [], False),
        ("192.168.1.7", [b"https"], False),
    ],
)
def test_only_a_trusted_proxy_says_that_a_browser_speaks_https(
    rules: TrustRules, peer: str, told: list[bytes], encrypted: bool
) -> None:
    assert rules.encrypted(peer, [(b"x-forwarded-proto", value) for value in told]) == encrypted
