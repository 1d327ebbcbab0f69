"""Signatures of releases: RSA-3072, PKCS#1 v1.5, SHA-256 (RFC 8017 §8.2.2), the way the devices verify them."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from ohmstead.domain.errors import InvalidInput

KEY_BITS: Final = 3072
SIGNATURE_BYTES: Final = KEY_BITS // 8
EXPONENT: Final = 65537
_DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")  # SHA-256, RFC 8017 §9.2
_PADDING: Final = b"\x00\x01" + b"\xff" * (SIGNATURE_BYTES - 3 - len(_DIGEST_INFO) - 32) + b"\x00" + _DIGEST_INFO


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key whose signatures count; `id` is derived from `n`."""

    n: int

    @property
    def id(self) -> str:
        return hashlib.sha256(self.n.to_bytes(SIGNATURE_BYTES, "big")).hexdigest()[:16]

    @property
    def hexadecimal(self) -> str:
        return f"{self.n:0{SIGNATURE_BYTES * 2}x}"

    @classmethod
    def parse(cls, text: str) -> "PublicKey":
        """From 768 hexadecimal digits. Raises InvalidInput for what is no modulus of 3072 bits."""
        try:
            n = int(text, 16) if len(text) == SIGNATURE_BYTES * 2 and text.isalnum() else 0
        except ValueError:
            n = 0
        # Even and 3, 5, 7 …: a modulus with a small factor was made by accident or on purpose, never by a tool.
        if n.bit_length() != KEY_BITS or any(n % p == 0 for p in (2, 3, 5, 7, 11, 13)):
            raise InvalidInput(f"n: the {SIGNATURE_BYTES * 2} hexadecimal digits of an RSA-{KEY_BITS} modulus")
        return cls(n)

    def verifies(self, message: bytes, signature: bytes) -> bool:
        number = int.from_bytes(signature, "big")
        if len(signature) != SIGNATURE_BYTES or number >= self.n:
            return False
        # Compared as a whole: nothing is parsed out of the padding, so nothing can hide in it.
        opened = pow(number, EXPONENT, self.n).to_bytes(SIGNATURE_BYTES, "big")
        return hmac.compare_digest(opened, _PADDING + hashlib.sha256(message).digest())
