"""A peer that is a process: started on 127.0.0.1 in a folder of ours, ended by its number."""

import socket
import subprocess
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self


class Peer:
    """Ends when the block does."""

    def __init__(self, command: Sequence[str], log: Path, env: dict[str, str] | None = None) -> None:
        with log.open("wb") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=env)
        self._log = log

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def wait_for_port(self, port: int, within_s: float = 30.0) -> None:
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise SystemExit(f"{self._process.args!r} ended: {self._log.read_text()[-2000:]}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.01)
        raise SystemExit(f"nothing answers on port {port}: {self._log.read_text()[-2000:]}")


def fetch(url: str, data: bytes | None = None, timeout: float = 300.0) -> bytes:
    with urllib.request.urlopen(url, data, timeout) as answer:
        body: bytes = answer.read()
        return body


def line_protocol(meter: int, times: Sequence[int], rows: Sequence[Sequence[float]], unit_us: int) -> bytes:
    """Line protocol, six fields a line; instants in units of `unit_us`."""
    return "\n".join(
        f"m,d={meter} power={p},voltage={v},current={c},energy={e},pf={f},frequency={h} {t // unit_us}"
        for t, (p, v, c, e, f, h) in zip(times, rows, strict=True)
    ).encode()
