"""The outbox in a file, where there is no region of its own."""

import os

from micropython import const

_SECTOR = const(4096)
_FLUSH = const(600000)  # ms: a power cut loses at most what came in that time


class File:
    """A file of the file system: sectors are kept in memory and written every ten minutes, or when they change."""

    def __init__(self, path, sectors):
        import time

        self._time = time
        self.sectors = sectors
        self._held = []  # [sector, content, changed]
        self._since = time.ticks_ms()
        try:
            made = os.stat(path)[6]
        except OSError:
            made = 0
        if made != sectors * _SECTOR:
            with open(path, "wb") as file:
                for _ in range(sectors * 8):
                    file.write(b"\xff" * 512)
        self._file = open(path, "r+b")  # noqa: SIM115 - it stays open

    def _hold(self, sector):
        for one in self._held:
            if one[0] == sector:
                return one
        if len(self._held) > 1:
            self._put(self._held.pop(0))
        content = bytearray(_SECTOR)
        self._file.seek(sector * _SECTOR)
        self._file.readinto(content)
        self._held.append([sector, content, False])
        return self._held[-1]

    def _put(self, one):
        if one[2]:
            one[2] = False
            self._file.seek(one[0] * _SECTOR)
            self._file.write(one[1])

    def flush(self):
        for one in self._held:
            self._put(one)
        self._file.flush()
        self._since = self._time.ticks_ms()

    def close(self):
        """As a power cut does: what is held in memory is gone."""
        self._file.close()

    def read(self, at, into):
        for one in self._held:
            if one[0] == at // _SECTOR:
                into[:] = one[1][at % _SECTOR : at % _SECTOR + len(into)]
                return
        self._file.seek(at)
        self._file.readinto(into)

    def write(self, at, data):
        one = self._hold(at // _SECTOR)
        one[1][at % _SECTOR : at % _SECTOR + len(data)] = data
        one[2] = True
        if self._time.ticks_diff(self._time.ticks_ms(), self._since) > _FLUSH:
            self.flush()

    def erase(self, sector):
        one = self._hold(sector)
        one[1][:] = b"\xff" * _SECTOR
        one[2] = True
