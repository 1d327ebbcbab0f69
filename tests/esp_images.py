"""ESP images as small as they can be."""

import hashlib
import struct


def esp_image(chip: str = "esp32", content: bytes = b"firmware" * 8, *, spoil: bool = False) -> bytes:
    """One segment, checksum, and for all but the ESP8266 the SHA-256 behind it."""
    address = 0x3F400020 if chip != "esp8266" else 0x40100000
    head = struct.pack("<BBBBI", 0xE9, 1, 2, 0x20, 0x40080000)
    if chip != "esp8266":
        chip_id = {"esp32": 0, "esp32s3": 9, "esp32c3": 5}[chip]
        head += struct.pack("<BBBBHBHH4xB", 0xEE, 0, 0, 0, chip_id, 0, 0, 0xFFFF, 1)
    body = head + struct.pack("<II", address, len(content)) + content
    checksum = 0xEF
    for byte in content:
        checksum ^= byte
    body += bytes(15 - len(body) % 16) + bytes([checksum ^ spoil])
    return body if chip == "esp8266" else body + hashlib.sha256(body).digest()
