"""A signed bundle that a person brings: unpacked into the slot that does not run, under the same rules as any other."""

import hashlib
from binascii import hexlify

from agent.late import late
from agent.pages import Refuse


class Archive:
    """The members of a ustar archive, in order; the same questions as `agent.fetch.Source` answers."""

    def __init__(self, request):
        self._request = request
        self._taken = 0
        self._rest = b""

    async def _some(self):
        if not self._rest:
            if self._taken >= self._request.length:
                raise Refuse(422, "size: the archive ends too early")
            self._rest = await self._request.piece()
            self._taken += len(self._rest)

    async def _take(self, n):
        parts = []
        while n:
            await self._some()
            part, self._rest = self._rest[:n], self._rest[n:]
            n -= len(part)
            parts.append(part)
        return b"".join(parts)

    async def get(self, path, start=0):
        head = await self._take(512)
        name = head[:100].rstrip(b"\x00").decode()
        if name != path or head[257:262] != b"ustar" or head[156:157] not in (b"0", b"\x00"):
            raise Refuse(422, "manifest: expected " + path)
        try:
            self._left = int(head[124:135].strip(b" \x00") or b"0", 8)
        except ValueError:
            raise Refuse(422, "size: " + path) from None
        self._pad = -self._left % 512

    async def read(self):
        if not self._left:
            await self._take(self._pad)
            self._pad = 0
            return b""
        await self._some()
        n = min(self._left, 1024)
        part, self._rest = self._rest[:n], self._rest[n:]
        self._left -= len(part)
        return part

    async def whole(self, path, most):
        await self.get(path)
        if self._left > most:
            raise Refuse(422, "size: " + path)
        parts = []
        while data := await self.read():
            parts.append(data)
        return b"".join(parts)

    def close(self):
        pass


class Held:
    """What was read already, then the archive."""

    def __init__(self, archive, raw):
        self._archive = archive
        self._raw = raw
        self.get, self.read, self.close = archive.get, archive.read, archive.close

    async def whole(self, path, most):
        return self._raw if path == "manifest.json" else await self._archive.whole(path, most)


async def take(agent, request):
    late("agent.obey").need_update(agent)
    archive = Archive(request)
    raw = await archive.whole("manifest.json", 8192)
    update = agent.update
    wanted = {
        "id": "by-hand",
        "version": "",
        "url": "",
        "manifest_sha256": hexlify(hashlib.sha256(raw).digest()).decode(),
    }
    update.bring(wanted)
    try:
        await update.install(wanted, Held(archive, raw))
    except ValueError as error:
        raise Refuse(422, str(error)) from None
    agent.restarting = True
    return 200, "text/plain", "verified; restarting"
