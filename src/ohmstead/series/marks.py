"""Which batches of a device are committed: the last ones by (boot, seq), as ranges, because they usually follow."""

import json
from typing import Final, Self

REMEMBERED: Final = 1024


class Marks:
    """The last REMEMBERED marks of one device, oldest range first."""

    __slots__ = ("_count", "_ranges")

    def __init__(self) -> None:
        self._ranges: list[tuple[str, int, int]] = []
        self._count = 0

    def __contains__(self, mark: tuple[str, int]) -> bool:
        boot, seq = mark
        return any(low <= seq <= high and name == boot for name, low, high in reversed(self._ranges))

    def add(self, boot: str, seq: int) -> None:
        if (boot, seq) in self:
            return
        if self._ranges and self._ranges[-1][0] == boot and self._ranges[-1][2] == seq - 1:
            self._ranges[-1] = (boot, self._ranges[-1][1], seq)
        else:
            self._ranges.append((boot, seq, seq))
        self._count += 1
        if self._count > REMEMBERED:
            self._count -= 1
            name, low, high = self._ranges[0]
            if low == high:
                del self._ranges[0]
            else:
                self._ranges[0] = (name, low + 1, high)

    def to_bytes(self) -> bytes:
        return json.dumps(self._ranges, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        marks = cls()
        marks._ranges = [(boot, low, high) for boot, low, high in json.loads(data)]
        marks._count = sum(high - low + 1 for _, low, high in marks._ranges)
        return marks
