"""Signed bundles, a server that gives them out, and a power supply that fails: for tests of updates."""

import asyncio
import builtins
import hashlib
import io
import json
import os
import tarfile

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from sim.flash import PowerCut

KEY = rsa.generate_private_key(65537, 3072)
OTHER = rsa.generate_private_key(65537, 3072)
CONTENT = {"agent/run.mpy": b"new agent" * 300, "main.mpy": b"start", "drivers/ina219.mpy": b"\x4d\x06" * 700}


def bundle(version="1.1.0", boards=("sim",), content=None, key=KEY, **changes):
    content = CONTENT if content is None else content
    listed = [{"path": p, "size": len(c), "sha256": hashlib.sha256(c).hexdigest()} for p, c in content.items()]
    raw = json.dumps({"version": version, "boards": list(boards), "files": listed} | changes).encode()
    signature = key.sign(raw, padding.PKCS1v15(), hashes.SHA256())
    offer = {"id": "7", "version": version, "url": "/r", "manifest_sha256": hashlib.sha256(raw).hexdigest()}
    return raw, signature, content, offer


class Source:
    """A server of one release; `faults`: reads after which the link is cut, one after the other."""

    def __init__(self, raw, signature, content, faults=()):
        self.served = {"manifest.json": raw, "manifest.sig": signature} | {"files/" + p: c for p, c in content.items()}
        self.faults = list(faults)
        self.asked = []

    def __call__(self, url):
        return self

    async def get(self, path, start=0):
        self.asked.append((path, start))
        self._rest = self.served[path][start:]

    async def read(self):
        if self.faults:
            self.faults[0] -= 1
            if self.faults[0] < 0:
                self.faults.pop(0)
                raise OSError(104)
        piece, self._rest = self._rest[:512], self._rest[512:]
        return piece

    async def whole(self, path, most):
        return self.served[path][: most + 1]

    def close(self):
        pass


def archive_of(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def bring(update, content, **more):
    """A person brings the archive, in pieces; `more` of what is wanted."""
    from agent.upload import Archive, Held

    class Request:
        length = len(content)
        at = 0

        async def piece(self):
            self.at, start = self.at + 700, self.at
            return content[start : self.at]

    async def take():
        archive = Archive(Request())
        raw = await archive.whole("manifest.json", 8192)
        wanted = {"id": "1", "version": "", "url": "", "manifest_sha256": hashlib.sha256(raw).hexdigest(), **more}
        update.bring(wanted)
        await update.install(wanted, Held(archive, raw))

    asyncio.run(take())


class CutFile:
    def __init__(self, cut, file):
        self._cut, self._file = cut, file

    def write(self, data):
        half = self._cut.step()
        if half:
            self._file.write(data[: len(data) // 2])
            self._file.flush()
            raise PowerCut
        return self._file.write(data)

    def __enter__(self):
        self._file.__enter__()
        return self

    def __exit__(self, *end):
        return self._file.__exit__(*end)

    def __iter__(self):
        return iter(self._file)

    def __getattr__(self, name):
        return getattr(self._file, name)


class Cut:
    """The power goes at the n-th change of the file system."""

    def __init__(self, monkeypatch, at):
        self.left = at
        real_open = builtins.open

        def opening(path, mode="r", *rest, **options):
            file = real_open(path, mode, *rest, **options)
            return CutFile(self, file) if "w" in mode or "a" in mode else file

        monkeypatch.setattr(builtins, "open", opening)
        for name in ("rename", "remove", "mkdir", "rmdir"):
            real = getattr(os, name)

            def changing(*arguments, real=real):
                if self.step():
                    raise PowerCut
                return real(*arguments)

            monkeypatch.setattr(os, name, changing)

    def step(self):
        self.left -= 1
        return self.left == -1
