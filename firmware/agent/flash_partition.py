"""The outbox in a partition of an ESP32."""

from micropython import const

_SECTOR = const(4096)


class Partition:
    """A data partition named `outbox`, on chips with a partition table."""

    def __init__(self, partition):
        self._p = partition
        self.sectors = partition.info()[3] // _SECTOR

    def read(self, at, into):
        self._p.readblocks(at // _SECTOR, into, at % _SECTOR)

    def write(self, at, data):
        self._p.writeblocks(at // _SECTOR, data, at % _SECTOR)  # with an offset, nothing is erased

    def erase(self, sector):
        self._p.ioctl(6, sector)
