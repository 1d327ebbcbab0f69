"""Write `contract/vectors/release/`: bundles with the key and the device they meet, and what becomes of them.

The private key lives only while this runs, so each run writes other signatures with the same meaning.
"""

import base64
import json
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from ohmstead.commands.firmware_releases import make_bundle, public_of, sign_bytes
from ohmstead.domain.bundle import read_bundle, write_bundle
from ohmstead.domain.signing import EXPONENT, KEY_BITS

FOLDER: Final = Path(__file__).parents[1] / "contract" / "vectors" / "release"
FILES: Final = {"agent/clock.mpy": b"M\x06\x00\x1f clock", "main.mpy": b"M\x06\x00\x1f main", "empty.txt": b""}
DEVICE: Final = {"board": "esp32", "loader": 1, "running": "1.4.0"}


def main() -> None:
    ours, other = (generate_private_key(EXPONENT, KEY_BITS) for _ in range(2))
    public = public_of(ours)
    FOLDER.mkdir(parents=True, exist_ok=True)

    def bundle(version: str = "1.5.0", boards: tuple[str, ...] = ("esp32", "esp32s3"), loader: int = 1) -> bytes:
        return make_bundle(FILES, version, boards, ours, loader)

    def write(name: str, about: str, archive: bytes, expect: dict[str, Any], **more: Any) -> None:
        vector = {
            "about": about,
            "keys": [{"id": public.id, "n": public.hexadecimal}],
            "device": DEVICE,
            "downgrade": False,
            "bundle_base64": base64.b64encode(archive).decode(),
            "expect": expect,
            **more,
        }
        (FOLDER / f"{name}.json").write_text(json.dumps(vector, indent=2) + "\n", "utf-8")

    good = bundle()
    found = read_bundle(good)
    installed = {"version": "1.5.0", "files": {path: content.hex() for path, content in FILES.items()}}
    write("good", "A release for this board", good, installed)
    write(
        "candidate",
        "1.5.0-rc.1 comes before 1.5.0",
        bundle("1.5.0-rc.1"),
        {"reason": "downgrade"},
        device={**DEVICE, "running": "1.5.0"},
    )
    write(
        "newer_candidate",
        "rc.10 comes after rc.9",
        bundle("1.5.0-rc.10"),
        {**installed, "version": "1.5.0-rc.10"},
        device={**DEVICE, "running": "1.5.0-rc.9"},
    )
    write("downgrade", "An older version, and nobody asked for it", bundle("1.3.0"), {"reason": "downgrade"})
    write(
        "downgrade_wanted",
        "An older version that a person wants",
        bundle("1.3.0"),
        {**installed, "version": "1.3.0"},
        downgrade=True,
    )
    write("board", "A release for another board", bundle(boards=("esp8266",)), {"reason": "board"})
    write("loader", "A release for a newer loader", bundle(loader=2), {"reason": "loader"})
    write(
        "signature_of_another",
        "Signed by a key the device does not have",
        make_bundle(FILES, "1.5.0", ("esp32",), other, 1),
        {"reason": "signature"},
    )
    spoilt = bytearray(found.signature)
    spoilt[200] ^= 1
    write(
        "signature_spoilt",
        "One bit of the signature is another",
        write_bundle(found.raw_manifest, bytes(spoilt), FILES),
        {"reason": "signature"},
    )
    reordered = json.dumps(json.loads(found.raw_manifest), sort_keys=True).encode()
    write(
        "manifest_written_anew",
        "The same manifest in other bytes: the signature is of the exact bytes",
        write_bundle(reordered, found.signature, FILES),
        {"reason": "signature"},
    )
    write("file_changed", "A file is not what the manifest says", good.replace(b" main", b" niam"), {"reason": "hash"})
    tricky = found.raw_manifest.replace(b'"agent/clock.mpy"', b'"../../boot.py\\u0000"')
    write(
        "path",
        "A path that leaves its folder, well signed",
        _renamed(good, found.raw_manifest, tricky, sign_bytes(ours, tricky)),
        {"reason": "manifest"},
    )
    twice = found.raw_manifest.replace(b'{"version"', b'{"version":"9.9.9","version"', 1)
    write(
        "name_twice",
        "One name twice in an object: readers differ in which counts",
        _renamed(good, found.raw_manifest, twice, sign_bytes(ours, twice)),
        {"reason": "manifest"},
    )


def _renamed(archive: bytes, before: bytes, after: bytes, signature: bytes) -> bytes:
    """The archive with another manifest, whatever it says, in front of the same files."""
    from ohmstead.domain.bundle import BLOCK, MANIFEST, SIGNATURE, member

    old = len(member(MANIFEST, before)) + len(member(SIGNATURE, bytes(len(signature))))
    assert old % BLOCK == 0
    return member(MANIFEST, after) + member(SIGNATURE, signature) + archive[old:]


if __name__ == "__main__":
    main()
