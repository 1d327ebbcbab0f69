"""The golden bundles of `contract/vectors/release/`: the server and a device make of each what its file says."""

import asyncio
import base64
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ohmstead.domain.bundle import Bundle, read_bundle
from ohmstead.domain.release import RefusedRelease, digest
from ohmstead.domain.signing import PublicKey
from ohmstead.simulation.updating import UpdatingDevice

VECTORS = sorted((Path(__file__).parents[3] / "contract" / "vectors" / "release").glob("*.json"))
BY_DEVICE = {"board", "loader", "downgrade"}  # a server takes it: it is good for others


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_the_server_takes_what_is_signed_and_whole(path: Path) -> None:
    vector = json.loads(path.read_text("utf-8"))
    keys = [PublicKey.parse(key["n"]) for key in vector["keys"]]
    assert [key.id for key in keys] == [key["id"] for key in vector["keys"]]
    expect = vector["expect"]
    archive = base64.b64decode(vector["bundle_base64"])
    if expect.get("reason") in {None, *BY_DEVICE}:
        found = take(archive, keys)
        contents = zip(found.manifest.files, found.contents, strict=True)
        files = {file.path: content.hex() for file, content in contents}
        assert files == expect.get("files", files)
    else:
        with pytest.raises(RefusedRelease) as refused:
            take(archive, keys)
        assert refused.value.reason == expect["reason"]


def take(archive: bytes, keys: list[PublicKey]) -> Bundle:
    found = read_bundle(archive)
    if not any(key.verifies(found.raw_manifest, found.signature) for key in keys):
        raise RefusedRelease("signature", "by none of the keys")
    return found


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_a_device_installs_it_or_says_why_not(path: Path) -> None:
    vector: dict[str, Any] = json.loads(path.read_text("utf-8"))
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(vector["bundle_base64"]))) as archive:
        members = {info.name: archive.extractfile(info).read() for info in archive}  # type: ignore[union-attr]

    async def fetch(name: str, start: int, on_data: Callable[[bytes], None]) -> None:
        on_data(members[name][start:])

    told: list[dict[str, Any]] = []
    who, expect = vector["device"], vector["expect"]
    keys = [PublicKey.parse(key["n"]) for key in vector["keys"]]
    device = UpdatingDevice(who["board"], who["running"], keys, told.append, loader=who["loader"])
    raw = members["manifest.json"]
    version = expect.get("version", json.loads(raw)["version"])
    offer = {"id": "1", "version": version, "manifest_sha256": digest(raw), "downgrade": vector["downgrade"]}
    if asyncio.run(device.offered(offer, fetch)):
        device.start()
        device.tell()
    if reason := expect.get("reason"):
        assert (told[-1]["state"], told[-1]["reason"].partition(":")[0]) == ("failed", reason)
        assert device.firmware == who["running"]
    else:
        assert (told[-1]["state"], device.firmware) == ("confirmed", expect["version"])
        assert {p: device.flash.files[f"b/{p}"].hex() for p in expect["files"]} == expect["files"]
