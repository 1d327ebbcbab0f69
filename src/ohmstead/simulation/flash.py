"""A little file system in flash whose power may fail at any byte."""


class PowerCut(Exception):
    """The device is off from here on; what was written before stays."""


class Flash:
    """Files by name. A file grows byte by byte; `replace` is atomic, as a rename is on LittleFS.

    `cut_after`: the power fails when so many more bytes have been written; every rename and removal counts as one.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut_after: int | None = None
        self.written = 0

    def _spend(self, count: int) -> int:
        """How many of `count` bytes still get written."""
        allowed = count if self.cut_after is None else min(count, self.cut_after - self.written)
        self.written += allowed
        return allowed

    def append(self, name: str, data: bytes) -> None:
        """Raises PowerCut after the last byte that made it."""
        done = self._spend(len(data))
        self.files[name] = self.files.get(name, b"") + data[:done]
        if done < len(data):
            raise PowerCut

    def replace(self, name: str, data: bytes) -> None:
        """All of it or nothing: written beside it, then renamed. Raises PowerCut."""
        self.files.pop(f"{name}.new", None)
        self.append(f"{name}.new", data)
        self._step()
        self.files[name] = self.files.pop(f"{name}.new")

    def remove(self, name: str) -> None:
        """Raises PowerCut instead."""
        if name in self.files:
            self._step()
            del self.files[name]

    def _step(self) -> None:
        if self._spend(1) < 1:
            raise PowerCut

    def power_on(self) -> None:
        """From now on it does not fail."""
        self.cut_after = None
