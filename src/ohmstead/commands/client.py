"""A small client of a running server: log-in or token, JSON, uploads in pieces, downloads as streams."""

import http.client
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import typer

PREFIX: Final = "/api/v1"
TIMEOUT_S: Final = 60.0
PIECE_BYTES: Final = 8 << 20
RETRIES_S: Final = (0.5, 1, 2, 4, 8, 15, 30)


class ServerError(Exception):
    """The server said no, or nothing; one line for a person."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Client:
    """One keep-alive connection; threads take turns at it. Every method raises ServerError."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ServerError(f"{url!r} is not the address of a server; one is http://localhost:8000")
        self.url = f"{parts.scheme}://{parts.netloc}"
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self.headers = dict(headers or {})
        self._connection: http.client.HTTPConnection | None = None
        self._turn = threading.Lock()

    def log_in(self, username: str, password: str) -> None:
        answer, _ = self._send("POST", "/auth/login", _json({"username": username, "password": password}))
        cookie = answer.getheader("set-cookie", "")
        self.headers["Cookie"] = cookie.partition(";")[0]

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        return self.json("GET", path, query=query)

    def post(self, path: str, body: Any = None) -> Any:
        return self.json("POST", path, body)

    def json(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        _, data = self._send(method, _with(path, query), None if body is None else _json(body))
        return json.loads(data) if data else None

    def post_bytes(self, path: str, body: bytes, query: Mapping[str, Any]) -> Any:
        _, data = self._send("POST", _with(path, query), body, "application/octet-stream")
        return json.loads(data)

    def post_form(self, path: str, body: bytes, content_type: str) -> Any:
        _, data = self._send("POST", path, body, content_type)
        return json.loads(data)

    def put(self, path: str, body: bytes, query: Mapping[str, Any]) -> Any:
        _, data = self._send("PUT", _with(path, query), body, "application/octet-stream")
        return json.loads(data)

    def download(self, path: str, query: Mapping[str, Any]) -> Iterator[bytes]:
        """The body in pieces. A connection that ends too early is a ServerError."""
        answer = self._ask("GET", _with(path, query), None, None)
        if answer.status != 200:
            raise _error(answer, answer.read())
        try:
            while data := answer.read1(1 << 20):
                yield data
        except (OSError, http.client.HTTPException) as error:
            raise ServerError(f"the download was cut off: {error}") from error

    def until_ready(self, seconds: float) -> None:
        """Wait for a server that is just starting."""
        until = time.monotonic() + seconds
        while True:
            try:
                self.get("/time")
            except ServerError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
            else:
                return

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(
        self, method: str, path: str, body: bytes | None, kind: str = "application/json"
    ) -> tuple[http.client.HTTPResponse, bytes]:
        with self._turn:
            answer = self._ask(method, path, body, kind)
            try:
                data = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.close()
                raise ServerError(f"{self.url} broke off: {error}") from error
        if answer.status >= 400:
            raise _error(answer, data)
        return answer, data

    def _ask(self, method: str, path: str, body: bytes | None, kind: str | None) -> http.client.HTTPResponse:
        headers = dict(self.headers)
        if body is not None and kind is not None:
            headers["Content-Type"] = kind
        for fresh in (False, True):
            reused = self._connection is not None
            try:
                if self._connection is None:
                    make = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
                    self._connection = make(self._host, self._port, timeout=TIMEOUT_S)
                self._connection.request(method, PREFIX + path, body, headers)
                return self._connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                self.close()
                # A kept connection may have been closed meanwhile; what is sent here can be sent again.
                if fresh or not reused:
                    raise ServerError(f"{self.url} does not answer: {error}") from error
        raise AssertionError("unreachable")


def _with(path: str, query: Mapping[str, Any] | None) -> str:
    return f"{path}?{urlencode(query, doseq=True)}" if query else path


def _json(body: Any) -> bytes:
    return json.dumps(body).encode()


def _error(answer: http.client.HTTPResponse, data: bytes) -> ServerError:
    try:
        detail = json.loads(data)["detail"]
    except (ValueError, KeyError, TypeError):
        detail = f"{answer.status} {answer.reason}"
    return ServerError(str(detail), answer.status)


def sign_in(url: str, token: str | None, user: str | None, password: str | None) -> Client:
    """A client that may do what the given token or person may; asks on the terminal for what is missing."""
    if token:
        return Client(url, {"Authorization": f"Bearer {token}"})
    client = Client(url)
    client.get("/time")
    if password is None and user is None and (known := os.environ.get("OHMSTEAD_ADMIN_PASSWORD")):
        user, password = "admin", known
    user = user or typer.prompt("User", default="admin", err=True)
    if password is None:
        password = typer.prompt("Password", hide_input=True, err=True)
    client.log_in(user, password)
    return client
