"""An import that ends while its file is opened or read: what was cancelled makes no complaint, what broke does."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from ohmstead.services.import_jobs import Job, JobState, Options

FILE = b"time,power\n2025-01-01T00:00:00Z,1\n"


async def begun(world: Any) -> Job:
    imports = world.app.imports
    job, _ = await imports.begin(world.admin, "csv", "t.csv", len(FILE), Options(device="table"))

    async def body() -> Any:
        yield FILE

    await imports.receive(world.admin, job.id, 0, body())
    return await imports.start(world.admin, job.id)


@pytest.mark.parametrize(("cancelled", "complaints"), [(True, 0), (False, 1)])
async def test_a_file_that_is_gone_is_a_complaint_unless_it_was_cancelled(
    world: Any, monkeypatch: pytest.MonkeyPatch, cancelled: bool, complaints: int
) -> None:
    imports = world.app.imports
    broke = asyncio.Event()

    async def opened_too_late(job: Job) -> None:
        if cancelled:
            await imports.cancel(world.admin, job.id)
        broke.set()
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(imports._runner, "run", opened_too_late)
    job = await begun(world)
    with capture_logs() as logs:
        working = asyncio.create_task(imports.work())
        await broke.wait()
        await asyncio.sleep(0)
        working.cancel()
    assert job.state is (JobState.CANCELLED if cancelled else JobState.FAILED)
    assert len([line for line in logs if line["log_level"] == "error"]) == complaints
