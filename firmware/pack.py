"""A slot whose modules lie compressed in one file, as a file system of its own. A small board has room for no more.

`application.pack`: a line `begin module size module size …` for each member, an empty line, the members. A member is
one run of raw DEFLATE, `begin` bytes behind the empty line, over modules that are wanted by the same things.
"""

from deflate import RAW, DeflateIO
from micropython import const

NAME = "application.pack"
_WINDOW = const(12)  # bits; memory that an import takes besides the module


class Pack:
    """Only what an import asks for. `slot`: where the file is; its memory is never given back, so there is little."""

    slot = ""

    def mount(self, *_):
        self.stat("/agent")

    def stat(self, path):
        return (0x8000 if self.open(path) else 0x4000,) + (0,) * 9

    def open(self, path, mode=""):
        """The stream of a module; None for a folder. Raises OSError when there is neither."""
        file = open(self.slot + NAME, "rb")  # noqa: SIM115 - the stream closes it
        found = folder = None
        while words := file.readline().split():
            before = 0
            for i in range(1, len(words), 2):
                name = b"/" + words[i]
                if name + b".mpy" == path.encode():
                    found = int(words[0]), before
                folder = folder or name.startswith(path.encode() + b"/")
                before += int(words[i + 1])
        if found and mode:
            file.seek(file.tell() + found[0])
            stream = DeflateIO(file, RAW, _WINDOW, True)
            before = found[1]
            while before:
                n = len(stream.read(min(before, 64)))
                if not n:
                    stream.close()
                    raise OSError(5)
                before -= n
            return stream
        file.close()
        if not found and not folder:
            raise OSError(2)
        return found
