"""What tests need to start servers of their own, and what they do where a service is not installed."""

import os
from collections.abc import Callable

import pytest

from system.running_server import RunningServer

StartServer = Callable[..., RunningServer]


def missing(what: str) -> None:
    """A visible skip on a developer's machine; a failure where CI promises that everything is there."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI is set", pytrace=False)
    pytest.skip(f"{what} is missing")
