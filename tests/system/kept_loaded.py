"""Processes of the program, each forked from one that has loaded it: loading is most of what a start costs."""

import atexit
import contextlib
import functools
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_IS_HERE_WITHIN_S: Final = 60.0


class _Loaded:
    """The process that stays and is forked."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._forks: dict[int, Fork] = {}
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        atexit.register(self._end)
        threading.Thread(target=self._listen, daemon=True, name="kept loaded").start()

    def fork(self, arguments: Sequence[str], env: Mapping[str, str], output: Path) -> "Fork":
        assert self._process.stdin is not None
        with self._lock:
            fork = self._forks[number := next(self._numbers)] = Fork()
            asked = {"number": number, "arguments": list(arguments), "env": dict(env), "output": str(output)}
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
        if not fork.is_here.wait(_IS_HERE_WITHIN_S):
            raise ChildProcessError("no process was forked")
        return fork

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            fork = self._forks[told["number"]]
            if "pid" in told:
                fork.pid = told["pid"]
                fork.is_here.set()
            else:
                fork.returncode = told["returncode"]
                fork.is_gone.set()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()


class Fork:
    """What the tests use of `subprocess.Popen`."""

    def __init__(self) -> None:
        self.pid = 0
        self.returncode: int | None = None
        self.is_here, self.is_gone = threading.Event(), threading.Event()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if not self.is_gone.wait(timeout):
            raise subprocess.TimeoutExpired("ohmstead", timeout or 0.0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        # It is reaped by the process it was forked from, which then tells; in between the number is nobody's.
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


_loaded = functools.cache(_Loaded)


def fork(arguments: Sequence[str], env: Mapping[str, str], output: Path) -> Fork:
    """`ohmstead ARGUMENTS` with this environment, its output at the end of the file."""
    return _loaded().fork(arguments, env, output)


def _stay() -> None:
    """Fork for each line of the standard input; tell of each fork, and of its end."""
    import ohmstead.app
    import ohmstead.cli  # noqa: F401

    said = threading.Lock()

    def say(told: dict[str, Any]) -> None:
        with said:
            print(json.dumps(told), flush=True)

    def await_end(number: int, pid: int) -> None:
        _, status = os.waitpid(pid, 0)
        say({"number": number, "returncode": os.waitstatus_to_exitcode(status)})

    for line in sys.stdin:
        asked = json.loads(line)
        with said:  # so that no thread of this process holds it in the fork
            pid = os.fork()
        if pid == 0:
            _be(asked)
        say({"number": asked["number"], "pid": pid})
        threading.Thread(target=await_end, args=(asked["number"], pid), daemon=True).start()


def _be(asked: dict[str, Any]) -> None:
    """Be what `python -m ohmstead` would be; does not return."""
    code = 1
    try:
        nothing, output = (
            os.open(os.devnull, os.O_RDONLY),
            os.open(asked["output"], os.O_WRONLY | os.O_APPEND | os.O_CREAT),
        )
        for target, source in ((0, nothing), (1, output), (2, output)):
            os.dup2(source, target)
        os.environ.clear()
        os.environ.update(asked["env"])
        time.tzset()
        sys.argv = ["ohmstead", *asked["arguments"]]
        sys.stdout.reconfigure(line_buffering=False, write_through=True)  # type: ignore[union-attr]
        from ohmstead.cli import main

        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _stay()
