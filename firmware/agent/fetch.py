"""Where the files of a release come from: ranged GET with the device's token."""

from agent.update import Refused
from links.request import Client, split


class Source:
    def __init__(self, url, server, alive):
        tls = server.get("tls")
        if url[:1] == "/":
            host, port, secure, self._path = server["host"], server.get("http_port", 443 if tls else 8000), tls, url
        else:
            host, port, secure, self._path = split(url)
        self._client = Client(host, port, secure and tls, alive)
        # The token is for the server it belongs to, and nobody else.
        self._server = host == server["host"] and server

    async def get(self, path, start=0):
        path = self._path + "/" + path
        headers = [("Range", "bytes=%d-" % start)] if start else []
        server = self._server
        if server:
            if server.get("link") == "signed":
                from links.signed import header

                headers.append(header(server, "GET", path))
            else:
                headers.append(("Authorization", "Bearer " + server.get("token", "")))
        status, _ = await self._client.ask("GET", path, headers)
        if status != (206 if start else 200):
            self.close()
            if status in (404, 410):
                raise Refused("network: withdrawn")
            raise OSError(110)

    async def read(self):
        return await self._client.read()

    async def whole(self, path, most):
        await self.get(path)
        try:
            return await self._client.body(most)
        except ValueError:
            raise Refused("size: " + path) from None

    def close(self):
        self._client.close()
