"""Making and recognising secrets. Only digests are ever kept."""

import hashlib
import secrets
from pathlib import Path

SETUP_FILE = "setup-link"


def new_token(prefix: str) -> str:
    """A random credential; the prefix tells people and secret scanners what it is."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def digest(token: str | bytes) -> str:
    return hashlib.sha256(token.encode() if isinstance(token, str) else token).hexdigest()


class SetupLink:
    """The one-time secret that lets the first person in.

    It lies as a digest in the data folder, so that a second command can make a new one while the server runs.
    """

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / SETUP_FILE

    def renew(self) -> str:
        secret = secrets.token_urlsafe(24)
        self._file.touch(mode=0o600)
        self._file.write_text(digest(secret))
        return secret

    def matches(self, secret: str) -> bool:
        try:
            return secrets.compare_digest(self._file.read_text(), digest(secret))
        except OSError:
            return False

    def spend(self) -> None:
        self._file.unlink(missing_ok=True)
