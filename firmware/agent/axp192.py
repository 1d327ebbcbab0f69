"""AXP192: the power chip of the M5Stack Core2, as far as its glass needs it (makers' library, AXP192.cpp)."""

import asyncio

_ADDRESS = 0x34


async def light(bus):
    """Power for the glass and its light, and a reset of it. ValueError: another power chip (a Core2 from v1.1 on)."""
    if _get(bus, 0x03) != 0x03:
        raise ValueError("the power chip is no AXP192")
    _set(bus, 0x28, 0x0F, 0xF0)  # LDO2, the logic: 3.3 V
    _set(bus, 0x27, 0x80, 0x54)  # DCDC3, the light: 0.7 V + 84 * 25 mV = 2.8 V
    _set(bus, 0x12, 0xFF, 0x06)  # both on; the others, the chip's own among them, as they are
    _set(bus, 0x95, 0x72, 0x84)  # GPIO4 is an output: the reset of the glass
    _set(bus, 0x96, 0xFD, 0x00)
    await asyncio.sleep_ms(100)
    _set(bus, 0x96, 0xFF, 0x02)
    await asyncio.sleep_ms(100)


def _get(bus, register):
    return bus.readfrom_mem(_ADDRESS, register, 1)[0]


def _set(bus, register, kept, bits):
    bus.writeto_mem(_ADDRESS, register, bytes((_get(bus, register) & kept | bits,)))
