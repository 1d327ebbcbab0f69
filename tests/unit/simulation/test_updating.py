"""The simulated device's side of an update: whatever goes wrong, it runs what it ran, or what it was offered."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bundles import bundle, public
from ohmstead.domain.bundle import Bundle, read_bundle
from ohmstead.domain.release import digest
from ohmstead.simulation.flash import Flash, PowerCut
from ohmstead.simulation.updating import Fault, NoLink, UpdatingDevice, Withdrawn


class Shelf:
    """A server in memory. `cut_at`: the link breaks once after so many bytes of each file."""

    def __init__(self, archive: bytes, cut_at: int | None = None, withdrawn: bool = False) -> None:
        self.found: Bundle = read_bundle(archive)
        self.cut_at = cut_at
        self.withdrawn = withdrawn
        self.sent = 0
        self.files = {"manifest.json": self.found.raw_manifest, "manifest.sig": self.found.signature}
        for file, content in zip(self.found.manifest.files, self.found.contents, strict=True):
            self.files[f"files/{file.path}"] = content

    def offer(self, **more: Any) -> dict[str, Any]:
        manifest = self.found.manifest
        told = {"id": "7", "version": manifest.version, "url": "/x", "manifest_sha256": digest(self.found.raw_manifest)}
        return told | more

    async def __call__(self, path: str, start: int, on_data: Callable[[bytes], None]) -> None:
        if self.withdrawn:
            raise Withdrawn
        content = self.files[path]
        end = len(content) if self.cut_at is None or start >= self.cut_at else min(self.cut_at, len(content))
        for at in range(start, end, 16):
            piece = content[at : min(at + 16, end)]
            self.sent += len(piece)
            on_data(piece)
        if end < len(content):
            raise NoLink("cut")


def a_device(**options: Any) -> tuple[UpdatingDevice, list[dict[str, Any]]]:
    told: list[dict[str, Any]] = []
    return UpdatingDevice("esp32", "1.0.0", [public()], told.append, **options), told


async def update(device: UpdatingDevice, shelf: Shelf, **more: Any) -> None:
    if await device.offered(shelf.offer(**more), shelf) and device.alive:
        device.start()
        device.tell()


async def test_a_good_release_runs_afterwards_and_is_reported_step_by_step() -> None:
    device, told = a_device()
    await update(device, Shelf(bundle()))
    assert device.firmware == "1.1.0"
    assert [one["state"] for one in told if one["state"] != "downloading"] == ["verifying", "restarting", "confirmed"]
    assert told[0]["state"] == "downloading"


async def test_a_broken_link_is_taken_up_where_it_broke() -> None:
    archive = bundle(files={"main.mpy": bytes(range(200))})
    whole, broken = Shelf(archive), Shelf(archive)

    async def breaking_once(path: str, start: int, on_data: Callable[[bytes], None]) -> None:
        broken.cut_at = 77 if path.startswith("files/") else None
        await broken(path, start, on_data)

    await a_device()[0].offered(whole.offer(), whole)
    device, _ = a_device()
    assert await device.offered(broken.offer(), breaking_once)
    assert broken.sent == whole.sent  # not a byte twice


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (lambda: bundle(signer="somebody else"), "signature"),
        (lambda: bundle(boards=("esp8266",)), "board"),
        (lambda: bundle(min_loader=2), "loader"),
        (lambda: bundle(version="0.9.0"), "downgrade"),
    ],
)
async def test_what_is_not_for_it_is_refused_by_name(archive: Callable[[], bytes], reason: str) -> None:
    device, told = a_device()
    await update(device, Shelf(archive()))
    assert device.firmware == "1.0.0"
    assert told[-1]["state"] == "failed"
    assert str(told[-1]["reason"]).startswith(reason)


async def test_an_older_version_is_taken_when_a_person_wants_it() -> None:
    device, _ = a_device()
    await update(device, Shelf(bundle(version="0.9.0")), downgrade=True)
    assert device.firmware == "0.9.0"


async def test_a_file_that_is_longer_or_other_than_it_should_be_never_runs() -> None:
    for forged in (b"mainX", b"mAin"):
        device, told = a_device()
        shelf = Shelf(bundle(files={"main.mpy": b"main"}))
        shelf.files["files/main.mpy"] = forged
        await update(device, shelf)
        assert (device.firmware, told[-1]["state"]) == ("1.0.0", "failed")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(Fault(unhealthy=True), "health"), (Fault(crashes=True), "tries")],
    ids=["unhealthy", "crashes"],
)
async def test_a_version_that_does_not_work_is_left_again(fault: Fault, reason: str) -> None:
    device, told = a_device(fault=fault)
    shelf = Shelf(bundle())
    await update(device, shelf)
    assert device.firmware == "1.0.0"
    assert (told[-1]["state"], str(told[-1]["reason"]).partition(":")[0]) == ("failed", reason)
    sent = shelf.sent
    await update(device, shelf)
    assert shelf.sent == sent  # it does not try the same again by itself


async def test_the_same_release_offered_anew_is_tried_anew() -> None:
    device, _ = a_device(fault=Fault(unhealthy=True))
    shelf = Shelf(bundle())
    await update(device, shelf)
    await device.offered(None, shelf)
    device.fault.unhealthy = False
    await update(device, shelf)
    assert device.firmware == "1.1.0"


async def test_a_withdrawn_release_is_left_alone() -> None:
    device, told = a_device()
    await update(device, Shelf(bundle(), withdrawn=True))
    assert (device.firmware, told) == ("1.0.0", [])


@pytest.mark.parametrize(
    "fault", [Fault(), Fault(unhealthy=True), Fault(crashes=True)], ids=["good", "unhealthy", "crashes"]
)
async def test_the_power_may_fail_at_every_byte_of_an_update(fault: Fault) -> None:
    """Exhaustive: after each cut the device starts, runs a whole version, and in the end the right one."""
    shelf = Shelf(bundle(files={"main.mpy": b"main 1.1", "agent/x.mpy": b"x" * 30}))
    device, _ = a_device(fault=fault)
    await update(device, shelf)
    whole, right = device.flash.written, device.firmware
    assert whole > 100
    for cut in range(whole):
        flash = Flash()
        flash.cut_after = cut
        device, _ = a_device(fault=fault, flash=flash)
        with pytest.raises(PowerCut):
            await update(device, shelf)
        flash.power_on()
        after, told = a_device(fault=fault, flash=flash)
        after.start()
        assert after.firmware in ("1.0.0", "1.1.0"), cut
        assert after.firmware == right or not fault.unhealthy | fault.crashes, cut
        after.tell()
        await update(after, shelf)
        assert after.firmware == right, cut
        if told:
            assert told[-1]["state"] == ("failed" if fault.unhealthy or fault.crashes else "confirmed"), cut


def test_hundreds_fit_one_process() -> None:
    async def all_of_them() -> list[str]:
        shelf = Shelf(bundle())
        devices = [a_device()[0] for _ in range(300)]
        await asyncio.gather(*(update(device, shelf) for device in devices))
        return [device.firmware for device in devices]

    assert set(asyncio.run(all_of_them())) == {"1.1.0"}
