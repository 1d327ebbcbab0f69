"""The same two databases as the conformance tests."""

import importlib.util
from pathlib import Path

_path = Path(__file__).parents[1] / "conformance" / "databases.py"
_spec = importlib.util.spec_from_file_location("databases", _path)
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

server = _module.server
fresh_database = _module.fresh_database
place = _module.place
