"""Small JSON files that survive a power cut: a CRC in front, and the previous copy beside."""

import json
import os
from binascii import hexlify

from agent.outbox import crc16


def load(path):
    """The content; of the previous copy if the file is spoilt or half written; None when there is neither.

    A file that a person or a tool wrote is JSON alone.
    """
    for name in (path, path + ".old"):
        try:
            with open(name, "rb") as file:
                text = file.read()
            if text[:1] == b"{":
                return json.loads(text)
            if int(text[:4], 16) == crc16(text[5:], 0xFFFF):
                return json.loads(text[5:])
        except (OSError, ValueError):
            continue
    return None


def save(path, content):
    text = json.dumps(content).encode()
    crc = crc16(text, 0xFFFF)
    with open(path + ".new", "wb") as file:
        file.write(hexlify(bytes((crc >> 8, crc & 255))) + b"\n" + text)
        file.flush()
    if load(path + ".new") is None:
        raise OSError(5)
    if load(path) is not None and exists(path):
        replace(path, path + ".old")
    replace(path + ".new", path)


def exists(path):
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def replace(old, new):
    try:
        os.rename(old, new)
    except OSError:  # a file system whose rename does not replace
        os.remove(new)
        os.rename(old, new)


def remove(path):
    try:
        os.remove(path)
    except OSError:
        pass
