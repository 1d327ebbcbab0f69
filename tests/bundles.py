"""Signed bundles for tests: keys are made once, because that takes a second."""

from functools import cache
from typing import Any

from ohmstead.commands.firmware_releases import make_bundle, public_of
from ohmstead.domain.signing import EXPONENT, KEY_BITS


def key(name: str = "ours") -> Any:
    return _made(name)


@cache
def _made(name: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    return generate_private_key(EXPONENT, KEY_BITS)


def public(name: str = "ours") -> Any:
    return public_of(key(name))


def bundle(
    version: str = "1.1.0",
    boards: tuple[str, ...] = ("esp32",),
    files: dict[str, bytes] | None = None,
    signer: str = "ours",
    min_loader: int = 1,
) -> bytes:
    contents = {"main.mpy": b"main", "agent/x.mpy": b"x" * 40} if files is None else files
    return make_bundle(contents, version, boards, key(signer), min_loader)
