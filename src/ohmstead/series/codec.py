"""The bytes of one column of a block. Every block names its codec, so that codecs can come and go."""

from typing import Any, Final, Protocol

import numpy as np
import zstandard
from numpy.typing import NDArray
from pcodec import ChunkConfig, DeltaSpec, standalone

from ohmstead.series.journal import UnknownCodec

PCODEC: Final = 1
ZSTD: Final = 2
DEFAULT: Final = PCODEC

# Blocks of a series from one trial of all ways to the next; sooner if one becomes so much larger than the last winner.
TRIAL_EVERY: Final = 8
TOLERANCE: Final = 1.05


class Codec(Protocol):
    """Columns in, bytes out, and back without loss (the bits of every value). Safe to use from several threads."""

    def encode_times(self, t: NDArray[np.int64]) -> bytes: ...
    def decode_times(self, data: bytes, n: int) -> NDArray[np.int64]: ...
    def encode_values(self, v: NDArray[np.float64]) -> bytes: ...
    def decode_values(self, data: bytes, n: int) -> NDArray[np.float64]: ...


# Level 8 costs no more time than 4 on blocks of this size and saves a tenth; whether differences help depends on
# the series (registers: yes, switching loads: no).
_TIMES: Final = ChunkConfig(compression_level=8)
_VALUES: Final = tuple(
    ChunkConfig(compression_level=8, delta_spec=delta)
    for delta in (DeltaSpec.auto(), DeltaSpec.try_consecutive(1), DeltaSpec.no_op())
)


class Pcodec:
    """pcodec: finds the decimal step of values by itself and codes what remains near its entropy."""

    def encode_times(self, t: NDArray[np.int64]) -> bytes:
        return bytes(standalone.simple_compress(np.ascontiguousarray(t), _TIMES))

    def decode_times(self, data: bytes, n: int) -> NDArray[np.int64]:
        times: NDArray[np.int64] = _checked(standalone.simple_decompress(data), n)
        return times

    def encode_values(self, v: NDArray[np.float64]) -> bytes:
        return min((self.encode_one_way(v, way) for way in range(len(_VALUES))), key=len)

    def encode_one_way(self, v: NDArray[np.float64], way: int) -> bytes:
        return bytes(standalone.simple_compress(np.ascontiguousarray(v), _VALUES[way]))

    def decode_values(self, data: bytes, n: int) -> NDArray[np.float64]:
        values: NDArray[np.float64] = _checked(standalone.simple_decompress(data), n)
        return values


class Zstd:
    """zstd over differences (instants) and over values split into byte planes: the way out of pcodec."""

    def encode_times(self, t: NDArray[np.int64]) -> bytes:
        return _squeeze(np.diff(t, prepend=0))

    def decode_times(self, data: bytes, n: int) -> NDArray[np.int64]:
        return np.cumsum(_unsqueeze(data, n).view(np.int64))

    def encode_values(self, v: NDArray[np.float64]) -> bytes:
        return _squeeze(np.ascontiguousarray(v))

    def decode_values(self, data: bytes, n: int) -> NDArray[np.float64]:
        return _unsqueeze(data, n).view(np.float64)


class Habits:
    """Encodes the blocks of a series in the way that won its last trial: a trial of all ways takes three times as long.

    For one thread at a time.
    """

    def __init__(self) -> None:
        self._pcodec = Pcodec()
        self._held: dict[int, tuple[int, float, int]] = {}  # series → way, bytes per sample then, blocks until a trial

    def encode(self, series: int, v: NDArray[np.float64]) -> bytes:
        """Values of a block of `series`, in the DEFAULT codec."""
        way, density, left = self._held.get(series, (0, 0.0, 0))
        if left:
            data = self._pcodec.encode_one_way(v, way)
            if len(data) <= TOLERANCE * density * len(v):
                self._held[series] = way, density, left - 1
                return data
        tried = [self._pcodec.encode_one_way(v, way) for way in range(len(_VALUES))]
        data = min(tried, key=len)
        self._held[series] = tried.index(data), len(data) / len(v), TRIAL_EVERY - 1
        return data


CODECS: Final[dict[int, Codec]] = {PCODEC: Pcodec(), ZSTD: Zstd()}


def codec(number: int) -> Codec:
    """Raises UnknownCodec: the block was written by a newer program."""
    try:
        return CODECS[number]
    except KeyError:
        raise UnknownCodec(f"block with codec {number}; this program knows {sorted(CODECS)}") from None


def _squeeze(column: NDArray[Any]) -> bytes:
    planes = np.ascontiguousarray(column.view(np.uint8).reshape(-1, 8).T)
    return zstandard.ZstdCompressor(level=3).compress(planes.tobytes())


def _unsqueeze(data: bytes, n: int) -> NDArray[np.uint8]:
    planes = np.frombuffer(zstandard.ZstdDecompressor().decompress(data), np.uint8)
    column: NDArray[np.uint8] = _checked(np.ascontiguousarray(planes.reshape(8, -1).T).reshape(-1), 8 * n)
    return column


def _checked(column: Any, n: int) -> Any:
    if column is None or len(column) != n:
        raise ValueError(f"a block of {n} samples decoded to {0 if column is None else len(column)}")
    return column
