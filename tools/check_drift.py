"""Compare what is generated with what is committed: the OpenAPI document, the dashboard's types, the settings page,
the catalogue of drivers and the page and pictures of their wiring.

`--write` renews both. Exits 1 and names the file when something drifted.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from catalogue import CATALOGUE, catalogue
from wiring import generated

from ohmstead.api.application import build_api
from ohmstead.settings import Settings

ROOT = Path(__file__).parent.parent
OPENAPI = ROOT / "contract" / "openapi.json"
TYPES = ROOT / "dashboard" / "src" / "api" / "schema.d.ts"
SETTINGS = ROOT / "docs" / "reference" / "settings.md"
GENERATOR = ROOT / "dashboard" / "node_modules" / ".bin" / "openapi-typescript"


def openapi() -> str:
    return json.dumps(build_api().openapi(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def types(document: str) -> str:
    """The TypeScript types of an OpenAPI document."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "openapi.json", Path(folder) / "schema.d.ts"
        source.write_text(document)
        subprocess.run([GENERATOR, source, "-o", target], check=True, capture_output=True)  # noqa: S603
        return target.read_text()


def settings() -> str:
    """The reference page of all settings."""
    lines = [
        "# Settings",
        "",
        "Each is a flag of `ohmstead serve` where `--help` lists it, `OHMSTEAD_<NAME>` in the environment, or a key of "
        "`ohmstead.toml` in the data folder; the first that is given counts. Lists are separated by commas.",
        "",
        "| Key | Default | |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = ", ".join(map(str, default)) if isinstance(default, list) else str(default)
        lines.append(f"| `{name}` | {'' if default in (None, []) else f'`{shown}`'} | {field.description} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    document = openapi()
    wanted = {OPENAPI: document, TYPES: types(document), SETTINGS: settings(), CATALOGUE: catalogue()} | generated()
    if "--write" in sys.argv:
        for path, text in wanted.items():
            path.write_text(text)
        return 0
    drifted = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    for path in drifted:
        print(f"{path.relative_to(ROOT)} is not what the code generates; run `make types`", file=sys.stderr)
    return bool(drifted)


if __name__ == "__main__":
    sys.exit(main())
