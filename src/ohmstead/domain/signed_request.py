"""Requests that prove who asks without saying the token: for devices that have no TLS.

`Authorization: HMAC <serial>:<stamp>:<mac>`. The key is the SHA-256 of the token, of which the server keeps nothing
else; the stamp is the server's own time, as the device was told it, and rises with every request.
"""

import hashlib
import hmac
import re
from bisect import insort
from dataclasses import dataclass
from typing import Final

SCHEME: Final = b"hmac"
ANSWER_HEADER: Final = b"x-ohmstead-mac"
# As long as a device that lost its time may drift; what was recorded before is worth nothing.
LATITUDE_MS: Final = 300_000
_OVERTAKEN: Final = 16
_CREDENTIALS: Final = re.compile(r"([A-Za-z0-9._:%-]{1,64}):([0-9]{1,16}):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Proof:
    """What stands behind `HMAC` in the header."""

    serial: str
    stamp_ms: int
    mac: str

    @classmethod
    def parse(cls, credentials: bytes) -> "Proof | None":
        found = _CREDENTIALS.fullmatch(credentials.decode("latin-1"))
        return found and cls(found[1], int(found[2]), found[3])

    def holds(self, key: bytes, method: str, target: str, body: bytes) -> bool:
        return hmac.compare_digest(self.mac, mac_of_request(key, method, target, self.stamp_ms, body))


def mac_of_request(key: bytes, method: str, target: str, stamp_ms: int, body: bytes) -> str:
    """`target` is the path with its query, `body` the bytes that are sent: packed, if they are packed."""
    return _mac(key, f"{method} {target} {stamp_ms}\n", body)


def mac_of_answer(key: bytes, stamp_ms: int, status: int, body: bytes) -> str:
    """Bound to its request by the stamp, of which there is one for each request."""
    return _mac(key, f"{stamp_ms} {status}\n", body)


def _mac(key: bytes, head: str, body: bytes) -> str:
    return hmac.digest(key, head.encode("latin-1") + body, hashlib.sha256).hex()


class Stamps:
    """The newest stamps of each key: none is taken twice, nor one from before this server's start.

    A download and telemetry go over connections of their own: a request may overtake a few others.
    """

    def __init__(self, now_ms: int) -> None:
        self._began = now_ms
        self._taken: dict[int, list[int]] = {}  # rising; what is below the first is over

    def take(self, key: int, stamp_ms: int, now_ms: int) -> bool:
        """Whether it is new; then it is not any more. To be asked once the MAC is known to be right."""
        taken = self._taken.setdefault(key, [self._began - 1])
        if taken[-1] > now_ms + LATITUDE_MS:  # the clock was set back since
            taken[:] = [now_ms - LATITUDE_MS]
        if stamp_ms <= taken[0] or stamp_ms in taken or abs(stamp_ms - now_ms) > LATITUDE_MS:
            return False
        insort(taken, stamp_ms)
        del taken[:-_OVERTAKEN]
        return True
