"""Releases: only what is whole, signed by a trusted key and legal comes in, and nothing of the rest stays behind."""

import errno
import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from bundles import bundle, key, public
from esp_images import esp_image
from fleet import Fleet
from ohmstead.commands.firmware_releases import form_with, sign_bytes
from ohmstead.domain.access import SCOPES, Principal
from ohmstead.domain.bundle import read_bundle
from ohmstead.domain.errors import Conflict, Forbidden, Gone, NotFound, OutOfSpace, TooMany
from ohmstead.domain.release import Channel, RefusedRelease, Release, digest
from ohmstead.services.downloads import Pace
from world import World


@pytest.fixture
async def fleet(world: World) -> Fleet:
    fleet = Fleet(world)
    await fleet.updates.keys.trust(world.admin, "ours", public().hexadecimal)
    return fleet


def kept(world: World) -> list[Path]:
    return [path for path in (world.app.settings.data_dir / "releases").glob("**/*") if path.is_file()]


async def add(fleet: Fleet, archive: bytes) -> Release:
    return await fleet.updates.releases.add_bundle(fleet.world.admin, archive, Channel.BETA, "better")


async def test_a_signed_bundle_is_taken_and_given_out_byte_for_byte(fleet: Fleet) -> None:
    archive = bundle()
    made = await add(fleet, archive)
    found = read_bundle(archive)
    assert (made.version, made.boards, made.size, made.sha256) == ("1.1.0", ("esp32",), 44, digest(found.raw_manifest))
    releases = fleet.updates.releases
    assert (await releases.piece(made, "manifest.json")).content == found.raw_manifest
    assert (await releases.piece(made, "manifest.sig")).content == found.signature
    for file, content in zip(found.manifest.files, found.contents, strict=True):
        assert (await releases.piece(made, f"files/{file.path}")).content == content


def repacked(change: Callable[[dict[str, Any]], None], sign: bool = False) -> bytes:
    """The archive with another manifest around the same files."""
    found = read_bundle(bundle())
    manifest = json.loads(found.raw_manifest)
    change(manifest)
    raw = json.dumps(manifest).encode()
    signature = sign_bytes(key(), raw) if sign else found.signature
    members = [("manifest.json", raw), ("manifest.sig", signature)]
    members += [(f"files/{f.path}", c) for f, c in zip(found.manifest.files, found.contents, strict=True)]
    return tar(members)


def tar(members: list[tuple[str, bytes]], **more: Any) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=more.pop("format", tarfile.USTAR_FORMAT)) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for attribute, value in more.items():
                setattr(info, attribute, value)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def a_path(path: str) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest["files"][0].update(path=path)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "another signer": (lambda: bundle(signer="somebody else"), "signature"),
    "another manifest, the old signature": (lambda: repacked(lambda m: m.update(version="9.9.9")), "signature"),
    "another board, the old signature": (lambda: repacked(lambda m: m.update(boards=["esp8266"])), "signature"),
    "a file changed": (lambda: bundle().replace(b"x" * 40, b"y" * 40), "hash"),
    "cut off": (lambda: bundle()[:-1500], "size"),
    "cut off within a header": (lambda: bundle()[:700], "size"),
    "something behind the end": (lambda: bundle() + b"more", "manifest"),
    "compressed": (lambda: __import__("gzip").compress(bundle()), "manifest"),
    "nothing": (lambda: b"", "size"),
    "up and out": (lambda: repacked(a_path("../../etc/passwd"), sign=True), "manifest"),
    "absolute": (lambda: repacked(a_path("/etc/passwd"), sign=True), "manifest"),
    "hidden": (lambda: repacked(a_path(".ssh/keys"), sign=True), "manifest"),
    "backslash": (lambda: repacked(a_path("a\\b"), sign=True), "manifest"),
    "nul": (lambda: repacked(a_path("a\0b"), sign=True), "manifest"),
    "twice but for case": (lambda: repacked(a_path("MAIN.mpy"), sign=True), "manifest"),
    "a file that is a folder": (lambda: repacked(a_path("main.mpy/x"), sign=True), "manifest"),
    "sizes of a bomb": (lambda: repacked(lambda m: m["files"][0].update(size=2**40), sign=True), "size"),
    "sizes that add up to one": (
        lambda: repacked(lambda m: [f.update(size=4 << 20) for f in m["files"]], sign=True),
        "size",
    ),
    "negative size": (lambda: repacked(lambda m: m["files"][0].update(size=-1), sign=True), "size"),
    "true for a number": (lambda: repacked(lambda m: m.update(min_loader=True), sign=True), "manifest"),
    "no version": (lambda: repacked(lambda m: m.update(version="one"), sign=True), "manifest"),
    "no files": (lambda: repacked(lambda m: m.update(files=[]), sign=True), "manifest"),
    "a link": (
        lambda: tar(
            [("manifest.json", read_bundle(bundle()).raw_manifest)], type=tarfile.SYMTYPE, linkname="/etc/passwd"
        ),
        "manifest",
    ),
    "a long name": (lambda: tar([("m" * 200, b"")], format=tarfile.GNU_FORMAT), "manifest"),
    "two equal names in the manifest": (
        lambda: tar([("manifest.json", b'{"version":"1.0.0","version":"2.0.0"}'), ("manifest.sig", bytes(384))]),
        "manifest",
    ),
    "nested without end": (lambda: tar([("manifest.json", b"[" * 8000), ("manifest.sig", bytes(384))]), "manifest"),
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_a_hostile_bundle_is_refused_by_name_and_leaves_nothing(fleet: Fleet, what: str) -> None:
    make, reason = HOSTILE[what]
    with pytest.raises(RefusedRelease) as refused:
        await add(fleet, make())
    assert refused.value.reason == reason
    assert kept(fleet.world) == []
    assert fleet.updates.releases.all(fleet.world.admin) == []


