"""A real `ohmstead serve` in a process of its own, spoken to through its surfaces only."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

import httpx

from system.kept_loaded import Fork, fork

ADMIN_PASSWORD: Final = "correct horse battery"
START_WITHIN_S: Final = 60.0
# Below the range from which clients get their own ports: a client that retries a dead port from within that
# range can connect to itself.
_PORTS: Final = range(20_000, 32_000)


class ServerEnded(Exception):
    """The process ended although it should serve; the message is what it printed."""


def free_port() -> int:
    while True:
        port = random.choice(_PORTS)
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            probe.bind(("::", port))
            return port


def environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without any setting of the product but the given ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OHMSTEAD_")}
    return {**kept, "PYTHONUNBUFFERED": "1", **(settings or {})}


def ohmstead(*arguments: str, env: Mapping[str, str] | None = None, timeout: float = 30.0) -> Any:
    """Run one command to its end; (returncode, stdout, stderr) as a CompletedProcess of texts."""
    return subprocess.run(
        [sys.executable, "-m", "ohmstead", *arguments],
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


class RunningServer:
    """Keeps its folder and its ports over restarts. `start` returns once requests are answered."""

    def __init__(
        self,
        folder: Path,
        *,
        env: Mapping[str, str] | None = None,
        flags: Sequence[str] = (),
        database_url: str | None = None,
        admin_password: str | None = ADMIN_PASSWORD,
        bind: str | None = "127.0.0.1",
        mqtt: bool = True,
        default_ports: bool = False,
        as_command: bool = False,
    ) -> None:
        self.folder = folder
        self.host = "127.0.0.1"
        self.bind = bind  # None: every address, IPv4 and IPv6
        self.http_port = 5000 if default_ports else free_port()
        self.mqtt_port = 1883 if default_ports else free_port() if mqtt else 0
        self.default_ports = default_ports
        self.as_command = as_command  # from nothing, as a person starts it
        self.env = dict(env or {})
        if admin_password is not None:
            self.env["OHMSTEAD_ADMIN_PASSWORD"] = admin_password
        self.admin_password = admin_password
        self.flags = list(flags)
        self.database_url = database_url
        self.console = folder.with_name(folder.name + ".console")
        self.process: Fork | subprocess.Popen[bytes] | None = None
        self.started_in_s = 0.0
        self._admin: httpx.Client | None = None
        self._clients: list[httpx.Client] = []

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.http_port}"

    @property
    def api(self) -> str:
        return f"{self.url}/api/v1"

    @property
    def data_dir(self) -> Path:
        return self.folder

    def command(self) -> list[str]:
        command = [sys.executable, "-m", "ohmstead", "serve", "--data-dir", str(self.folder)]
        if not self.default_ports:
            command += ["--http-port", str(self.http_port), "--mqtt-port", str(self.mqtt_port)]
        if self.bind is not None:
            command += ["--host", self.bind]
        if self.database_url is not None:
            command += ["--database-url", self.database_url]
        return [*command, *self.flags]

    # life

    def start(self) -> Self:
        began = time.monotonic()
        self.process = self.launch()
        while not self._answers():
            if self.process.poll() is not None:
                raise ServerEnded(f"exit {self.process.returncode}: {self.printed()[-2000:]}")
            if time.monotonic() - began > START_WITHIN_S:
                self.kill()
                raise ServerEnded(f"no answer within {START_WITHIN_S} s: {self.printed()[-2000:]}")
            time.sleep(0.01)
        self.started_in_s = time.monotonic() - began
        return self

    def launch(self) -> "Fork | subprocess.Popen[bytes]":
        """One more process of this server, whatever becomes of it."""
        if not self.as_command:
            return fork(self.command()[3:], environment(self.env), self.console)
        with self.console.open("ab") as out:
            return subprocess.Popen(self.command(), env=environment(self.env), stdout=out, stderr=subprocess.STDOUT)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.host, self.http_port), 5) as sock:
                sock.sendall(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                return sock.recv(12) == b"HTTP/1.1 200"
        except OSError:
            return False

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self, timeout: float = 10.0) -> int:
        assert self.process is not None
        return self.process.wait(timeout)

    def kill(self) -> None:
        """SIGKILL: what a power cut leaves of the process, though not of the disk's cache."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def terminate(self, timeout: float = 10.0) -> int:
        """SIGTERM; the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def restart(self) -> Self:
        if self.process is not None and self.process.poll() is None:
            self.terminate()
        return self.start()

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def printed(self) -> str:
        return self.console.read_text(errors="replace") if self.console.exists() else ""

    # speaking to it

    @property
    def admin(self) -> httpx.Client:
        """A client that carries the admin's session cookie; sessions outlive restarts, so one log-in is enough."""
        if self._admin is None:
            assert self.admin_password is not None
            client = self.client()
            answer = client.post("/auth/login", json={"username": "admin", "password": self.admin_password})
            assert answer.status_code == 200, answer.text
            self._admin = client
        return self._admin

    def client(self, token: str | None = None) -> httpx.Client:
        """A client without cookies; closed with the server."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        client = httpx.Client(base_url=self.api, headers=headers, timeout=20.0)
        self._clients.append(client)
        return client

    def add_device(self, serial: str, name: str | None = None) -> "AddedDevice":
        answer = self.admin.post("/devices", json={"serial": serial} | ({} if name is None else {"name": name}))
        assert answer.status_code == 201, answer.text
        body = answer.json()
        return AddedDevice(self, body["device"]["id"], serial, body["token"])

    def devices(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.admin.get("/devices", params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def device(self, serial: str) -> dict[str, Any]:
        return next(d for d in self.devices(limit=1000) if d["serial"] == serial)

    def channel(self, serial: str, key: str) -> dict[str, Any]:
        found: dict[str, Any] = next(c for c in self.device(serial)["channels"] if c["key"] == key)
        return found

    def raw(self, channel_id: str, start: int | str = 946_684_800_000, end: int | str = 4_102_444_800_000) -> Any:
        answer = self.admin.get("/history", params={"channel": channel_id, "from": start, "to": end, "raw": True})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def stored(self, serial: str, key: str) -> list[tuple[int, float]]:
        """Every sample of a channel: (ms, value), ascending."""
        series = self.raw(self.channel(serial, key)["id"])
        return list(zip(series["t"], series["value"], strict=True))

    def metrics(self) -> dict[str, float]:
        answer = httpx.get(f"{self.url}/metrics")
        assert answer.status_code == 200, answer.text
        lines = [line for line in answer.text.splitlines() if line and not line.startswith(("#", "ohmstead_info"))]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


class AddedDevice:
    """A device that was added by an admin, and its token."""

    def __init__(self, server: RunningServer, device_id: str, serial: str, token: str) -> None:
        self.server = server
        self.id = device_id
        self.serial = serial
        self.token = token
        self.http = server.client(token)

    def send(self, message: Any, **options: Any) -> httpx.Response:
        return self.http.post("/telemetry", json=message, **options)

    def send_bytes(self, body: bytes, **headers: str) -> httpx.Response:
        named = {"content-type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
        return self.http.post("/telemetry", content=body, headers=named)

    def stored(self, key: str) -> list[tuple[int, float]]:
        return self.server.stored(self.serial, key)

    def channel(self, key: str) -> dict[str, Any]:
        return self.server.channel(self.serial, key)
