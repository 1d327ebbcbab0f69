"""The partitions of an ESP32: two places for MicroPython, and the boot loader that chooses between them.

As ESP-IDF does it (`esp_ota_ops.c`, `bootloader_utility.c`) with `CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE`: an image that
starts for the first time waits for somebody to call it valid; one that starts again without that is given up.
"""

import hashlib
import struct

from sim.flash import SECTOR, Nor

PAGE = 256
NEW, PENDING_VERIFY, VALID, ABORTED = "new", "pending verify", "valid", "aborted"
_FAIL, _NOT_FOUND, _INVALID_SIZE, _INVALID_IMAGE = 1, 0x105, 0x104, 0x1503
_NO_ENTRY = 2


class Pages(Nor):
    """An application partition: programmed by pages; `power` is asked before each, and before each part of an erase."""

    def __init__(self, sectors, chip):
        super().__init__(sectors)
        self._chip = chip

    def _step(self):
        self._chip.power()

    def write(self, at, data):
        for start in range(0, len(data), PAGE):
            self._step()
            page = bytes(data[start : start + PAGE])
            there = self.content[at + start : at + start + len(page)]
            if int.from_bytes(page, "big") & ~int.from_bytes(there, "big"):
                raise AssertionError("programming would set a bit at %d" % (at + start))
            self.content[at + start : at + start + len(page)] = page
            self.programmed += len(page)


class Chip:
    """What of an ESP32 outlives a restart beside files and outbox. `image` is what a cable put in.

    `places`: how many partitions for applications; one is the layout without updates. `power()` may raise PowerCut.
    """

    def __init__(self, image=b"", sectors=8, places=2, chip_id=0):
        self.power = lambda: None
        self.chip_id = chip_id
        self.places = [Pages(sectors, self) for _ in range(places)]
        self.places[0].content[: len(image)] = image
        self.data = [None, None]  # (sequence, state): the two sectors of `otadata`
        self.runs = 0

    def label(self, place):
        return "ota_%d" % place if len(self.places) > 1 else "factory"

    @property
    def image(self):
        """What runs."""
        return bytes(self.places[self.runs].content)

    @property
    def state(self):
        """Of what is chosen for the next start; None where nothing was ever chosen."""
        active = self._active()
        return None if active is None else self.data[active][1]

    def _write(self, entry, sequence, state):
        self.power()
        self.data[entry] = None
        self.power()
        self.data[entry] = (sequence, state)

    def _active(self):
        usable = [i for i in (0, 1) if self.data[i] and self.data[i][1] != ABORTED]
        return max(usable, key=lambda i: self.data[i][0], default=None)

    def start(self):
        """The boot loader; what runs from here on is `runs`."""
        if len(self.places) == 1:
            return
        for entry, told in enumerate(self.data):
            if told and told[1] == PENDING_VERIFY:
                self._write(entry, told[0], ABORTED)
        active = self._active()
        if active is None:
            chosen = 0
        else:
            sequence, state = self.data[active]
            chosen = (sequence - 1) % len(self.places)
            if state == NEW:
                self._write(active, sequence, PENDING_VERIFY)
        order = list(range(chosen, -1, -1)) + list(range(chosen + 1, len(self.places)))
        fitting = [place for place in order if self._ok(place)]
        if not fitting:
            raise AssertionError("a board that does not start any more")
        self.runs = fitting[0]
        if self.data == [None, None]:
            self._write(0, self.runs + 1, VALID)

    def choose(self, place):
        """`esp_ota_set_boot_partition`. Raises OSError."""
        if not self._ok(place):
            raise OSError(-_INVALID_IMAGE)
        active = self._active()
        sequence, count = place + 1, len(self.places)
        while active is not None and sequence < self.data[active][0]:
            sequence += count
        self._write(0 if active is None else 1 - active, sequence, NEW)

    def keep(self):
        """`esp_ota_mark_app_valid_cancel_rollback`: about what is chosen, which is not always what runs."""
        active = self._active()
        if len(self.places) == 1 or active is None:
            raise OSError(-_FAIL)
        if self.data[active][1] != VALID:
            self._write(active, self.data[active][0], VALID)

    def _ok(self, place):
        """`esp_image_verify`: header, chip, segments, checksum, SHA-256."""
        content = bytes(self.places[place].content)
        if content[0] != 0xE9 or struct.unpack_from("<H", content, 12)[0] != self.chip_id:
            return False
        at, checksum = 24, 0xEF
        for _ in range(content[1]):
            if at + 8 > len(content):
                return False
            length = struct.unpack_from("<I", content, at + 4)[0]
            for byte in content[at + 8 : at + 8 + length]:
                checksum ^= byte
            at += 8 + length
        at += 15 - at % 16
        if at >= len(content) or content[at] != checksum:
            return False
        return not content[23] or hashlib.sha256(content[: at + 1]).digest() == content[at + 1 : at + 33]


def partition_of(host):
    """The class `esp32.Partition` of a board."""

    class Partition:
        TYPE_APP, TYPE_DATA, BOOT, RUNNING = 0, 1, 0, 1

        def __init__(self, which):
            self._place = None
            if which == self.RUNNING:
                self._place = host.esp.runs
                self._flash = host.esp.places[self._place]
            elif which == "outbox" and host.nor.sectors:
                self._flash = host.nor
            else:
                raise OSError(_NO_ENTRY)

        @staticmethod
        def find(kind=0, subtype=0xFF, label=None):
            return [Partition(label)] if label == "outbox" and host.nor.sectors else []

        @staticmethod
        def mark_app_valid_cancel_rollback():
            host.esp.keep()

        def info(self):
            size = len(self._flash.content)
            if self._place is None:
                return (1, 0x81, 0x110000, size, "outbox", False)
            return (0, 0x10 + self._place, 0x10000 + self._place * size, size, host.esp.label(self._place), False)

        def get_next_update(self):
            count = len(host.esp.places)
            if count == 1:
                raise OSError(_NO_ENTRY)
            found = Partition(self.RUNNING)
            found._place = (self._place + 1) % count
            found._flash = host.esp.places[found._place]
            return found

        def set_boot(self):
            host.esp.choose(self._place)

        def readblocks(self, block, into, offset=0):
            self._flash.read(block * SECTOR + offset, into)

        def writeblocks(self, block, data, offset=None):
            if self._place == host.esp.runs:
                raise AssertionError("it writes where it runs")
            if offset is None:  # erased first, in whole sectors
                if len(data) % SECTOR or block * SECTOR + len(data) > len(self._flash.content):
                    raise OSError(-_INVALID_SIZE)
                for sector in range(block, block + len(data) // SECTOR):
                    self._flash.erase(sector)
            self._flash.write(block * SECTOR + (offset or 0), data)

        def ioctl(self, op, argument):
            assert op == 6
            self._flash.erase(argument)
            return 0

    return Partition
