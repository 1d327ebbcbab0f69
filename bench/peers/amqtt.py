"""amqtt, a broker in Python, in a virtual environment that is thrown away with the run."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.peers.process import Peer

REQUIREMENTS: Final = Path(__file__).parents[1] / "requirements-amqtt.txt"


def prepare(folder: Path) -> tuple[Callable[[int], Peer] | None, str]:
    """What starts a broker on a port, or None and why there is none."""
    environment = folder / "amqtt"
    python = environment / "bin" / "python"
    steps = (
        [sys.executable, "-m", "venv", str(environment)],
        [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", str(REQUIREMENTS)],
    )
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            return None, f"amqtt could not be installed: {done.stderr.strip().splitlines()[-1:]}"

    def start(port: int) -> Peer:
        config = folder / "amqtt.yaml"
        config.write_text(
            f"listeners:\n  default:\n    type: tcp\n    bind: 127.0.0.1:{port}\n    max_connections: 1000\n"
            "plugins:\n  amqtt.plugins.authentication.AnonymousAuthPlugin:\n    allow_anonymous: true\n"
        )
        broker = Peer([str(python), "-m", "amqtt.scripts.broker_script", "-c", str(config)], folder / "amqtt.log")
        broker.wait_for_port(port)
        return broker

    return start, ""
