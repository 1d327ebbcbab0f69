"""Serials: who a device says it is, in the few characters that are safe in topics, paths and file names."""

import re
from hashlib import sha256
from typing import Final

LONGEST: Final = 64

_LEGAL: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}").fullmatch
_FOREIGN: Final = re.compile(r"[^A-Za-z0-9._:-]")
_DIGEST_CHARACTERS: Final = 16


def is_legal(serial: str) -> bool:
    """Whether `serial` is one as it stands: 1 to 64 letters, digits and `. _ : -`."""
    return _LEGAL(serial) is not None


def legal_serial(told: str, fallback: str = "") -> str:
    """Return what a device told as a serial; `fallback` when it told nothing but blanks.

    Foreign characters become percent-encoded UTF-8 bytes (`%` itself too, so two names never meet). What is
    then longer than 64 characters is cut between escapes and closed with a digest of the whole.
    """
    if _LEGAL(told):
        return told
    told = told.strip()
    if not told:
        return fallback
    encoded = _FOREIGN.sub(_escape, told)
    if len(encoded) <= LONGEST:
        return encoded
    head = encoded[: LONGEST - _DIGEST_CHARACTERS - 1]
    if "%" in head[-2:]:
        head = head[: head.rindex("%")]
    digest = sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_CHARACTERS]
    return f"{head}-{digest}"


def _escape(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))