async def test_every_cut_of_a_bundle_is_refused(fleet: Fleet) -> None:
    archive = bundle()
    for size in range(0, len(archive) - 512 * 16, 97):
        with pytest.raises(RefusedRelease):
            read_bundle(archive[:size])


async def test_the_same_bundle_again_is_known(fleet: Fleet) -> None:
    await add(fleet, bundle())
    with pytest.raises(Conflict, match=r"release 1, version 1\.1\.0"):
        await add(fleet, bundle())
    await fleet.updates.releases.withdraw(fleet.world.admin, 1)
    assert (await add(fleet, bundle())).withdrawn_at is None


async def test_a_revoked_key_lets_nothing_in_and_nothing_out(fleet: Fleet) -> None:
    made = await add(fleet, bundle())
    releases, ada = fleet.updates.releases, fleet.world.admin
    await fleet.updates.keys.revoke(ada, public().id)
    with pytest.raises(Gone, match="not trusted any more"):
        await releases.piece(made, "manifest.json")
    with pytest.raises(RefusedRelease, match="was revoked"):
        await add(fleet, bundle("1.2.0"))
    with pytest.raises(Conflict, match="revoked"):
        await fleet.updates.keys.trust(ada, "again", public().hexadecimal)
    # Signed anew by another key, the same manifest is good again.
    await fleet.updates.keys.trust(ada, "new", public("new").hexadecimal)
    assert (await add(fleet, bundle(signer="new"))).key_id == public("new").id


async def test_content_that_changed_on_disk_is_not_given_out(fleet: Fleet) -> None:
    made = await add(fleet, bundle())
    releases = fleet.updates.releases
    await releases.piece(made, "files/main.mpy")
    path = next(path for path in kept(fleet.world) if path.read_bytes() == b"main")
    path.write_bytes(b"evil")
    with pytest.raises(NotFound, match="damaged"):
        await releases.piece(made, "files/main.mpy")
    path.unlink()
    with pytest.raises(NotFound, match="gone"):
        await releases.piece(made, "files/main.mpy")


