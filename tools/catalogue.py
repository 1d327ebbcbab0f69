"""Write contract/drivers.json: what every driver in firmware/drivers measures, takes and can do.

The constants are read from the source, never executed: a driver needs a board. `tools/check_drift.py` compares.
"""

import ast
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
DRIVERS = ROOT / "firmware" / "drivers"
CATALOGUE = ROOT / "contract" / "drivers.json"


def constants(path: Path) -> dict[str, Any]:
    """The module's constants in capitals. A value may name an earlier one, or one of a sibling (`_force.COMMANDS`)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            try:
                known[node.targets[0].id] = _value(node.value, known, path.parent)
            except ValueError:
                if not node.targets[0].id.startswith("_"):
                    raise ValueError(f"{path.name}:{node.lineno}: {node.targets[0].id} is not a plain value") from None
    return {name: value for name, value in known.items() if name.isupper()}


def _value(node: ast.expr, known: dict[str, Any], folder: Path) -> Any:
    if isinstance(node, ast.Name) and node.id in known:
        return known[node.id]
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        sibling = folder / f"{node.value.id}.py"
        if sibling.is_file():
            return constants(sibling).get(node.attr)
    return ast.literal_eval(node)


def help_of(path: Path) -> dict[str, str]:
    """Setting → the comment on its line of DEFAULTS."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = {}
    for line in lines:
        key, _, rest = line.strip().partition(":")
        _, hash_sign, comment = rest.partition("  # ")
        if hash_sign and key.startswith('"') and key.endswith('"'):
            found[key.strip('"')] = comment
    return found


def entry(path: Path) -> dict[str, Any]:
    """One driver. Raises ValueError with the file when a constant is missing or malformed."""
    given = constants(path)
    for name in ("CHANNELS", "DEFAULTS"):
        if name not in given:
            raise ValueError(f"{path.name}: {name} is missing")
    summary = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]
    title, _, text = summary.partition(": ")
    comments = help_of(path)
    return {
        "driver": path.stem,
        "title": title,
        "description": text or title,
        "bus": given.get("BUS"),
        "channels": [channel(row) for row in given["CHANNELS"]],
        "stream": [channel(row) for row in given.get("STREAM", ())],
        "settings": [
            {"name": name, "default": default, "required": default is None}
            | ({"help": comments[name]} if name in comments else {})
            for name, default in given["DEFAULTS"].items()
        ],
        "commands": list(given.get("COMMANDS", ())),
    }


def channel(row: Any) -> dict[str, Any]:
    key, quantity, unit, decimals = row
    return {"key": key, "quantity": quantity, "unit": unit, "decimals": decimals}


def catalogue(folder: Path = DRIVERS) -> str:
    drivers = [entry(path) for path in sorted(folder.glob("[!_]*.py"))]
    return '{"drivers": [\n' + ",\n".join(_lines(driver) for driver in drivers) + "\n]}\n"


def _lines(driver: dict[str, Any]) -> str:
    """One entry, a line for each key and each item of a list: a change shows as one line."""
    lines = []
    for key, value in driver.items():
        text = json.dumps(value, ensure_ascii=False)
        if isinstance(value, list) and value:
            text = "[\n" + ",\n".join("   " + json.dumps(item, ensure_ascii=False) for item in value) + "]"
        lines.append(f'  "{key}": {text}')
    return " {\n" + ",\n".join(lines) + "}"


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(CATALOGUE.read_text(encoding="utf-8") != catalogue())
    CATALOGUE.write_text(catalogue(), encoding="utf-8")
