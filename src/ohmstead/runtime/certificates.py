"""A certificate authority of one's own, for servers that no public one can reach.

Source of the rules: RFC 5280; validity of the server's certificate within what browsers accept (398 days).
"""

import ipaddress
import os
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

AUTHORITY_VALID: Final = timedelta(days=3650)
SERVER_VALID: Final = timedelta(days=367)
RENEW_BEFORE: Final = timedelta(days=60)
# Clocks differ, and a small computer without a battery starts in the past.
BACKDATED: Final = timedelta(days=30)


class NoAuthority(Exception):
    """There is no certificate authority in the folder yet."""


class LocalAuthority:
    """`ca.crt` and `ca.key`, `server.crt` and `server.key` in one folder. Keys are readable by their owner only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate = folder / "ca.crt"
        self._key = folder / "ca.key"
        self.server_certificate = folder / "server.crt"
        self.server_key = folder / "server.key"

    @property
    def exists(self) -> bool:
        return self.certificate.exists() and self._key.exists()

    def create(self, names: list[str]) -> None:
        """Make the authority if there is none, and a new server certificate for `names` (hosts, addresses)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.exists:
            self._make_authority()
        self._make_server(names)

    def context(self) -> ssl.SSLContext:
        """For servers, TLS 1.2 and newer. Renews the certificate when it is about to expire. Raises NoAuthority."""
        if not self.exists or not self.server_certificate.exists():
            raise NoAuthority
        self._renew()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.server_certificate, self.server_key)
        return context

    def _renew(self) -> None:
        from cryptography import x509

        current = x509.load_pem_x509_certificate(self.server_certificate.read_bytes())
        if current.not_valid_after_utc - datetime.now(UTC) < RENEW_BEFORE:
            known = current.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            self._make_server([str(name.value) for name in known])

    def _make_authority(self) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes

        key = _new_key()
        name = _name(f"Ohmstead authority on {socket.gethostname()[:32]}")
        certificate = (
            _builder(name, name, key, AUTHORITY_VALID)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(sign_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        _write_key(self._key, key)
        self.certificate.write_bytes(_pem(certificate))

    def _make_server(self, names: list[str]) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
        from cryptography.x509.oid import ExtendedKeyUsageOID

        authority = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        authority_key = serialization.load_pem_private_key(self._key.read_bytes(), None)
        assert isinstance(authority_key, EllipticCurvePrivateKey)
        key = _new_key()
        signer = authority_key.public_key()
        certificate = (
            _builder(_name(names[0]), authority.subject, key, SERVER_VALID)
            .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(sign_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
            .sign(authority_key, hashes.SHA256())
        )
        _write_key(self.server_key, key)
        self.server_certificate.write_bytes(_pem(certificate))


def own_names() -> list[str]:
    """What this computer is called on its network: host names, `.local`, and its addresses."""
    host = socket.gethostname()
    names = [host, f"{host.partition('.')[0]}.local", "localhost", "127.0.0.1", "::1"]
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        found = []
    names += [str(address[4][0]).partition("%")[0] for address in found]
    if (outward := _outward_address()) is not None:
        names.append(outward)
    return list(dict.fromkeys(names))


def _outward_address() -> str | None:
    """The address of the interface that faces other networks. Connecting a datagram socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: an address of documentation
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _new_key() -> "EllipticCurvePrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _name(common: str) -> "x509.Name":
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _general(name: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, sign_certificates: bool) -> "x509.KeyUsage":
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    subject: "x509.Name", issuer: "x509.Name", key: "EllipticCurvePrivateKey", valid: timedelta
) -> "x509.CertificateBuilder":
    from cryptography import x509

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + valid)
    )


def _write_key(path: Path, key: "EllipticCurvePrivateKey") -> None:
    from cryptography.hazmat.primitives import serialization

    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)


def _pem(certificate: "x509.Certificate") -> bytes:
    from cryptography.hazmat.primitives import serialization

    return certificate.public_bytes(serialization.Encoding.PEM)
