"""MicroPython's `deflate`, as far as the loader needs it."""

import zlib

RAW = 2


class DeflateIO:
    def __init__(self, stream, kind, wbits=0, close=False):
        assert kind == RAW
        self._stream, self._close = stream, close
        self._unpacker = zlib.decompressobj(-wbits)
        self._ready = b""

    def read(self, count):
        while len(self._ready) < count and (data := self._stream.read(64)):
            self._ready += self._unpacker.decompress(data)
        got, self._ready = self._ready[:count], self._ready[count:]
        return got

    def close(self):
        if self._close:
            self._stream.close()
