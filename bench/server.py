"""A real `ohmstead serve` in a process of its own, reached only through its doors."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from bench import machine
from bench.peers.postgresql import free_port

PASSWORD: Final = "correct horse battery"
# One device of a load run stands for many: the limits against a device gone mad are lifted, and the table says so.
LIFTED: Final = {
    "OHMSTEAD_DEVICE_RATE": "1000000",
    "OHMSTEAD_DEVICE_BURST": "1000000",
    "OHMSTEAD_ADMIN_PASSWORD": PASSWORD,
    "OHMSTEAD_ZONE": "UTC",
}


def on_core(core: int | None) -> list[str]:
    """What in front of a command keeps it on one core; nothing where that cannot be."""
    pinned = core is not None and core < (os.cpu_count() or 1) and shutil.which("taskset") is not None
    return ["taskset", "-c", str(core)] if pinned else []


class Server:
    """Keeps its folder. `core`: the only core it may run on."""

    def __init__(self, folder: Path, *, core: int | None = None, **settings: str) -> None:
        self.folder = folder
        self.http_port, self.mqtt_port = free_port(), free_port()
        self._core = core
        self._settings = settings
        self._cookie = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> float:
        """Return the seconds from the start of the process until /healthz answers 200."""
        command = [sys.executable, "-m", "ohmstead", "serve", "--data-dir", str(self.folder), "--host", "127.0.0.1"]
        command += ["--http-port", str(self.http_port), "--mqtt-port", str(self.mqtt_port)]
        command = [*on_core(self._core), *command]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OHMSTEAD_")}
        began = time.perf_counter()
        self._log = self.folder.with_name(self.folder.name + ".log")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, env={**kept, **LIFTED, **self._settings}, stdout=log, stderr=subprocess.STDOUT
            )
        while time.perf_counter() - began < 120:
            if self._process.poll() is not None:
                raise SystemExit(f"the server ended: {self._log.read_text()[-3000:]}")
            with contextlib.suppress(OSError):
                if self._ask("GET", "/healthz")[0] == 200:
                    return time.perf_counter() - began
            time.sleep(0.005)
        raise SystemExit(f"the server does not answer: {self._log.read_text()[-3000:]}")

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def memory_kib(self, which: str = "VmRSS") -> int:
        """VmRSS now, or VmHWM: the most it ever was."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(rf"^{which}:\s+(\d+) kB", status, re.MULTILINE)
        assert found is not None
        return int(found[1])

    def processor_s(self) -> float:
        return machine.processor_s(self.pid)

    # People's side

    def _ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=300)
        try:
            headers = {"Cookie": self._cookie} if self._cookie else {}
            if body is not None:
                headers["Content-Type"] = "application/json"
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.getheader("Set-Cookie") or ""
        finally:
            connection.close()

    def log_in(self) -> str:
        """Sign in as admin; return the cookie."""
        status, body, cookie = self._ask("POST", "/api/v1/auth/login", {"username": "admin", "password": PASSWORD})
        if status != 200:
            raise SystemExit(f"no login: {status} {body[:300]!r}")
        self._cookie = cookie.partition(";")[0]
        return self._cookie

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The decoded answer of an API call; anything but 2xx ends the run."""
        if not self._cookie:
            self.log_in()
        status, answer, _ = self._ask(method, f"/api/v1{path}", body)
        if status // 100 != 2:
            raise SystemExit(f"{method} {path}: {status} {answer[:300]!r}")
        return json.loads(answer) if answer else None

    def add_devices(self, serials: list[str]) -> list[str]:
        """The token of each new device."""
        return [self.call("POST", "/devices", {"serial": serial})["token"] for serial in serials]

    def mqtt_token(self, *filters: str) -> str:
        """A token that may publish on these topics."""
        token: str = self.call("POST", "/tokens", {"name": "load", "scopes": ["mqtt"], "topics": list(filters)})[
            "token"
        ]
        return token
