"""NOR flash: erasing sets a sector to 0xFF, programming only clears bits, and the power may go after any byte."""

SECTOR = 4096


class PowerCut(SystemExit):
    """The machine stopped in the middle of a write."""


class Nor:
    """A region as the outbox sees it. `cut_after` bytes programmed or erased steps, the power goes."""

    def __init__(self, sectors, content=None):
        self.sectors = sectors
        self.content = content if content is not None else bytearray(b"\xff" * (sectors * SECTOR))
        self.erases = 0
        self.erased = [0] * sectors
        self.programmed = 0
        self.cut_after = None
        self.broken = False

    def _step(self):
        if self.cut_after is not None:
            if self.cut_after <= 0:
                self.cut_after = None
                raise PowerCut()
            self.cut_after -= 1

    def read(self, at, into):
        into[:] = self.content[at : at + len(into)]

    def write(self, at, data):
        if self.broken:
            raise OSError(5)
        if at < 0 or at + len(data) > len(self.content):
            raise AssertionError("outside the region")
        for i, byte in enumerate(data):
            self._step()
            if byte != 0xFF and byte & ~self.content[at + i] & 0xFF:  # 0xFF leaves what there is
                raise AssertionError("programming would set a bit at %d" % (at + i))
            self.content[at + i] &= byte
            self.programmed += 1

    def erase(self, sector):
        if self.broken:
            raise OSError(5)
        at = sector * SECTOR
        # A cut in the middle leaves anything: here, whole parts of the sector.
        for part in (1024, 3072, 0, 2048):
            self._step()
            self.content[at + part : at + part + 1024] = b"\xff" * 1024
        self.erases += 1
        self.erased[sector] += 1
