"""Making a device from its configuration: needed once, at the start."""

import gc
import os
import sys
import time
from binascii import hexlify

from agent.late import late
from agent.log import Log
from agent.run import Agent, Keeper
from agent.sensors import Sensors
from agent.uplink import Uplink

_VERSION = "0.1.0"


def start(slot):
    config, wrong = late("agent.config").load()
    region = late("agent.flash").find(config)
    gc.collect()
    return make(config, region, wrong, slot)


def make(config, region, wrong="", slot=""):
    """The device. `region` is where the outbox lies; `wrong` what was wrong with the configuration."""
    agent = Agent()
    agent.config, agent.slot, agent.version = config, slot, _version(slot)
    agent.log = Log(16) if sys.platform == "esp8266" else Log()
    agent.clock = late("agent.timing").started()
    if wrong:
        agent.log("config", wrong)
    agent.serial = config["serial"] or "ohm-" + _chip()
    agent.boot = hexlify(os.urandom(4)).decode()
    agent.values, agent.outputs, agent.duties = {}, {}, []
    buses = late("agent.buses").make(config["buses"], agent.log)
    sensor = late("agent.sensor")
    agent.sensors = sensors = Sensors()
    sensors.clock, sensors.log = agent.clock, agent.log
    sensors.all, sensors.broken = [], {}
    sensor.make_all(config["drivers"], buses, sensors, agent.log)
    ring = late("agent.ring")
    agent.outbox = sensors.outbox = ring.opened(region, late("agent.layouts").keep(sensor.layout(sensors)))
    ring.begin(agent.outbox, agent.clock.now(), _goes_on())
    sensor.resume(sensors, agent.outbox.last)
    agent.clock.outbox = agent.outbox
    agent.uplink = uplink = uplink_to(config["server"], agent)
    uplink.agent = agent
    sensors.on_sample = agent.sampled
    _outputs(agent)
    mark = late("agent.files").load("slot.json") or {}
    if mark.get("try") or mark.get("failed"):
        late("agent.obey").need_update(agent)
    _parts(agent)
    return agent


def uplink_to(settings, device):
    """The uplink of a device that has `serial`, `boot`, `outbox`, `clock` and `log`."""
    uplink = Uplink()
    uplink.serial, uplink.boot = device.serial, device.boot
    uplink.outbox, uplink.clock, uplink.log = device.outbox, device.clock, device.log
    uplink._posts = []  # (leaf, retain, payload): small things beside telemetry
    uplink._parts = []
    uplink._names = {}
    uplink._sent = time.ticks_ms()
    speak(uplink, settings)
    return uplink


def speak(uplink, settings):
    """From its next session on the uplink speaks to the server that the settings name."""
    uplink.settings = settings
    uplink._most = settings.get("message", 1000)
    uplink._gap = settings.get("backlog_ms", 50)
    uplink._format = late("agent.foreign").prepare(settings, uplink.serial) if settings.get("format") else None
    kind = settings.get("link", "mqtt")
    uplink.link = getattr(__import__("links." + kind), kind).Link(settings, uplink.serial, uplink)


def _parts(agent):
    config = agent.config
    agent.parts, agent.watchdog = [agent.sensors], None
    if config["watchdog_s"]:
        import machine

        agent.watchdog = machine.WDT(timeout=config["watchdog_s"] * 1000)
    try:
        import network
        from agent.wifi import Wifi

        agent.wifi = wifi = Wifi()
        wifi.networks, wifi.hostname, wifi.log = config["wifi"], agent.serial, agent.log
        wifi.wlan = network.WLAN(getattr(network, "STA_IF", 0))
        agent.uplink.is_joined = wifi.joined = wifi.wlan.isconnected
        agent.parts.append(wifi)
    except ImportError:
        pass  # a port without Wi-Fi is joined by its system
    if config["server"].get("host") or config["local_server"]:
        agent.parts.append(agent.uplink)
    wanted = [config[name] for name in ("ntp", "pages", "local_server", "display")] + [config["server"].get("tls")]
    # One that knows no network waits for somebody who tells it one.
    wanted.append(agent.wifi and not config["wifi"])
    try:
        if any(wanted) or config["button"] >= 0 or config["led"] >= 0:
            late("agent.extras").add(agent)
    except ImportError as error:
        agent.log("setup", error)  # a small board has only what its configuration named when it was built
    keeper = Keeper()
    keeper.agent = agent
    agent.parts.append(keeper)


def _outputs(agent):
    found = {}
    for sensor in agent.sensors.all:
        for key in getattr(sensor.driver, "outputs", getattr(sensor.driver, "OUTPUTS", ())):
            found[key] = sensor.driver
    if found:
        from agent.rules import begin

        begin(agent, found)


def _version(slot):
    try:
        with open((slot + "/" if slot else "") + "version.txt") as file:
            return file.read().strip()
    except OSError:
        return _VERSION


def _goes_on():
    """Whether the chip's clock ran through the restart."""
    try:
        import machine

        return machine.reset_cause() not in (machine.PWRON_RESET, machine.HARD_RESET)
    except (ImportError, AttributeError):
        return False


def _chip():
    try:
        import machine

        return hexlify(machine.unique_id()).decode()
    except (ImportError, AttributeError):
        return "0"
