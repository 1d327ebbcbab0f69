"""The API does what its own description says: generated requests, no 500, every answer of the described shape."""

import gc
import os
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis

from builders import serial
from contract.test_2_people_and_machines import PROBLEM
from system.running_server import RunningServer

EXAMPLES = int(os.environ.get("OHMSTEAD_TEST_EXAMPLES", "30"))
DESCRIPTION = schemathesis.openapi.from_path(Path(__file__).parents[2] / "contract" / "openapi.json")
schemathesis.checks.load_all_checks()
CHECKS = [schemathesis.checks.response_schema_conformance]
# They would end the session that asks, or lock its address out.
LEFT_OUT = {("POST", "/api/v1/auth/logout"), ("POST", "/api/v1/auth/login"), ("POST", "/api/v1/setup")}
OPERATIONS = {
    f"{operation.method.upper()} {operation.path}": operation
    for operation in (found.ok() for found in DESCRIPTION.get_all_operations())
    if (operation.method.upper(), operation.path) not in LEFT_OUT
}


@pytest.fixture(autouse=True)
def _no_collection_meanwhile() -> Iterator[None]:
    """Python 3.11's parser must not be entered again by a finaliser while it runs, and generating code parses a lot."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("name", sorted(OPERATIONS))
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_operation(name: str, server: RunningServer) -> None:
    @given(case=OPERATIONS[name].as_strategy(), known=st.booleans())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def asked(case: Any, known: bool) -> None:
        if known:  # of what exists; numbers out of nowhere find nothing
            case.path_parameters = {n: ids.get(n, 1) for n in case.path_parameters or ()}
            if "channel" in (case.query or {}):
                case.query["channel"] = [ids["channel_id"]] if name.endswith("history") else ids["channel_id"]
        answer = case.call(base_url=server.url, cookies=dict(server.admin.cookies))
        seen[answer.status_code] += 1
        assert answer.status_code < 500 or answer.status_code == 503, f"{case.as_curl_command()}: {answer.text}"
        if answer.status_code >= 400:
            assert PROBLEM in answer.headers["content-type"], f"{case.as_curl_command()}: {answer.text}"
        else:
            case.validate_response(answer, checks=CHECKS)

    device = server.add_device(serial())
    device.send({"v": {"power": 1}})
    ids = {"device_id": int(device.id), "channel_id": int(device.channel("power")["id"])}
    seen: Counter[int] = Counter()
    asked()
    assert set(seen) != {401}, "nothing was asked as somebody"


def test_nothing_broke(server: RunningServer) -> None:
    assert "Traceback" not in server.printed()
    assert server.admin.get("/auth/me").status_code == 200
