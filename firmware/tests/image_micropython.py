"""An image of MicroPython replaces another: the update on the interpreter itself, before a simulated boot loader."""

import sys

sys.path[:0] = ["/", "/tests"]

import hashlib
import json
import struct
from binascii import hexlify

import boot
from agent import update
from sim.partitions import VALID, Chip, partition_of


class Esp32:
    pass


class Part:
    beat = 0


class Agent:
    duties = ()
    parts = (Part,)
    restarting = False


sys.modules["esp32"] = Esp32

from agent import image


def made(content):
    head = struct.pack("<BBBBIBBBBHBHH4xB", 0xE9, 1, 2, 0x20, 0x40080000, 0xEE, 0, 0, 0, 0, 0, 0, 0xFFFF, 1)
    body = head + struct.pack("<II", 0x3F400020, len(content)) + content
    checksum = 0xEF
    for byte in content:
        checksum ^= byte
    body += bytes(15 - len(body) % 16) + bytes([checksum])
    return body + hashlib.sha256(body).digest()


def sha256(data):
    return hexlify(hashlib.sha256(data).digest()).decode()


class Source:
    def __init__(self, files):
        listed = [{"path": path, "size": len(data), "sha256": sha256(data)} for path, data in files]
        self.manifest = json.dumps({"version": "1.1.0", "boards": ["esp32"], "files": listed}).encode()
        self._files = {"files/" + path: data for path, data in files}

    async def get(self, path, start=0):
        self._rest = self._files[path][start:]

    async def read(self):
        piece, self._rest = self._rest[:700], self._rest[700:]
        return piece

    async def whole(self, path, most):
        return self.manifest if path == "manifest.json" else b"signed"

    def close(self):
        pass


async def main():
    # Signatures are tested elsewhere; a private key is not at hand here.
    update.verify = lambda *given: True
    chip = Chip(made(b"old " * 1000))
    Esp32.esp, Esp32.nor = chip, None
    Esp32.Partition = partition_of(Esp32)
    chip.start()
    source = Source([("main.mpy", b"start"), (image.NAME, made(b"new " * 2500)), ("version.txt", b"1.1.0")])
    reports = []

    def device(version, slot):
        told = lambda *report: reports.append(report[1])  # noqa: E731
        return image.Update(Agent(), version, "esp32", slot, told, lambda url: source, print)

    old = device("1.0.0", "")
    old.offer({"id": "7", "version": "1.1.0", "url": "/r", "manifest_sha256": sha256(source.manifest)})
    assert await old.work(), reports
    chip.start()
    assert (boot.choose(), chip.label(chip.runs)) == ("a", "ota_1")
    new = device("1.1.0", "a")
    assert not new.proved(True, False)
    assert new.proved(True, True)
    chip.start()
    assert (boot.choose(), chip.label(chip.runs), chip.state) == ("a", "ota_1", VALID)
    assert reports[-1] == "confirmed", reports
    print("image: %d bytes into the other partition, started, kept" % len(made(b"new " * 2500)))


await main()  # type: ignore # noqa
