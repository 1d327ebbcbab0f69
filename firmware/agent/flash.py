"""Where the outbox lies: a raw region of flash, or a file where there is none."""

import sys

_ESP8266 = {"offset": 786432, "bytes": 262144}  # when the configuration cannot be read


def find(config):
    """The region of this device."""
    try:
        from esp32 import Partition as Found

        found = Found.find(Found.TYPE_DATA, label="outbox")
        if found:
            from agent.flash_partition import Partition

            return Partition(found[0])
    except ImportError:
        # ESP8266: where the board's image leaves room.
        raw = config.get("outbox") or (_ESP8266 if sys.platform == "esp8266" else None)
        if raw:
            from agent.flash_raw import Raw

            return Raw(raw["offset"], raw["bytes"])
    from agent.flash_file import File

    return File("outbox.bin", config["outbox_sectors"])
