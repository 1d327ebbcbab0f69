"""Health: memory, signal, temperature, uptime and why it started."""

import gc
import time

import machine

CHANNELS = (
    ("memory", "memory", "bytes", 0),
    ("signal", "signal", "dBm", 0),
    ("chip_temperature", "temperature", "°C", 1),
    ("uptime", "duration", "s", 0),
    ("reset_cause", "state", "", 0),
)
DEFAULTS = {"interval_s": 60}


def _signal():
    try:
        import network

        station = network.WLAN(network.WLAN.IF_STA)
        return station.status("rssi") if station.isconnected() else None
    except (ImportError, AttributeError, OSError, ValueError):
        return None  # no radio, or a port that does not tell


def _temperature():
    try:
        import esp32
    except ImportError:
        return None
    celsius = getattr(esp32, "mcu_temperature", None)  # ESP32-S3
    fahrenheit = getattr(esp32, "raw_temperature", None)  # ESP32
    return celsius() if celsius else (fahrenheit() - 32) / 1.8 if fahrenheit else None


class Driver:
    def __init__(self, bus, settings):
        self._at = time.ticks_ms()
        self._up_ms = 0

    async def read(self, out):
        now = time.ticks_ms()
        self._up_ms += time.ticks_diff(now, self._at)
        self._at = now
        gc.collect()
        out[0] = gc.mem_free() if hasattr(gc, "mem_free") else None
        out[1] = _signal()
        out[2] = _temperature()
        out[3] = self._up_ms // 1000
        out[4] = machine.reset_cause()

    async def self_test(self):
        if hasattr(gc, "mem_free") and gc.mem_free() < 4096:
            raise ValueError("less than 4 KB of memory left")
