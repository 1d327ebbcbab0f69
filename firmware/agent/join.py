"""Joining one network, and how long to wait when that fails."""

import asyncio
import time

from micropython import const

_JOIN = const(20000)  # ms for one try
_LONGEST = const(60)  # s between tries


async def join(wifi, one):
    try:
        import network

        network.hostname(wifi.hostname[:32])
    except (AttributeError, ValueError, OSError):
        pass
    try:
        wifi.wlan.disconnect()
        wifi.wlan.connect(one["ssid"], one.get("password") or None)
    except OSError as error:
        wifi.log("wifi", error)
    until = time.ticks_add(time.ticks_ms(), _JOIN)
    while not wifi.joined():
        wifi.beat = time.ticks_ms()
        if time.ticks_diff(until, wifi.beat) < 0:
            wifi.failures += 1
            wifi.log("wifi", "cannot join " + one["ssid"])
            await asyncio.sleep_ms(min(_LONGEST, 1 << min(6, wifi.failures)) * 1000)
            return
        await asyncio.sleep_ms(1000)
    wifi.log("wifi", "joined %s as %s" % (one["ssid"], wifi.wlan.ifconfig()[0]))
