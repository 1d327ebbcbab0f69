"""The display: who this board is, what it measures, and what stands between it and its server.

`agent.display_<type>` has a `Panel(settings, buses)` with `columns`, `rows`, `begin()` and `draw(row, text)`, which
raises OSError when nobody answers. Whatever is wrong with it is said once; measuring does not notice.
"""

import asyncio
import time

from agent.late import late
from micropython import const

_EVERY_MS = const(1000)
_PAUSE_MS = const(20)  # after each row: others go first
_AGAIN_MS = const(60000)  # between tries of a display that fails


class Display:
    name = "display"
    silence = 180000

    def __init__(self, agent, settings):
        self._agent, self._settings = agent, settings
        self._failed = False

    async def run(self):
        while True:
            self.beat = time.ticks_ms()
            try:
                await self._show()
            except (ImportError, AttributeError, KeyError, OSError, TypeError, ValueError) as error:
                if not self._failed:
                    self._agent.log("display", error)
                self._failed = True
            await asyncio.sleep_ms(_AGAIN_MS)

    async def _show(self):
        """Until the panel fails. Rows that changed are drawn, and one more in turn: a lost picture comes back."""
        agent, settings = self._agent, self._settings
        panel = late("agent.display_" + settings["type"]).Panel(settings, _buses(agent))
        await panel.begin()
        shown, turn = [None] * panel.rows, 0
        while True:
            wanted = lines(agent, panel.columns, panel.rows)
            for row in range(panel.rows):
                if row == turn or wanted[row] != shown[row]:
                    panel.draw(row, wanted[row])
                    shown[row] = wanted[row]
                    await asyncio.sleep_ms(_PAUSE_MS)
            self._failed = False
            turn = (turn + 1) % panel.rows
            self.beat = time.ticks_ms()
            await asyncio.sleep_ms(_EVERY_MS)


def _buses(agent):
    """Those of the sensors: a bus is made once."""
    for sensor in agent.sensors.all:
        return sensor.buses
    return late("agent.buses").make(agent.config["buses"], agent.log)


def lines(agent, columns, rows):
    """The text of each row."""
    found = [agent.config["name"] or agent.serial]
    below = [link(agent), backlog(agent)]
    wrong = trouble(agent)
    if rows > 8:
        found += [agent.serial, ""]
        below = [""] + below + [wrong[:columns], wrong[columns:]]
    else:
        below.append(wrong)
    for sensor in agent.sensors.all:
        for channel in sensor.channels:
            if len(found) + len(below) < rows:
                value = None if sensor.failures else agent.values.get(channel[0])
                found.append(reading(channel, value, columns))
    found += [""] * (rows - len(found) - len(below)) + below
    return [plain(text)[:columns] for text in found]


def reading(channel, value, columns):
    key, quantity, unit, decimals = channel
    if value is None:
        text = "-"
    elif quantity == "switch":
        text = "on" if value else "off"
    else:
        text = "%.*f %s" % (decimals, value, unit if unit != "1" else "")
    text = text.strip()
    key = key[: max(0, columns - len(plain(text)) - 1)]
    return key + " " * (columns - len(key) - len(plain(text))) + text


def link(agent):
    """The first thing that is missing on the way to the server."""
    if agent.uplink.up:
        return "Wi-Fi, server ok" if agent.wifi else "server ok"
    if agent.wifi and not agent.wifi.joined():
        return "no Wi-Fi"
    return "Wi-Fi, no server" if agent.wifi else "no server"


def backlog(agent):
    outbox = agent.outbox
    return "backlog %d" % outbox.pending + (" lost %d" % outbox.lost if outbox.lost else "")


def trouble(agent):
    """What fails now; else the last error of the log."""
    sensors = agent.sensors
    for sensor in sensors.all:
        if sensor.failures:
            return sensor.name + ": " + sensor.state
    for name in sensors.broken:
        return name + ": " + sensors.broken[name]
    for line in reversed(agent.log.lines):
        if "Error" in line:
            return line
    return ""


def plain(text):
    """What the letters of `framebuf` can say."""
    return "".join([c if " " <= c <= "~" else "" if c == "°" else "?" for c in text])
