"""The built dashboard: files with long-lived names are cached for ever, every other path is the page itself."""

import mimetypes
from pathlib import Path
from typing import Final

from ohmstead.api import problems
from ohmstead.runtime.asgi import Header, Receive, Scope, Send, respond

CSP: Final = (
    b"default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    b"object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
)
SECURITY: Final[list[Header]] = [
    (b"content-security-policy", CSP),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
FOREVER: Final = (b"cache-control", b"public, max-age=31536000, immutable")
FRESH: Final = (b"cache-control", b"no-cache")
NOT_BUILT: Final = (
    b"<!doctype html><html lang=en><title>Ohmstead</title><h1>The dashboard is not built</h1>"
    b"<p>The server runs; <code>make run</code> in its source folder builds the pages.</p></html>"
)


class Pages:
    """Serves `folder`. Everything is read once: a dashboard is a megabyte, and a path can reach nothing else."""

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, tuple[bytes, bytes | None, bytes]] = {}
        for path in folder.rglob("*") if folder.is_dir() else ():
            if path.is_file() and path.suffix != ".gz" and not path.name.startswith("."):
                packed = path.with_name(path.name + ".gz")
                kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                if kind.startswith("text/") or kind == "application/javascript":
                    kind += "; charset=utf-8"
                self._files["/" + path.relative_to(folder).as_posix()] = (
                    path.read_bytes(),
                    packed.read_bytes() if packed.is_file() else None,
                    kind.encode(),
                )
        self._page = self._files.get("/index.html", (NOT_BUILT, None, b"text/html; charset=utf-8"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await problems.respond_not_allowed(send, ("GET", "HEAD"))
            return
        path = scope["path"]
        found = self._files.get(path)
        if found is None and path.startswith("/assets/"):
            await respond(send, 404, b"Not found", b"text/plain", SECURITY)
            return
        plain, packed, kind = found or self._page
        headers = [FOREVER if found and path.startswith("/assets/") else FRESH, *SECURITY]
        body = plain
        if packed is not None:
            headers.append((b"vary", b"accept-encoding"))
            if _takes_gzip(scope):
                headers.append((b"content-encoding", b"gzip"))
                body = packed
        if scope["method"] == "HEAD":
            body = b""
        await respond(send, 200, body, kind, headers)


def _takes_gzip(scope: Scope) -> bool:
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])