async def test_a_full_disk_says_so_and_leaves_nothing(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def fsync(_: int) -> None:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(OutOfSpace):
            await add(fleet, bundle())
    assert kept(fleet.world) == []
    assert (await add(fleet, bundle())).id == 1


async def test_what_a_crash_left_behind_is_swept_at_the_next_start(fleet: Fleet) -> None:
    await add(fleet, bundle())
    whole = kept(fleet.world)
    stray = whole[0].with_name("half.part")
    stray.write_bytes(b"half")
    await fleet.updates.releases.load()
    assert sorted(kept(fleet.world)) == sorted(whole)


# Vendor images


async def image(
    fleet: Fleet, content: bytes, board: str = "esp32", target: str = "firmware.bin", version: str = "2.1", **more: bool
) -> Release:
    add = fleet.updates.releases.add_image
    return await add(fleet.world.admin, content, target, [board], version, Channel.STABLE, "", **more)


async def test_a_vendor_image_is_checked_here_and_by_esptool(fleet: Fleet) -> None:
    made = await image(fleet, esp_image())
    assert (made.kind.value, made.version, made.files[0].path) == ("image", "2.1", "firmware.bin")
    assert (await image(fleet, esp_image(chip="esp8266"), "nodemcu")).boards == ("nodemcu",)


@pytest.mark.parametrize(
    ("content", "board", "reason"),
    [
        (b"\x7fELF" + bytes(100), "esp32", "manifest"),
        (esp_image()[:60], "esp32", "size"),
        (esp_image(), "esp32s3", "board"),
        (esp_image(), "toaster", "board"),
        (esp_image(spoil=True), "esp32", "hash"),
        (b"\xe9\xff" + bytes(100), "esp32", "manifest"),
        (b"", "esp32", "size"),
    ],
    ids=["elf", "cut off", "another chip", "no such board", "checksum", "255 segments", "empty"],
)
async def test_a_wrong_image_is_refused_by_name(fleet: Fleet, content: bytes, board: str, reason: str) -> None:
    with pytest.raises(RefusedRelease) as refused:
        await image(fleet, content, board)
    assert refused.value.reason == reason
    assert kept(fleet.world) == []


# MicroPython in a bundle


async def test_a_bundle_may_hold_micropython_as_large_as_a_partition(fleet: Fleet, http: httpx.AsyncClient) -> None:
    image = esp_image(content=os.urandom(1_500_000))
    body, kind = form_with({}, "bundle", "b.tar", bundle(files={"main.mpy": b"main", "micropython.bin": image}))
    answer = await http.post("/releases", content=body, headers={"content-type": kind})
    assert answer.status_code == 201, answer.text
    made = fleet.updates.releases.one(int(answer.json()["id"]))
    assert made.size == len(image) + 4
    assert (await fleet.updates.releases.piece(made, "files/micropython.bin")).content == image


@pytest.mark.parametrize(
    ("content", "board", "reason"),
    [
        (b"\x7fELF" + bytes(100), "esp32", "manifest"),
        (esp_image(), "esp32s3", "board"),
        (esp_image(chip="esp8266"), "esp8266", "board"),
        (esp_image(spoil=True), "esp32", "hash"),
        (esp_image()[:60], "esp32", "size"),
    ],
    ids=["elf", "another chip", "no second partition", "checksum", "cut off"],
)
async def test_a_bundle_with_a_wrong_micropython_is_refused_by_name(
    fleet: Fleet, content: bytes, board: str, reason: str
) -> None:
    with pytest.raises(RefusedRelease) as refused:
        await add(fleet, bundle(boards=(board,), files={"micropython.bin": content}))
    assert refused.value.reason == reason
    assert kept(fleet.world) == []


async def test_the_same_bytes_may_be_another_release_and_lie_on_the_disk_once(fleet: Fleet) -> None:
    first = await image(fleet, esp_image())
    with pytest.raises(Conflict, match=r"release 1, version 2\.1"):
        await image(fleet, esp_image())
    others = [await image(fleet, esp_image(), version="2.2"), await image(fleet, esp_image(), board="m5core2")]
    assert [one.id for one in others] == [2, 3]
    assert {one.sha256 for one in (first, *others)} == {digest(esp_image())}
    assert len(kept(fleet.world)) == 1
    await fleet.updates.releases.load()
    assert fleet.updates.releases.one(2) == others[0]
    fleet.world.clock.us += 1
    brought_again = await image(fleet, esp_image(), again=True)
    assert (brought_again.id, brought_again.added_at) == (1, first.added_at + 1)


async def test_images_nobody_signed_take_an_admin(fleet: Fleet) -> None:
    machine = Principal("script", SCOPES["write"], token=1)
    with pytest.raises(Forbidden, match=r"updates\.trust"):
        await fleet.updates.releases.add_image(machine, esp_image(), "firmware.bin", ["esp32"], "1", Channel.STABLE, "")


# Over HTTP


@pytest.fixture
async def http(fleet: Fleet) -> Any:
    _, secret = await fleet.world.app.tokens.create("root", ("admin",), actor="ada")
    transport = httpx.ASGITransport(fleet.world.app.front)
    headers = {"authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1", headers=headers) as client:
        yield client


async def test_upload_and_ranged_download_over_http(fleet: Fleet, http: httpx.AsyncClient) -> None:
    body, kind = form_with({"channel": "beta", "notes": "quieter"}, "bundle", "b.tar", bundle())
    made = (await http.post("/releases", content=body, headers={"content-type": kind})).json()
    assert {"id": "1", "version": "1.1.0", "boards": ["esp32"], "size": 44, "channel": "beta"}.items() <= made.items()
    path = "/releases/1/content/files/agent/x.mpy"
    whole = await http.get(path)
    assert (whole.status_code, whole.content) == (200, b"x" * 40)
    assert whole.headers["x-content-sha256"] == digest(b"x" * 40)
    index, manifest = await http.get("/releases/1/content"), await http.get("/releases/1/content/manifest.json")
    assert index.content == manifest.content
    assert digest(index.content) == made["sha256"]
    part = await http.get(path, headers={"range": "bytes=30-"})
    assert (part.status_code, part.headers["content-range"], len(part.content)) == (206, "bytes 30-39/40", 10)
    changed = await http.get(path, headers={"range": "bytes=30-", "if-range": '"other"'})
    assert changed.status_code == 200
    beyond = await http.get(path, headers={"range": "bytes=40-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */40")
    assert (await http.get("/releases/1/content/files/../../etc/passwd")).status_code == 404
    assert (await http.delete("/releases/1")).status_code == 204
    assert (await http.get(path)).status_code == 410


async def test_a_forged_upload_is_422_with_the_reason(http: httpx.AsyncClient) -> None:
    body, kind = form_with({}, "bundle", "b.tar", bundle(signer="somebody else"))
    answer = await http.post("/releases", content=body, headers={"content-type": kind})
    assert (answer.status_code, answer.json()["detail"].partition(":")[0]) == (422, "signature")
    for junk, called in [(b"junk", kind), (b"", "multipart/form-data; boundary=x"), (body[:-40], kind)]:
        answer = await http.post("/releases", content=junk, headers={"content-type": called})
        assert answer.status_code == 422
    assert (await http.post("/releases", content=b"{}")).status_code == 415


async def test_a_device_gets_only_what_it_is_offered(fleet: Fleet) -> None:
    (member,) = await fleet.join(1)
    release = await fleet.release()
    me = Principal("device", SCOPES["device"], device=member.known.device.id)
    downloads = fleet.updates.downloads
    with pytest.raises(NotFound):
        await downloads.for_principal(me, release.id, "manifest.json")
    rollout = await fleet.start(release, [member])
    await fleet.tick()
    assert (await downloads.for_principal(me, release.id, "manifest.json"))[1] == member.known.device.id
    await fleet.updates.rollouts.stop(fleet.world.admin, rollout.id)
    with pytest.raises(NotFound):
        await downloads.for_principal(me, release.id, "manifest.json")


async def test_a_device_that_is_quicker_than_the_disk_gets_what_it_was_offered(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    (member,) = await fleet.join(1)
    release = await fleet.release()
    me = Principal("device", SCOPES["device"], device=member.known.device.id)
    got, database = [], fleet.world.app.control.shadows._database
    write = database.write

    async def slow(*arguments: Any, **options: Any) -> Any:
        if fleet.world.app.control.shadows.of(member.known.device.id).desired.get("release") and not got:
            got.append(await fleet.updates.downloads.for_principal(me, release.id, "manifest.json"))
        return await write(*arguments, **options)

    monkeypatch.setattr(database, "write", slow)
    await fleet.start(release, [member])
    await fleet.tick()
    assert [device for _, device in got] == [member.known.device.id]


async def test_a_signed_address_is_good_for_its_device_and_an_hour(fleet: Fleet) -> None:
    (member,) = await fleet.join(1)
    await fleet.start(await fleet.release(), [member])
    await fleet.tick()
    downloads = fleet.updates.downloads
    (one,) = await fleet.updates.rollouts.installations(fleet.world.admin, 1)
    token = downloads.sign(one)
    assert (await downloads.by_token(token, "files/main.mpy"))[0].content == b"main"
    for forged in (token[:-4] + "AAAA", "", "x" * 32, "é", token[4:]):
        with pytest.raises(NotFound):
            await downloads.by_token(forged, "files/main.mpy")
    fleet.world.clock.us += 3601_000_000
    with pytest.raises(Gone):
        await downloads.by_token(token, "files/main.mpy")


async def test_one_device_loads_two_files_at_once_at_most(fleet: Fleet) -> None:
    release = await add(fleet, bundle())
    downloads = fleet.updates.downloads
    piece = await fleet.updates.releases.piece(release, "files/main.mpy")
    running = [downloads.send(piece, 0, 4, 7) for _ in range(2)]
    for one in running:
        await anext(one)
    with pytest.raises(TooMany):
        downloads.check_place(7)
    downloads.check_place(8)
    for one in running:
        await one.aclose()
    downloads.check_place(7)


def test_the_pace_lets_a_burst_pass_and_then_holds_the_rate() -> None:
    now = 0.0
    pace = Pace(1000, lambda: now)
    assert pace.wait_s(1000) == 0.0  # a second's worth at once
    assert pace.wait_s(500) == 0.5
    now = 10.0
    assert pace.wait_s(900) == 0.0
    assert pace.wait_s(1100) == 1.0
